import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { quoteName, roleNames, urlForDatabase } from '../store/roles.ts';
import { EMBEDDED_DATABASE, embeddedOptions } from './database.ts';
import { holderIn, lockDirectory } from './lock.ts';
import { startPostgres, superuserOfRunning } from './postgres.ts';
import { isRunning } from './process-identity.ts';
import { Refusal } from './refusal.ts';

/**
 * Runs `work` with a connection to an installation's database as somebody who may read and write every table: through
 * the running server where one runs, or by starting the database for as long as it takes.
 */
export async function withDatabase<T>(
  dataDir: string,
  databaseUrl: string | undefined,
  work: (client: pg.Client, url: string) => Promise<T>,
): Promise<T> {
  if (databaseUrl !== undefined) return connected(databaseUrl, work);
  const options = embeddedOptions(dataDir);
  const isMade = await stat(join(options.home, 'cluster', 'PG_VERSION')).then(
    () => true,
    () => false,
  );
  if (!isMade)
    throw new Refusal(`${dataDir} holds no database; name another directory with --data, or give --database-url.`);
  const inDatabase = (url: string) => connected(urlForDatabase(url, EMBEDDED_DATABASE), work);
  const holder = await holderIn(join(dataDir, 'lock'));
  if (holder !== undefined && (await isRunning(holder))) {
    const asSuperuser = await superuserOfRunning(options.home, options.identity);
    if (asSuperuser === undefined)
      throw new Refusal(`the database of ${dataDir} does not answer; try again in a moment.`);
    return asSuperuser(inDatabase);
  }
  const lock = await lockDirectory(dataDir);
  try {
    const postgres = await startPostgres(options);
    try {
      return await postgres.asSuperuser(inDatabase);
    } finally {
      await postgres.stop();
    }
  } finally {
    await lock.release();
  }
}

async function connected<T>(url: string, work: (client: pg.Client, url: string) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'countersign-maintenance' });
  // A connection lost between two statements is reported by the next one.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name');
    await client.query(`SET ROLE ${quoteName(roleNames(rows[0]?.name ?? '').owner)}`);
    return await work(client, url);
  } finally {
    await client.end();
  }
}
