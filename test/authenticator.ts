import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Assertion, Credential } from '../src/model/review.ts';

/** What a test may make a software passkey do wrong. */
export interface AssertOptions {
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  /** User verified; true unless said otherwise. */
  readonly uv?: boolean;
  /** User present; true unless said otherwise. */
  readonly up?: boolean;
  readonly type?: string;
  readonly origin?: string;
  readonly rpId?: string;
}

/** A passkey in software, as a browser with a platform authenticator would answer: ES256, counter always 0. */
export interface SoftwarePasskey {
  readonly credential: Credential;
  /** RegistrationResponseJSON for these PublicKeyCredentialCreationOptionsJSON. */
  register(options: unknown, wrong?: AssertOptions): unknown;
  /** An assertion over raw challenge bytes. */
  assert(challenge: Uint8Array, wrong?: AssertOptions): Assertion;
}

/** A new passkey for one relying party. Each has a key and an id of its own. */
export function createAuthenticator(rpId: string, origin: string): SoftwarePasskey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const id = randomBytes(16);
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const credential: Credential = {
    id: id.toString('base64url'),
    kind: 'passkey',
    algorithm: 'ES256',
    publicKeySpki: spki.toString('base64url'),
  };
  const clientData = (type: string, challenge: string, wrong: AssertOptions) =>
    Buffer.from(
      JSON.stringify({
        type: wrong.type ?? type,
        challenge,
        origin: wrong.origin ?? origin,
        crossOrigin: wrong.crossOrigin ?? false,
        ...(wrong.topOrigin === undefined ? {} : { topOrigin: wrong.topOrigin }),
      }),
    );
  return {
    credential,
    register(options, wrong = {}) {
      const { challenge } = options as { readonly challenge: string };
      const authData = Buffer.concat([
        head(wrong.rpId ?? rpId, flagsOf(wrong) | ATTESTED),
        Buffer.alloc(16),
        uint16(id.length),
        id,
        coseKey(publicKey),
      ]);
      return {
        id: credential.id,
        rawId: credential.id,
        type: 'public-key',
        clientExtensionResults: {},
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, wrong).toString('base64url'),
          attestationObject: Buffer.concat([
            Buffer.from([0xa3]),
            cborText('fmt'),
            cborText('none'),
            cborText('attStmt'),
            Buffer.from([0xa0]),
            cborText('authData'),
            cborBytes(authData),
          ]).toString('base64url'),
          transports: ['internal'],
        },
      };
    },
    assert(challenge, wrong = {}) {
      const authData = head(wrong.rpId ?? rpId, flagsOf(wrong));
      const data = clientData('webauthn.get', Buffer.from(challenge).toString('base64url'), wrong);
      const message = Buffer.concat([authData, createHash('sha256').update(data).digest()]);
      return {
        credentialId: credential.id,
        authenticatorData: authData.toString('base64url'),
        clientDataJson: data.toString('base64url'),
        signature: sign('sha256', message, privateKey).toString('base64url'),
      };
    },
  };
}

/** A key of a browser profile or of a browser session: ECDSA P-256, signatures raw r ‖ s. */
export interface BrowserKey {
  readonly credential: Credential;
  /** SubjectPublicKeyInfo, base64url. */
  readonly publicKeySpki: string;
  /** Over the bytes themselves, base64url. */
  sign(bytes: Uint8Array): string;
}

export function createBrowserKey(): BrowserKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const publicKeySpki = publicKey.export({ format: 'der', type: 'spki' }).toString('base64url');
  const credential: Credential = {
    id: randomBytes(16).toString('base64url'),
    kind: 'browser_key',
    algorithm: 'ES256',
    publicKeySpki,
  };
  return {
    credential,
    publicKeySpki,
    sign: bytes => sign('sha256', bytes, { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url'),
  };
}

/** The key of an enrolment link: Ed25519, its public half raw in base64url. */
export interface LinkKey {
  readonly publicKey: string;
  sign(bytes: Uint8Array): string;
}

export function createLinkKey(): LinkKey {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64url'),
    sign: bytes => sign(null, bytes, privateKey).toString('base64url'),
  };
}

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const ATTESTED = 0x40;

function flagsOf({ up, uv }: AssertOptions): number {
  return (up === false ? 0 : USER_PRESENT) | (uv === false ? 0 : USER_VERIFIED);
}

/** rpIdHash ‖ flags ‖ counter (0, as synced passkeys report). */
function head(rpId: string, flags: number): Buffer {
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.from([flags]), Buffer.alloc(4)]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)]);
}

function cborBytes(bytes: Buffer): Buffer {
  const length =
    bytes.length < 24
      ? Buffer.from([0x40 + bytes.length])
      : bytes.length < 256
        ? Buffer.from([0x58, bytes.length])
        : Buffer.concat([Buffer.from([0x59]), uint16(bytes.length)]);
  return Buffer.concat([length, bytes]);
}

/** {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y} (RFC 9053 section 7.1.1). */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const coordinate = (text: string) => cborBytes(Buffer.from(text, 'base64url'));
  return Buffer.concat([
    Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
    coordinate(x),
    Buffer.from([0x22]),
    coordinate(y),
  ]);
}
