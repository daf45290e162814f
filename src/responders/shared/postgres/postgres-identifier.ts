import { invariant } from '../../../base/invariant.ts';

/** What PostgreSQL keeps of a name: a longer one is cut silently, so it would name another role. */
export const ROLE_NAME_BYTES_MAX = 63;

/** An SQL identifier in quotes, whatever it holds. */
export function quoteIdentifier(name: string): string {
  invariant(name !== '' && !name.includes('\0'), 'a name is not empty and holds no NUL');
  invariant(Buffer.byteLength(name) <= ROLE_NAME_BYTES_MAX, `a name has at most ${ROLE_NAME_BYTES_MAX} bytes`);
  return `"${name.replaceAll('"', '""')}"`;
}
