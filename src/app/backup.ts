import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { rfc3339, type UnixMs } from '../base/time.ts';
import { enqueue, hintPending } from '../store/log.ts';
import { quoteName } from '../store/roles.ts';
import { type BackupHead, BackupWriter } from './backup-format.ts';
import { executorDir, readJson } from './data-directory.ts';
import { TENANT } from './installation.ts';
import { withDatabase } from './maintenance.ts';
import { errorCode, Refusal } from './refusal.ts';

/**
 * Files of an installation that a backup holds beside the tables, by their names in it. Of the executor's storage only
 * genesis: its credentials stay with it, and what it remembers of the log must not be turned back.
 */
export function backedUpFiles(dataDir: string): readonly { readonly name: string; readonly path: string }[] {
  return [
    { name: 'installation.json', path: join(dataDir, 'installation.json') },
    { name: 'server/log-key', path: join(dataDir, 'server', 'log-key') },
    { name: 'server/session-key', path: join(dataDir, 'server', 'session-key') },
    { name: 'cli-token', path: join(dataDir, 'cli-token') },
    { name: 'genesis.json', path: join(executorDir(dataDir), 'genesis.json') },
  ];
}

/** What another program, or a later version of this one, has of the tables and what a restore skips. */
const NOT_BACKED_UP = ['schema_migration', 'web_session', 'pending_signature'];

export interface BackupMade {
  readonly logSize: number;
  readonly tables: number;
}

/**
 * Writes one file from which an installation can be restored: every table as of one instant, the keys, genesis.
 * Countersign may go on running. That a backup was made is an entry of the log (after those that the backup holds).
 */
export async function makeBackup(
  dataDir: string,
  databaseUrl: string | undefined,
  path: string,
  programVersion: string,
  now: UnixMs,
): Promise<BackupMade> {
  const installation = await readJson(join(dataDir, 'installation.json'));
  if (typeof installation !== 'object' || installation === null || !('id' in installation)) {
    throw new Refusal(`${dataDir} holds no installation; name another directory with --data.`);
  }
  const id = String(installation.id);
  return withDatabase(dataDir, databaseUrl, async client => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const head = await headOf(client, id, programVersion, now);
    const writer = await BackupWriter.create(path, head).catch((error: unknown) => {
      throw new Refusal(`cannot write ${path}: ${errorCode(error) ?? String(error)}.`);
    });
    let tables: number;
    try {
      for (const file of backedUpFiles(dataDir)) await writer.file(file.name, await readFile(file.path));
      tables = await copyTables(client, writer);
      await writer.finish();
    } catch (error) {
      await writer.abandon();
      throw error;
    }
    await client.query('COMMIT');
    await enqueue(client, TENANT, { v: '1', at: rfc3339(now), type: 'backup.made', size: String(head.logSize) });
    await hintPending(client, TENANT);
    return { logSize: head.logSize, tables };
  });
}

async function headOf(
  client: pg.Client,
  installation: string,
  programVersion: string,
  now: UnixMs,
): Promise<BackupHead> {
  const size = await client.query<{ size: string }>('SELECT size FROM audit_head WHERE tenant_id = $1', [TENANT]);
  const migrations = await client.query<{ name: string; sha256: string }>(
    'SELECT name, sha256 FROM schema_migration ORDER BY position',
  );
  return {
    v: 1,
    installation,
    madeAt: rfc3339(now),
    programVersion,
    logSize: Number(size.rows[0]?.size ?? 0),
    migrations: migrations.rows,
    sequences: await readSequences(client),
  };
}

async function readSequences(client: pg.Client): Promise<BackupHead['sequences']> {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(
    `SELECT c.relname AS "table", a.attname AS "column",
            pg_get_serial_sequence(quote_ident(c.relname), a.attname) AS sequence
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND a.attidentity <> '' AND NOT a.attisdropped`,
  );
  const sequences = [];
  for (const { table, column, sequence } of rows) {
    // `sequence` is quoted by PostgreSQL itself.
    const value = await client.query<{ next: string }>(
      `SELECT (last_value + CASE WHEN is_called THEN 1 ELSE 0 END)::text AS next FROM ${sequence}`,
    );
    sequences.push({ table, column, next: value.rows[0]?.next ?? '1' });
  }
  return sequences;
}

async function copyTables(client: pg.Client, writer: BackupWriter): Promise<number> {
  // Columns that the database computes are computed again.
  const { rows } = await client.query<{ name: string; columns: string[] }>(
    `SELECT c.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
       FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND c.relname <> ALL($1)
      GROUP BY c.relname ORDER BY c.relname`,
    [NOT_BACKED_UP],
  );
  for (const { name, columns } of rows) {
    await writer.table(name, columns);
    const list = columns.map(quoteName).join(', ');
    const rowsOut = client.query(copyTo(`COPY (SELECT ${list} FROM ${quoteName(name)}) TO STDOUT`));
    await pipeline(rowsOut, writer.sink());
  }
  return rows.length;
}
