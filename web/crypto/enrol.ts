import { hexToBytes } from '../../src/base/bytes.ts';
import { digestOf } from '../../src/base/canonical.ts';
import type { EnrolBegun, EnrolFinish } from '../../src/model/api.ts';
import type { Credential, EnrolmentStatement } from '../../src/model/review.ts';
import { request } from '../api/client.ts';
import { holdKey, newKey } from './keys.ts';
import type { LinkKey } from './link.ts';
import { passkeyTrouble } from './passkey.ts';
import { closed } from './review.ts';

export type EnrolWith = 'passkey' | 'browser_key';

/** What a browser answers when a passkey was made (RegistrationResponseJSON), as far as we read it. */
interface Registration {
  readonly id: string;
  readonly response: { readonly publicKey?: string | undefined; readonly publicKeyAlgorithm?: number | undefined };
}

interface Enrolling {
  readonly begun: EnrolBegun;
  readonly link: LinkKey;
  readonly name: string;
  readonly kind: EnrolWith;
  readonly register: (options: unknown) => Promise<Registration>;
}

/** By COSE number (RFC 9053, RFC 8812). */
const ALGORITHMS = new Map<number, Credential['algorithm']>([
  [-7, 'ES256'],
  [-8, 'EdDSA'],
  [-257, 'RS256'],
]);

/** Makes the credential, has the link's key sign that it is this one and no other, and hands both in. */
export async function enrol({ begun, link, name, kind, register }: Enrolling): Promise<void> {
  const made = kind === 'passkey' ? await passkeyCredential(begun, register) : await browserKeyCredential();
  const statement: EnrolmentStatement = {
    v: '1',
    installation: begun.installation,
    invitation: begun.invitation,
    person: begun.person,
    credential: { ...made.credential },
    rpId: begun.rpId,
    origin: begun.origin,
  };
  if (begun.origin !== location.origin)
    throw new Error(`This link is for ${begun.origin}, and this page is ${location.origin}.`);
  const digest = hexToBytes(digestOf('countersign/enrolment/v1', closed(statement))) ?? new Uint8Array();
  const body: EnrolFinish = {
    invitation: begun.invitation,
    name,
    credential: made.credential,
    registration: made.registration,
    linkSignature: await link.sign(digest),
  };
  await request('POST', '/api/v1/enrol/finish', body);
  await made.keep();
}

interface Made {
  readonly credential: Credential;
  readonly registration: unknown;
  readonly keep: () => Promise<void>;
}

async function passkeyCredential(begun: EnrolBegun, register: Enrolling['register']): Promise<Made> {
  const registration = await register(begun.creationOptions).catch((error: unknown) => {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new Error(passkeyTrouble(cause) ?? (error instanceof Error ? error.message : String(error)));
  });
  const { publicKey, publicKeyAlgorithm } = registration.response;
  const algorithm = ALGORITHMS.get(publicKeyAlgorithm ?? 0);
  if (publicKey === undefined || algorithm === undefined)
    throw new Error('The passkey uses a kind of key that we do not know.');
  return {
    credential: { id: registration.id, kind: 'passkey', algorithm, publicKeySpki: publicKey },
    registration,
    keep: async () => undefined,
  };
}

const ID_BYTES = 16;

async function browserKeyCredential(): Promise<Made> {
  const key = await newKey();
  const id = Array.from(crypto.getRandomValues(new Uint8Array(ID_BYTES)), byte =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
  return {
    credential: { id, kind: 'browser_key', algorithm: 'ES256', publicKeySpki: key.publicKeySpki },
    registration: null,
    keep: () => holdKey({ name: 'browser_key', privateKey: key.privateKey, publicKeySpki: key.publicKeySpki, id }),
  };
}
