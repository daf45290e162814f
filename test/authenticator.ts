import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Assertion, Credential } from '../src/model/review.ts';

/** What an attacker, or a faulty authenticator, may do otherwise than the standard says. */
export interface AssertionOptions {
  readonly type?: string;
  readonly origin?: string;
  readonly rpId?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  /** User present is 1, user verified 4. */
  readonly flags?: number;
  readonly credentialId?: string;
}

/** A passkey in software. It never counts, as synced passkeys don't. */
export interface Authenticator {
  readonly credential: Credential;
  /** What the browser's `navigator.credentials.create` gives, as JSON. `challenge` is base64url. */
  register(challenge: string): object;
  /** What `navigator.credentials.get` gives for these challenge bytes. */
  assert(challenge: Uint8Array, options?: AssertionOptions): Assertion;
}

const USER_PRESENT_AND_VERIFIED = 0x05;
const ATTESTED_CREDENTIAL_DATA = 0x40;

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest();

/** A new passkey for this site, whose user is always there and always verified unless a test says otherwise. */
export function createAuthenticator(rpId: string, origin: string): Authenticator {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const credentialId = randomBytes(16);
  const credential: Credential = {
    id: base64url(credentialId),
    kind: 'passkey',
    algorithm: 'ES256',
    publicKeySpki: spkiOf(publicKey),
  };
  return {
    credential,
    register(challenge) {
      const clientData = Buffer.from(
        JSON.stringify({ type: 'webauthn.create', challenge, origin, crossOrigin: false }),
      );
      const authenticatorData = Buffer.concat([
        sha256(rpId),
        Buffer.from([USER_PRESENT_AND_VERIFIED | ATTESTED_CREDENTIAL_DATA, 0, 0, 0, 0]),
        Buffer.alloc(16),
        Buffer.from([credentialId.length >> 8, credentialId.length & 0xff]),
        credentialId,
        coseKey(publicKey),
      ]);
      const attestation = cborMap([
        [cborText('fmt'), cborText('none')],
        [cborText('attStmt'), cborMap([])],
        [cborText('authData'), cborBytes(authenticatorData)],
      ]);
      return {
        id: credential.id,
        rawId: credential.id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON: base64url(clientData), attestationObject: base64url(attestation), transports: [] },
      };
    },
    assert(challenge, options = {}) {
      const clientData = Buffer.from(
        JSON.stringify({
          type: options.type ?? 'webauthn.get',
          challenge: base64url(challenge),
          origin: options.origin ?? origin,
          crossOrigin: options.crossOrigin ?? false,
          ...(options.topOrigin === undefined ? {} : { topOrigin: options.topOrigin }),
        }),
      );
      const authenticatorData = Buffer.concat([
        sha256(options.rpId ?? rpId),
        Buffer.from([options.flags ?? USER_PRESENT_AND_VERIFIED, 0, 0, 0, 0]),
      ]);
      const signature = sign('sha256', Buffer.concat([authenticatorData, sha256(clientData)]), privateKey);
      return {
        credentialId: options.credentialId ?? credential.id,
        authenticatorData: base64url(authenticatorData),
        clientDataJson: base64url(clientData),
        signature: base64url(signature),
      };
    },
  };
}

/** A key of a browser profile or of a browser session: ECDSA P-256, raw r ‖ s, over the bytes themselves. */
export interface BrowserKey {
  readonly publicKeySpki: string;
  sign(bytes: Uint8Array): string;
}

export function createBrowserKey(): BrowserKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    publicKeySpki: spkiOf(publicKey),
    sign: bytes => base64url(sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' })),
  };
}

/** The key of an enrolment link, whose seed stands only in the link. */
export interface LinkKey {
  /** Raw Ed25519, base64url. */
  readonly publicKey: string;
  sign(bytes: Uint8Array): string;
}

export function createLinkKey(): LinkKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: base64url(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
    sign: bytes => base64url(sign(null, bytes, privateKey)),
  };
}

function spkiOf(key: KeyObject): string {
  return base64url(key.export({ format: 'der', type: 'spki' }));
}

/** RFC 9052: an EC2 key for ES256. */
function coseKey(publicKey: KeyObject): Buffer {
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return cborMap([
    [cborInteger(1), cborInteger(2)],
    [cborInteger(3), cborInteger(-7)],
    [cborInteger(-1), cborInteger(1)],
    [cborInteger(-2), cborBytes(Buffer.from(x, 'base64url'))],
    [cborInteger(-3), cborBytes(Buffer.from(y, 'base64url'))],
  ]);
}

function cborHead(major: number, value: number): Buffer {
  if (value < 24) return Buffer.from([(major << 5) | value]);
  return value < 256
    ? Buffer.from([(major << 5) | 24, value])
    : Buffer.from([(major << 5) | 25, value >> 8, value & 0xff]);
}

const cborInteger = (value: number) => (value < 0 ? cborHead(1, -1 - value) : cborHead(0, value));
const cborBytes = (bytes: Uint8Array) => Buffer.concat([cborHead(2, bytes.length), bytes]);
const cborText = (text: string) => Buffer.concat([cborHead(3, text.length), Buffer.from(text)]);
const cborMap = (pairs: readonly (readonly [Buffer, Buffer])[]) =>
  Buffer.concat([cborHead(5, pairs.length), ...pairs.flat()]);
