import { chown, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { parseNoteKey } from '../audit/note.ts';
import { rfc3339, type UnixMs } from '../base/time.ts';
import type { Genesis } from '../ports/genesis.ts';
import { enqueue } from '../store/log.ts';
import { checkLog, LogRefusal } from '../store/log-start.ts';
import { migrate, migrationRecord } from '../store/migrate.ts';
import { MIGRATIONS } from '../store/migrations/index.ts';
import { quoteName, roleNames, urlForDatabase } from '../store/roles.ts';
import { backedUpFiles } from './backup.ts';
import { type BackupHead, type Frame, readBackup } from './backup-format.ts';
import { executorDir, openDataDirectory, readJson, writeWhole } from './data-directory.ts';
import { createDatabase, EMBEDDED_DATABASE, embeddedOptions, newPasswords } from './database.ts';
import { IDENTITIES, isRoot } from './identities.ts';
import { ownFolder, TENANT } from './installation.ts';
import { startPostgres } from './postgres.ts';
import { errorCode, fileRefusal, Refusal } from './refusal.ts';

export interface Restored {
  readonly head: BackupHead;
  /** Where the database that was there before is kept; undefined where there was none. */
  readonly before: string | undefined;
}

/**
 * Restores an installation from a backup, into an empty data directory or over the same installation's database.
 *
 * The new database is built beside the old one, its log is verified against the key of the installation (every entry by
 * its bytes, the root by the signed checkpoint), and only then takes its place; what was there is kept. The restore is
 * itself put in line for the log. The executor's storage is not touched: it will notice that the log is older than what
 * it saw, and not act.
 */
export async function restoreBackup(
  dataDir: string,
  databaseUrl: string | undefined,
  path: string,
  now: UnixMs,
): Promise<Restored> {
  const { head, frames } = await readBackup(path);
  requireKnownMigrations(head, path);
  const lock = await openDataDirectory(dataDir);
  try {
    await requireSameInstallation(dataDir, head);
    const files = await readFiles(frames);
    const genesis = parseGenesis(files.files.get('genesis.json'), path);
    const fill = (url: string) => fillDatabase(url, head, files.rest, genesis, now);
    const before =
      databaseUrl === undefined ? await fillEmbedded(dataDir, fill) : await fillExternal(databaseUrl, fill);
    await placeFiles(dataDir, files.files);
    return { head, before };
  } finally {
    await lock.release();
  }
}

/**
 * Lets the executor act on a log that is older than what it saw, after a restore. What it saw is kept beside, because it
 * shows what this log no longer holds: whatever was signed and done since the backup is not in it, and an auditor who
 * keeps checkpoints will see that. Only whoever may write to the executor's own storage can do this, never the server.
 * Returns where the newer checkpoint is kept; undefined where there was none.
 */
export async function forgetNewerLog(dataDir: string, now: UnixMs): Promise<string | undefined> {
  const file = join(executorDir(dataDir), 'checkpoint');
  const kept = `${file}.before-${rfc3339(now).replaceAll(':', '-')}`;
  try {
    await rename(file, kept);
    return kept;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw fileRefusal(error, file);
  }
}

function requireKnownMigrations(head: BackupHead, path: string): void {
  const known = MIGRATIONS.map(migrationRecord);
  const isKnown = head.migrations.every(
    ({ name, sha256 }, at) => known[at]?.name === name && known[at]?.sha256 === sha256,
  );
  if (isKnown) return;
  throw new Refusal(
    `${path} was made by another version of Countersign (${head.programVersion}), whose tables this one does not know; restore it with that version.`,
  );
}

async function requireSameInstallation(dataDir: string, head: BackupHead): Promise<void> {
  for (const file of [join(dataDir, 'installation.json'), join(executorDir(dataDir), 'genesis.json')]) {
    const known = await readJson(file);
    if (typeof known !== 'object' || known === null) continue;
    const id = 'id' in known ? known.id : 'installation' in known ? known.installation : undefined;
    if (id !== head.installation) {
      throw new Refusal(
        `${dirname(file)} is of another installation (${String(id)}) than the backup (${head.installation}); restore into another directory with --data.`,
      );
    }
  }
}

interface Files {
  readonly files: ReadonlyMap<string, Buffer>;
  /** The frames from the first table on. */
  readonly rest: AsyncGenerator<Frame, void>;
}

/** Files come before tables; they are small. */
async function readFiles(frames: AsyncGenerator<Frame, void>): Promise<Files> {
  const files = new Map<string, Buffer>();
  let name: string | undefined;
  for (;;) {
    const { value: frame, done } = await frames.next();
    if (done === true || frame.kind === 'table')
      return { files, rest: startingWith(done === true ? [] : [frame], frames) };
    if (frame.kind === 'file') name = frame.name;
    else if (name !== undefined) files.set(name, Buffer.concat([files.get(name) ?? Buffer.alloc(0), frame.bytes]));
  }
}

async function* startingWith(
  first: readonly Frame[],
  frames: AsyncGenerator<Frame, void>,
): AsyncGenerator<Frame, void> {
  yield* first;
  yield* frames;
}

function parseGenesis(bytes: Buffer | undefined, path: string): Genesis {
  if (bytes === undefined) throw new Refusal(`${path} holds no genesis; it is not a whole backup of Countersign.`);
  return JSON.parse(bytes.toString('utf8'));
}

async function fillEmbedded(dataDir: string, fill: (url: string) => Promise<void>): Promise<string | undefined> {
  const options = embeddedOptions(dataDir);
  const home = `${options.home}.restoring`;
  await rm(home, { recursive: true, force: true });
  const postgres = await startPostgres({ ...options, home });
  try {
    await postgres.asSuperuser(async url => {
      await createDatabase(url);
      await fill(urlForDatabase(url, EMBEDDED_DATABASE));
    });
  } finally {
    await postgres.stop();
  }
  const hasOld = await stat(options.home).then(
    () => true,
    () => false,
  );
  const before = hasOld ? `${options.home}.before-restore-${Date.now()}` : undefined;
  // Between these two renames there is no database; a start would make an empty one, and genesis would refuse it.
  if (before !== undefined) await rename(options.home, before);
  await rename(home, options.home);
  return before;
}

async function fillExternal(url: string, fill: (url: string) => Promise<void>): Promise<undefined> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ is_used: boolean }>(
      "SELECT to_regclass('public.schema_migration') IS NOT NULL AS is_used",
    );
    if (rows[0]?.is_used === true) {
      throw new Refusal(
        'the database at DATABASE_URL is in use already; restore into an empty one, and then start with that.',
      );
    }
  } finally {
    await client.end();
  }
  await fill(url);
  return undefined;
}

/** The tables of the backup with their rows, or nothing: what fails half-way is rolled back. */
async function fillDatabase(
  url: string,
  head: BackupHead,
  frames: AsyncGenerator<Frame, void>,
  genesis: Genesis,
  now: UnixMs,
): Promise<void> {
  const migrated = await migrate({
    url,
    passwords: newPasswords(),
    migrations: MIGRATIONS.slice(0, head.migrations.length),
  });
  if (!migrated.ok) throw new Refusal(migrated.failure.detail);
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  // An idle connection is cut when the database stops; whoever is at work sees the error where they wait for it.
  pool.on('error', () => undefined);
  try {
    const client = await pool.connect();
    try {
      await client.query(`SET ROLE ${quoteName(roleNames(migrated.value.database).owner)}`);
      await client.query('BEGIN');
      await copyTables(client, frames);
      await continueSequences(client, head);
      await client.query('COMMIT');
      await verifyLog(pool, head, genesis);
      const { logSize, madeAt } = head;
      await enqueue(client, TENANT, {
        v: '1',
        at: rfc3339(now),
        type: 'backup.restored',
        size: String(logSize),
        madeAt,
      });
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  } finally {
    await pool.end();
  }
}

async function copyTables(client: pg.PoolClient, frames: AsyncGenerator<Frame, void>): Promise<void> {
  let next = await frames.next();
  while (next.done !== true) {
    const table = next.value;
    if (table.kind !== 'table') throw new Refusal('the backup holds data that belongs to no table; use another.');
    const sink = client.query(
      copyFrom(`COPY ${quoteName(table.name)} (${table.columns.map(quoteName).join(', ')}) FROM STDIN`),
    );
    const rows = async function* () {
      for (next = await frames.next(); next.done !== true && next.value.kind === 'data'; next = await frames.next()) {
        yield next.value.bytes;
      }
    };
    await pipeline(Readable.from(rows(), { objectMode: false }), sink);
  }
}

/** Numbers that a table gives out go on where they were: one that was given out before is never given out again. */
async function continueSequences(client: pg.PoolClient, head: BackupHead): Promise<void> {
  for (const { table, column, next } of head.sequences) {
    await client.query('SELECT setval(pg_get_serial_sequence($1, $2), $3, false)', [quoteName(table), column, next]);
  }
}

/** The key is genesis's: a backup whose log somebody rewrote and signed with another key does not pass. */
async function verifyLog(pool: pg.Pool, head: BackupHead, genesis: Genesis): Promise<void> {
  const key = parseNoteKey(genesis.logVkey);
  if (!key.ok) throw new Refusal('the genesis of the backup holds no log key; use another backup.');
  try {
    const { range } = await checkLog(pool, TENANT, key.value, undefined);
    const altered = await pool.query<{ idx: string }>(
      `SELECT idx FROM audit_entry WHERE tenant_id = $1 AND leaf_hash IS DISTINCT FROM sha256('\\x00'::bytea || entry) LIMIT 1`,
      [TENANT],
    );
    if (altered.rows[0] !== undefined)
      throw new LogRefusal(`entry ${altered.rows[0].idx} is not the one that was logged`);
    if (range.size !== head.logSize)
      throw new LogRefusal(`it has ${range.size} entries, and ${head.logSize} were backed up`);
  } catch (error) {
    if (!(error instanceof LogRefusal)) throw error;
    throw new Refusal(`the log in the backup does not verify: ${error.message}; nothing was restored.`);
  }
}

async function placeFiles(dataDir: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  const as = (name: 'server' | 'executor') => (isRoot() ? IDENTITIES[name] : undefined);
  await ownFolder(join(dataDir, 'server'), as('server'));
  await mkdir(dirname(executorDir(dataDir)), { recursive: true });
  await ownFolder(executorDir(dataDir), as('executor'));
  for (const { name, path } of backedUpFiles(dataDir)) {
    const bytes = files.get(name);
    if (bytes === undefined) continue;
    // What the executor pinned is not replaced, not even by the same.
    const isPinned = name === 'genesis.json' && (await readJson(path)) !== undefined;
    if (isPinned) continue;
    await writeWhole(path, bytes.toString('utf8'));
    const owner = name === 'genesis.json' ? as('executor') : name.startsWith('server/') ? as('server') : undefined;
    if (owner !== undefined) await chown(path, owner.uid, owner.gid);
  }
}
