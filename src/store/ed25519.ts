import { createPrivateKey, createPublicKey, hash, sign, verify } from 'node:crypto';
import type { NoteKey, VerifyEd25519 } from '../audit/note.ts';
import type { Sha256 } from '../audit/tree.ts';
import { invariant } from '../base/invariant.ts';

/** RFC 8032 by Node's crypto, which agrees with Go's on the edge cases of the curve. */
export const verifyEd25519: VerifyEd25519 = async (publicKey, message, signature) => {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  return verify(null, message, publicKeyFrom(publicKey), signature);
};

function publicKeyFrom(raw: Uint8Array) {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') },
    format: 'jwk',
  });
}

/** SHA-256 by Node's crypto: several times as fast as the portable one. */
export const nativeSha256: Sha256 = bytes => hash('sha256', bytes, 'buffer');

export const SEED_BYTES = 32;

// PKCS #8 of an Ed25519 private key (RFC 8410 section 7), up to the seed.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Signs as the log of that name. The seed never leaves this closure. */
export interface LogSigner {
  readonly key: NoteKey;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

/** The log key that a seed stands for. The name of the key is the origin of the log. */
export function logSigner(origin: string, seed: Uint8Array): LogSigner {
  invariant(seed.length === SEED_BYTES, `an Ed25519 seed has ${SEED_BYTES} bytes`);
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32));
  return { key: { name: origin, type: 1, publicKey }, sign: message => sign(null, message, privateKey) };
}
