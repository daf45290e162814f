import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';

/** The roles of one database. Their names follow from its name, so that many databases can share one server. */
export interface RoleNames {
  /** Owns every table. Nobody can log in as it: a migration becomes it by SET ROLE. */
  readonly owner: string;
  readonly server: string;
  readonly executor: string;
  /** What changes this installation's own objects: it may add to `own_effect`, and the executor logs in as it for one act. */
  readonly own: string;
}

/** Roles that a process logs in as. */
export type LoginRole = 'server' | 'executor' | 'own';

export const LOGIN_ROLES = ['server', 'executor', 'own'] as const satisfies readonly LoginRole[];

export type RolePasswords = { readonly [role in LoginRole]: string };

/** PostgreSQL cuts longer names off, silently. */
const NAME_BYTES_MAX = 63;

/** `cs_<database>_owner` and its siblings. A database name that would make one too long is replaced by a part of its hash. */
export function roleNames(database: string): RoleNames {
  const fits = Buffer.byteLength(`cs_${database}_executor`) <= NAME_BYTES_MAX;
  const stem = fits ? database : createHash('sha256').update(database).digest('hex').slice(0, 24);
  return {
    owner: `cs_${stem}_owner`,
    server: `cs_${stem}_server`,
    executor: `cs_${stem}_executor`,
    own: `cs_${stem}_own`,
  };
}

const SCRAM_ITERATIONS = 4096;

/**
 * What PostgreSQL stores for a password (RFC 5803, as `pg_authid.rolpassword`). Sent in place of the password, so that
 * the password itself is in no statement, no log and no error message.
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16)): string {
  const salted = pbkdf2Sync(password, salt, SCRAM_ITERATIONS, 32, 'sha256');
  const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest();
  const storedKey = createHash('sha256').update(hmac(salted, 'Client Key')).digest('base64');
  const serverKey = hmac(salted, 'Server Key').toString('base64');
  return `SCRAM-SHA-256$${SCRAM_ITERATIONS}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}

/** The same address for another user. Works for hosts and for Unix sockets, which have no place for a user before `@`. */
export function urlForRole(url: string, user: string, password: string): string {
  const at = new URL(url);
  at.username = '';
  at.password = '';
  at.searchParams.set('user', user);
  at.searchParams.set('password', password);
  return at.toString().replaceAll('+', '%20');
}

/** The same server, another database. */
export function urlForDatabase(url: string, database: string): string {
  const at = new URL(url);
  at.pathname = `/${encodeURIComponent(database)}`;
  return at.toString();
}

export const quoteName: (name: string) => string = pg.escapeIdentifier;
