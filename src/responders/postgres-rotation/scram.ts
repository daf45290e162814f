import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Secret } from '../../ports/responder.ts';

const ITERATIONS = 4_096;
const SALT_BYTES = 16;

/**
 * What PostgreSQL keeps of a password (RFC 5802, section 3; `scram_build_secret`). Computed here, so that the server
 * never hears the password itself and cannot write it into its log. For ASCII only, which SASLprep leaves as it is.
 */
export function scramVerifier(secret: Secret): string {
  const salt = randomBytes(SALT_BYTES);
  const salted = pbkdf2Sync(secret.reveal(), salt, ITERATIONS, 32, 'sha256');
  const keyed = (text: string) => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`;
}
