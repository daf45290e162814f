import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { IDENTITIES, isRoot } from '../../src/app/identities.ts';
import { startPostgres } from '../../src/app/postgres.ts';
import { migrate } from '../../src/store/migrate.ts';
import { urlForDatabase, urlForRole } from '../../src/store/roles.ts';
import type { TestDatabase } from '../postgres.ts';

/** A PostgreSQL of one test's own, which it may end as it likes. Its data is on the disk, as the product's is. */
export interface OwnCluster {
  readonly database: TestDatabase;
  /** SIGKILL for the server and each of its processes; then it is started again on the same data. */
  killAndRestart(): Promise<void>;
}

const DATABASE = 'crash';

export async function startOwnCluster(
  options: { readonly home?: string; readonly settings?: Readonly<Record<string, string>> } = {},
): Promise<OwnCluster> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'countersign-crash-')));
  const start = () =>
    startPostgres({
      home,
      identity: isRoot() ? IDENTITIES.postgres : undefined,
      fsync: true,
      superuser: 'allowed',
      ...(options.settings === undefined ? {} : { settings: options.settings }),
    });
  let postgres = await start();
  const superuserUrl = await postgres.asSuperuser(async url => url);
  const maker = new pg.Client({ connectionString: superuserUrl });
  await maker.connect();
  await maker.query(`CREATE DATABASE ${DATABASE}`);
  await maker.end();
  const url = urlForDatabase(superuserUrl, DATABASE);
  const password = () => randomBytes(16).toString('hex');
  const passwords = { server: password(), executor: password(), own: password() };
  const migrated = await migrate({ url, passwords });
  if (!migrated.ok) throw new Error(migrated.failure.detail);
  const { roles } = migrated.value;
  const urls = {
    superuserUrl: url,
    ownerUrl: `${url}&options=${encodeURIComponent(`-c role=${roles.owner}`)}`,
    serverUrl: urlForRole(url, roles.server, passwords.server),
    executorUrl: urlForRole(url, roles.executor, passwords.executor),
    ownUrl: urlForRole(url, roles.own, passwords.own),
  };
  const poolOf = (connectionString: string) => {
    const pool = new pg.Pool({ connectionString, max: 4 });
    pool.on('error', () => undefined);
    return pool;
  };
  const pools = {
    ownerPool: poolOf(urls.ownerUrl),
    serverPool: poolOf(urls.serverUrl),
    executorPool: poolOf(urls.executorUrl),
  };
  return {
    database: {
      name: DATABASE,
      roles,
      ...urls,
      ...pools,
      async close() {
        await Promise.all(Object.values(pools).map(pool => pool.end()));
        await postgres.stop();
        await rm(home, { recursive: true, force: true });
      },
    },
    async killAndRestart() {
      const { pid } = postgres;
      const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).trim().split(' ');
      for (const one of [pid, ...children.filter(text => text !== '').map(Number)]) {
        try {
          process.kill(one, 'SIGKILL');
        } catch {
          // It ended by itself meanwhile.
        }
      }
      await postgres.ended;
      postgres = await start();
    },
  };
}
