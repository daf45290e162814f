import { bytesToHex, concatBytes, sha256, utf8 } from '../base/bytes.ts';
import { invariant } from '../base/invariant.ts';

/** The salt is as long as the hash: without it a commitment cannot be tested against a guess. */
export const SALT_BYTES = 32;

const DOMAIN = utf8('countersign.example/commit/v1\n');

/**
 * What a log entry holds in place of personal data: lower-case hex of SHA-256(domain ‖ salt ‖ blob).
 * `salt` is 32 random bytes of this blob's own; destroying it makes the commitment unlinkable.
 */
export function commitmentOf(salt: Uint8Array, blob: Uint8Array): string {
  invariant(salt.length === SALT_BYTES, `a commitment is salted with ${SALT_BYTES} bytes`);
  return bytesToHex(sha256(concatBytes(DOMAIN, salt, blob)));
}

/** Whether this salt and blob are what was committed to. */
export function opens(commitment: string, salt: Uint8Array, blob: Uint8Array): boolean {
  return salt.length === SALT_BYTES && commitmentOf(salt, blob) === commitment;
}
