import { request } from 'node:http';
import pg from 'pg';
import { inject } from 'vitest';
import type { MadeDatabase } from './postgres-setup.ts';

/** A database of its own for one test file or test, with a pool for each role that the product knows. */
export interface TestDatabase extends MadeDatabase {
  /** As the owner of the tables, which in the product nobody can log in as. For arranging and for looking. */
  readonly ownerPool: pg.Pool;
  readonly serverPool: pg.Pool;
  readonly executorPool: pg.Pool;
  /** Ends the pools and drops the database. */
  close(): Promise<void>;
}

const POOL_CONNECTIONS_MAX = 8;

/**
 * A fresh database with the program's schema (`migrated: false`: an empty one, whose URLs are all the superuser's).
 * Works as root and not as root; the server behind it is shared by the whole run and starts with the first call.
 */
export async function testDatabase(
  options: { readonly migrated: boolean } = { migrated: true },
): Promise<TestDatabase> {
  const made: MadeDatabase = JSON.parse(await ask('POST', options.migrated ? '/migrated' : '/empty'));
  const [ownerPool, serverPool, executorPool] = [
    poolOf(made.ownerUrl),
    poolOf(made.serverUrl),
    poolOf(made.executorUrl),
  ] as const;
  return {
    ...made,
    ownerPool,
    serverPool,
    executorPool,
    async close() {
      await Promise.all([ownerPool.end(), serverPool.end(), executorPool.end()]);
      await ask('DELETE', `/${made.name}`);
    },
  };
}

function poolOf(connectionString: string): pg.Pool {
  const pool = new pg.Pool({ connectionString, max: POOL_CONNECTIONS_MAX });
  // Idle connections are cut when a database is dropped; what a test does with the pool still rejects.
  pool.on('error', () => undefined);
  return pool;
}

function ask(method: 'POST' | 'DELETE', path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ socketPath: inject('testDatabases'), method, path }, response => {
      let text = '';
      response.setEncoding('utf8').on('data', chunk => {
        text += chunk;
      });
      response.on('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    })
      .on('error', reject)
      .end();
  });
}
