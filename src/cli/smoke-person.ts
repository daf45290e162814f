import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { type Closed, digestOf } from '../base/canonical.ts';
import type { EnrolBegun, EnrolFinish, Me, SessionBegun, SessionFinish } from '../model/api.ts';
import type { EnrolmentStatement } from '../model/review.ts';

/** An answer of the server that is no 2xx. */
class Unexpected extends Error {
  override readonly name = 'Unexpected';
}

const ANSWER_WAIT_MS_MAX = 60_000;

/** Somebody at a browser, as far as the server can tell: a cookie, the page's token, an address. */
export interface Visitor {
  request<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T>;
}

/** A visitor of the pages at `origin`, who is nobody yet. */
export function newVisitor(origin: string): Visitor {
  let cookie = '';
  let token = '';
  return {
    async request<T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> {
      const response = await fetch(`${origin}${path}`, {
        method,
        headers: { origin, cookie, 'x-countersign-token': token, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_WAIT_MS_MAX),
      });
      const set = response.headers.get('set-cookie')?.split(';')[0];
      if (set !== undefined) cookie = set;
      const text = await response.text();
      if (!response.ok) throw new Unexpected(`${method} ${path} answered ${response.status}: ${text.slice(0, 300)}`);
      const answer: T = JSON.parse(text);
      if (path === '/api/v1/me' || path === '/api/v1/session/finish') token = (answer as unknown as Me).token;
      return answer;
    },
  };
}

/**
 * Enrols the first person of a demo by its link and signs in, as its page would, with a key of this process: the
 * `browser_key` that counts in a demo only.
 */
export async function becomeAdministrator(visitor: Visitor, link: string, name: string): Promise<void> {
  await visitor.request<Me>('GET', '/api/v1/me');
  const linkKey = privateKeyOf(Buffer.from(new URL(link).hash.slice(1), 'base64url'));
  const own = generateKeyPairSync('ed25519');
  const begun = await visitor.request<EnrolBegun>('POST', '/api/v1/enrol/begin', {
    linkPublicKey: rawPublicKey(linkKey),
  });
  const credential = {
    id: randomBytes(16).toString('hex'),
    kind: 'browser_key',
    algorithm: 'EdDSA',
    publicKeySpki: spkiOf(own.publicKey),
  } as const;
  const { invitation, installation, person, rpId, origin } = begun;
  const statement: EnrolmentStatement = { v: '1', installation, invitation, person, credential, rpId, origin };
  const digest = digestOf('countersign/enrolment/v1', statement as unknown as Closed);
  const finish: EnrolFinish = {
    invitation,
    name,
    credential,
    registration: null,
    linkSignature: signed(linkKey, Buffer.from(digest, 'hex')),
  };
  await visitor.request('POST', '/api/v1/enrol/finish', finish);

  const session = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const asked = await visitor.request<SessionBegun>('POST', '/api/v1/session/begin', {
    sessionPublicKey: spkiOf(session.publicKey),
  });
  const signature = signed(own.privateKey, Buffer.from(asked.challenge, 'base64url'));
  const entered: SessionFinish = {
    session: asked.statement.session,
    signature: { kind: 'browser_key', credentialId: credential.id, signature },
  };
  await visitor.request<Me>('POST', '/api/v1/session/finish', entered);
}

/** PKCS #8 of an Ed25519 private key (RFC 8410 section 7), up to the seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

function privateKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
}

function spkiOf(key: KeyObject): string {
  return key.export({ format: 'der', type: 'spki' }).toString('base64url');
}

function rawPublicKey(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url');
}

function signed(key: KeyObject, bytes: Buffer): string {
  return sign(null, bytes, key).toString('base64url');
}
