import { createHash } from 'node:crypto';
import pg from 'pg';
import { fail, ok, type Result } from '../base/result.ts';
import { MIGRATIONS, type Migration } from './migrations/index.ts';
import { LOGIN_ROLES, quoteName, type RoleNames, type RolePasswords, roleNames, scramVerifier } from './roles.ts';

export interface MigrateOptions {
  /** Connects to the database as a role that may create roles and owns the database (or as a superuser). */
  readonly url: string;
  /** Set for the login roles each time. Undefined leaves those that exist as they are. */
  readonly passwords: RolePasswords | undefined;
  /** Other than the program's own: for tests of the mechanism. */
  readonly migrations?: readonly Migration[];
}

export interface Migrated {
  readonly database: string;
  readonly roles: RoleNames;
  /** Names of those applied this time. */
  readonly applied: readonly string[];
}

export type MigrateFailure = {
  readonly code:
    | 'database.unreachable'
    | 'database.too_old'
    | 'database.no_create_role'
    | 'database.newer'
    | 'database.changed'
    | 'database.migration_failed';
  /** One sentence for the person who starts the program. */
  readonly detail: string;
};

/** PostgreSQL 15: the first in which PUBLIC may not create in the schema `public`. */
const SERVER_VERSION_MIN = 150_000;
/** One lock for all starts on this database. The number is arbitrary and ours. */
const LOCK_KEY = '4850739201847362';
/** Shipped with PostgreSQL and trusted, so the owner of a database may create them. */
const EXTENSIONS = ['pg_trgm', 'btree_gin', 'pgcrypto'];

/**
 * Brings a database to this program's schema and its roles to their passwords. Everything or nothing: one transaction.
 *
 * A crash in it leaves the database as it was. Two programs that start at once take turns. A database that knows a
 * migration that this program doesn't is left untouched.
 */
export async function migrate(options: MigrateOptions): Promise<Result<Migrated, MigrateFailure>> {
  const client = new pg.Client({ connectionString: options.url, application_name: 'countersign-migrate' });
  // A connection lost between two statements is reported by the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    return fail({ code: 'database.unreachable', detail: `cannot connect to the database: ${textOf(error)}.` });
  }
  try {
    await client.query('BEGIN');
    const done = await migrateWithin(client, options);
    await client.query(done.ok ? 'COMMIT' : 'ROLLBACK');
    return done;
  } catch (error) {
    return fail({ code: 'database.migration_failed', detail: `cannot prepare the database: ${textOf(error)}.` });
  } finally {
    await client.end();
  }
}

async function migrateWithin(client: pg.Client, options: MigrateOptions): Promise<Result<Migrated, MigrateFailure>> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
  const { rows } = await client.query<Situation>(SITUATION);
  const situation = rows[0];
  if (situation === undefined || situation.version < SERVER_VERSION_MIN) {
    const detail = `the database server is PostgreSQL ${situation?.version_text ?? 'of unknown version'}; 15 or newer is needed.`;
    return fail({ code: 'database.too_old', detail });
  }
  const roles = roleNames(situation.database);
  const hasRoles = await ensureRoles(client, situation, roles, options.passwords);
  if (!hasRoles.ok) return hasRoles;
  await preparePrivileges(client, situation, roles);
  await client.query(`SET LOCAL ROLE ${quoteName(roles.owner)}`);
  const applied = await applyMissing(client, roles, options.migrations ?? MIGRATIONS);
  return applied.ok ? ok({ database: situation.database, roles, applied: applied.value }) : applied;
}

interface Situation {
  readonly version: number;
  readonly version_text: string;
  readonly database: string;
  readonly role: string;
  readonly may_create_roles: boolean;
  readonly is_superuser: boolean;
}

const SITUATION = `
  SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS version_text,
         current_database() AS database, current_user AS role, rolcreaterole OR rolsuper AS may_create_roles,
         rolsuper AS is_superuser
    FROM pg_roles WHERE rolname = current_user`;

async function ensureRoles(
  client: pg.Client,
  situation: Situation,
  roles: RoleNames,
  passwords: RolePasswords | undefined,
): Promise<Result<void, MigrateFailure>> {
  const found = await client.query<{ rolname: string }>('SELECT rolname FROM pg_roles WHERE rolname = ANY($1)', [
    Object.values(roles),
  ]);
  const existing = new Set(found.rows.map(row => row.rolname));
  const isComplete = Object.values(roles).every(role => existing.has(role));
  if (!situation.may_create_roles && (!isComplete || passwords !== undefined)) {
    const detail = `the database user ${situation.role} may not create roles, and each process needs one of its own; run ALTER ROLE ${quoteName(situation.role)} CREATEROLE as a superuser, or give DATABASE_URL a user that may.`;
    return fail({ code: 'database.no_create_role', detail });
  }
  if (!existing.has(roles.owner)) await client.query(`CREATE ROLE ${quoteName(roles.owner)} NOLOGIN`);
  if (!situation.is_superuser) await client.query(`GRANT ${quoteName(roles.owner)} TO CURRENT_USER`);
  for (const kind of LOGIN_ROLES) {
    const role = quoteName(roles[kind]);
    if (!existing.has(roles[kind])) await client.query(`CREATE ROLE ${role} LOGIN`);
    if (passwords !== undefined) {
      await client.query(`ALTER ROLE ${role} PASSWORD ${pg.escapeLiteral(scramVerifier(passwords[kind]))}`);
    }
  }
  return ok(undefined);
}

async function preparePrivileges(client: pg.Client, situation: Situation, roles: RoleNames): Promise<void> {
  const database = quoteName(situation.database);
  const [owner, ...logins] = [roles.owner, ...LOGIN_ROLES.map(kind => roles[kind])].map(quoteName);
  const everybody = logins.join(', ');
  // Another database on the same server has roles of its own; they have no business here.
  await client.query(`REVOKE ALL ON DATABASE ${database} FROM PUBLIC`);
  await client.query(`GRANT CONNECT ON DATABASE ${database} TO ${everybody}`);
  await client.query(`GRANT CONNECT, CREATE ON DATABASE ${database} TO ${owner}`);
  await client.query('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  await client.query(`GRANT USAGE ON SCHEMA public TO ${everybody}`);
  await client.query(`GRANT USAGE, CREATE ON SCHEMA public TO ${owner}`);
  for (const extension of EXTENSIONS) await client.query(`CREATE EXTENSION IF NOT EXISTS ${quoteName(extension)}`);
}

async function applyMissing(
  client: pg.Client,
  roles: RoleNames,
  migrations: readonly Migration[],
): Promise<Result<readonly string[], MigrateFailure>> {
  await client.query(`
    CREATE TABLE IF NOT EXISTS schema_migration (
      position integer PRIMARY KEY, name text NOT NULL UNIQUE, sha256 text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now())`);
  await client.query(`GRANT SELECT ON schema_migration TO ${quoteName(roles.server)}, ${quoteName(roles.executor)}`);
  const recorded = await client.query<{ position: number; name: string; sha256: string }>(
    'SELECT position, name, sha256 FROM schema_migration ORDER BY position',
  );
  for (const row of recorded.rows) {
    const known = migrations[row.position];
    if (known === undefined) {
      const detail = `this database was written by a newer version of Countersign (it has the migration ${row.name}); start that version instead.`;
      return fail({ code: 'database.newer', detail });
    }
    if (known.name !== row.name || sha256Of(known) !== row.sha256) {
      const detail = `this database was prepared by another build of Countersign: its migration ${row.name} is not the one that this program has; start the build that made it, or another data directory.`;
      return fail({ code: 'database.changed', detail });
    }
  }
  const applied: string[] = [];
  for (const [position, migration] of migrations.entries()) {
    if (position < recorded.rows.length) continue;
    await client.query(withRoles(migration.sql, roles));
    await client.query('INSERT INTO schema_migration (position, name, sha256) VALUES ($1, $2, $3)', [
      position,
      migration.name,
      sha256Of(migration),
    ]);
    applied.push(migration.name);
  }
  return ok(applied);
}

function withRoles(sql: string, roles: RoleNames): string {
  return sql
    .replaceAll(/\$OWNER\b/g, () => quoteName(roles.owner))
    .replaceAll(/\$SERVER\b/g, () => quoteName(roles.server))
    .replaceAll(/\$EXECUTOR\b/g, () => quoteName(roles.executor))
    .replaceAll(/\$OWN\b/g, () => quoteName(roles.own));
}

/** A migration as it is recorded where it was applied. */
export function migrationRecord(migration: Migration): { readonly name: string; readonly sha256: string } {
  return { name: migration.name, sha256: sha256Of(migration) };
}

function sha256Of(migration: Migration): string {
  return createHash('sha256').update(migration.sql).digest('hex');
}

function textOf(error: unknown): string {
  return error instanceof AggregateError && error.message === ''
    ? error.errors.map(textOf).join('; ')
    : error instanceof Error
      ? error.message
      : String(error);
}
