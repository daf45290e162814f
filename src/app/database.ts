import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { type Migrated, migrate } from '../store/migrate.ts';
import { LOGIN_ROLES, quoteName, type RolePasswords, urlForDatabase, urlForRole } from '../store/roles.ts';
import { readJson, writeWhole } from './data-directory.ts';
import { IDENTITIES, isRoot } from './identities.ts';
import { type PostgresOptions, startPostgres } from './postgres.ts';
import { errorText, Refusal } from './refusal.ts';

/** The database of the product: a PostgreSQL of our own, or one that somebody else runs. */
export interface Database {
  /** `embedded PostgreSQL 18.4` or `PostgreSQL 16.2 at db.example`. */
  readonly description: string;
  readonly serverUrl: string;
  readonly executorUrl: string;
  /** By which the executor changes this installation's own objects, for one act at a time. */
  readonly ownUrl: string;
  /** Enrolments that it held when it was opened. */
  readonly enrolled: number;
  stop(): Promise<void>;
}

/** Name of the database in an embedded server. */
export const EMBEDDED_DATABASE = 'countersign';
const BACKOFF_MS_FIRST = 200;
const BACKOFF_MS_MAX = 10_000;

/** Where the embedded server of a data directory lives, and as whom it runs. */
export function embeddedOptions(dataDir: string): PostgresOptions {
  return {
    home: join(dataDir, 'postgres'),
    identity: isRoot() ? IDENTITIES.postgres : undefined,
    fsync: true,
    superuser: 'rejected',
  };
}

/**
 * Opens the database and brings it up to date: the schema, the roles of the processes and their passwords.
 *
 * The passwords of an embedded one are new at each start and are stored nowhere. While it runs, it is started again
 * whenever it ends.
 */
export async function openDatabase(
  dataDir: string,
  databaseUrl: string | undefined,
  logger: Logger,
): Promise<Database> {
  return databaseUrl === undefined ? openEmbedded(dataDir, logger) : openExternal(dataDir, databaseUrl);
}

async function openEmbedded(dataDir: string, logger: Logger): Promise<Database> {
  const options = embeddedOptions(dataDir);
  let postgres = await startPostgres(options);
  let isStopping = false;
  const keepRunning = async () => {
    for (let backoffMs = BACKOFF_MS_FIRST; ; ) {
      const how = await postgres.ended;
      if (isStopping) return;
      logger.error({ how }, 'PostgreSQL ended; starting it again');
      for (;;) {
        await sleep(backoffMs);
        if (isStopping) return;
        try {
          postgres = await startPostgres(options);
          logger.info({ pid: postgres.pid }, 'PostgreSQL started again');
          backoffMs = BACKOFF_MS_FIRST;
          break;
        } catch (error) {
          logger.error({ error: errorText(error) }, 'PostgreSQL does not start');
          backoffMs = Math.min(backoffMs * 2, BACKOFF_MS_MAX);
        }
      }
    }
  };
  try {
    const passwords = newPasswords();
    const prepared = await postgres.asSuperuser(async url => {
      await createDatabase(url);
      return prepare(urlForDatabase(url, EMBEDDED_DATABASE), passwords);
    });
    const kept = keepRunning();
    return {
      description: `embedded PostgreSQL ${prepared.version}`,
      serverUrl: postgres.url(EMBEDDED_DATABASE, prepared.migrated.roles.server, passwords.server),
      executorUrl: postgres.url(EMBEDDED_DATABASE, prepared.migrated.roles.executor, passwords.executor),
      ownUrl: postgres.url(EMBEDDED_DATABASE, prepared.migrated.roles.own, passwords.own),
      enrolled: prepared.enrolled,
      async stop() {
        isStopping = true;
        await postgres.stop();
        await kept;
      },
    };
  } catch (error) {
    isStopping = true;
    await postgres.stop();
    throw error;
  }
}

/** The roles of a foreign server keep their passwords, so that several nodes can share it; they are kept in `dataDir`. */
async function openExternal(dataDir: string, databaseUrl: string): Promise<Database> {
  const at = addressOf(databaseUrl);
  const file = join(dataDir, 'database-roles.json');
  const stored = await readJson(file);
  const passwords = { ...newPasswords(), ...parsePasswords(stored) };
  // A role that came with a newer version of the program gets its password here.
  if (JSON.stringify(stored) !== JSON.stringify(passwords)) await writeWhole(file, `${JSON.stringify(passwords)}\n`);
  const { migrated, version, enrolled } = await prepare(databaseUrl, passwords);
  return {
    description: `PostgreSQL ${version} at ${at}`,
    serverUrl: urlForRole(databaseUrl, migrated.roles.server, passwords.server),
    executorUrl: urlForRole(databaseUrl, migrated.roles.executor, passwords.executor),
    ownUrl: urlForRole(databaseUrl, migrated.roles.own, passwords.own),
    enrolled,
    stop: async () => undefined,
  };
}

function addressOf(databaseUrl: string): string {
  try {
    const url = new URL(databaseUrl);
    if (url.protocol === 'postgres:' || url.protocol === 'postgresql:') {
      return url.hostname || url.searchParams.get('host') || 'localhost';
    }
  } catch {
    // Said below, without repeating the text: it may hold a password.
  }
  throw new Refusal(
    'the database URL is not of the form postgresql://USER:PASSWORD@HOST:PORT/DATABASE; mend DATABASE_URL.',
  );
}

/** New at each start of an embedded server; kept nowhere. */
export function newPasswords(): RolePasswords {
  const password = () => randomBytes(24).toString('base64url');
  return { server: password(), executor: password(), own: password() };
}

function parsePasswords(value: unknown): Partial<RolePasswords> {
  if (typeof value !== 'object' || value === null) return {};
  const stored = new Map<string, unknown>(Object.entries(value));
  const kept = LOGIN_ROLES.flatMap(role => {
    const password = stored.get(role);
    return typeof password === 'string' ? [[role, password] as const] : [];
  });
  return Object.fromEntries(kept);
}

/** Makes the product's database on an embedded server, where it isn't. */
export async function createDatabase(superuserUrl: string): Promise<void> {
  await withClient(superuserUrl, async client => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [EMBEDDED_DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${quoteName(EMBEDDED_DATABASE)}`);
  });
}

interface Prepared {
  readonly migrated: Migrated;
  readonly version: string;
  readonly enrolled: number;
}

async function prepare(url: string, passwords: RolePasswords): Promise<Prepared> {
  const migrated = await migrate({ url, passwords });
  if (!migrated.ok) throw new Refusal(migrated.failure.detail);
  return asOwner(url, migrated.value.roles.owner, async client => {
    const version = await client.query<{ server_version: string }>('SHOW server_version');
    const enrolled = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM enrolment');
    return {
      migrated: migrated.value,
      version: version.rows[0]?.server_version ?? '',
      enrolled: enrolled.rows[0]?.count ?? 0,
    };
  });
}

function asOwner<T>(url: string, owner: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient(url, async client => {
    await client.query(`SET ROLE ${quoteName(owner)}`);
    return work(client);
  });
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'countersign-supervisor' });
  // A connection lost between two statements is reported by the next one.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end();
  }
}
