import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { IDENTITIES, isRoot } from '../src/app/identities.ts';
import { type EmbeddedPostgres, startPostgres } from '../src/app/postgres.ts';
import { SUPERUSER } from '../src/app/postgres-init.ts';
import { stopLeftoverPostgres } from '../src/app/postgres-leftover.ts';
import { migrate } from '../src/store/migrate.ts';
import { type RoleNames, urlForDatabase, urlForRole } from '../src/store/roles.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Unix socket of the process that makes test databases. */
    testDatabases: string;
  }
}

/** What a worker is told about a database that was made for it. */
export interface MadeDatabase {
  readonly name: string;
  readonly superuserUrl: string;
  readonly ownerUrl: string;
  readonly serverUrl: string;
  readonly executorUrl: string;
  readonly ownUrl: string;
  readonly roles: RoleNames;
}

const PREFIX = 'countersign-test-';
const TEMPLATE = 'template_countersign';

/**
 * One PostgreSQL for the whole run, started when the first test asks for a database: a run of pure tests pays nothing.
 * Databases are copies of one that was migrated once.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  await removeLeftovers();
  const home = await mkdtemp(join(tmpdir(), PREFIX));
  await writeFile(join(home, 'owner-pid'), String(process.pid));
  let maker: Promise<Maker> | undefined;
  const server = createServer((request, response) => {
    maker ??= startMaker(home);
    const answered = maker.then(async ({ make, drop }) =>
      request.method === 'DELETE' ? drop(request.url?.slice(1) ?? '') : make(request.url === '/migrated'),
    );
    answered.then(
      made => response.end(JSON.stringify(made ?? {})),
      (error: unknown) => response.writeHead(500).end(String(error instanceof Error ? error.stack : error)),
    );
  });
  const socket = join(home, 'make');
  await new Promise<void>(resolve => server.listen(socket, resolve));
  project.provide('testDatabases', socket);
  return async () => {
    await closed(server);
    await (await maker?.catch(() => undefined))?.postgres.stop();
    await rm(home, { recursive: true, force: true });
  };
}

interface Maker {
  readonly postgres: EmbeddedPostgres;
  make(migrated: boolean): Promise<MadeDatabase>;
  drop(name: string): Promise<void>;
}

async function startMaker(home: string): Promise<Maker> {
  const identity = isRoot() ? IDENTITIES.postgres : undefined;
  const postgres = await startPostgres({
    home,
    identity,
    fsync: false,
    superuser: 'allowed',
    settings: { max_connections: '200', autovacuum: 'off' },
  });
  const superuserUrl = await postgres.asSuperuser(async url => url);
  const password = () => randomBytes(16).toString('hex');
  const passwords = { server: password(), executor: password(), own: password() };
  const run = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: superuserUrl });
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  };
  await run(`CREATE DATABASE ${TEMPLATE}`);
  const migrated = await migrate({ url: urlForDatabase(superuserUrl, TEMPLATE), passwords });
  // Tests of the mechanism itself want a database even where the program's own migrations fail.
  const { roles } = migrated.ok ? migrated.value : { roles: undefined };
  let made = 0;
  return {
    postgres,
    async make(wantsMigrated) {
      if (roles === undefined && wantsMigrated && !migrated.ok) throw new Error(migrated.failure.detail);
      const name = `t${++made}_${randomBytes(4).toString('hex')}`;
      await run(`CREATE DATABASE ${name}${wantsMigrated ? ` TEMPLATE ${TEMPLATE}` : ''}`);
      const url = urlForDatabase(superuserUrl, name);
      if (roles === undefined || !wantsMigrated) {
        const of = { owner: SUPERUSER, server: SUPERUSER, executor: SUPERUSER, own: SUPERUSER };
        return { name, superuserUrl: url, ownerUrl: url, serverUrl: url, executorUrl: url, ownUrl: url, roles: of };
      }
      await run(
        `REVOKE ALL ON DATABASE ${name} FROM PUBLIC`,
        `GRANT CONNECT ON DATABASE ${name} TO ${roles.server}, ${roles.executor}, ${roles.own}`,
      );
      return {
        name,
        superuserUrl: url,
        // Nobody may log in as the owner, in the product either; a superuser becomes it.
        ownerUrl: `${url}&options=${encodeURIComponent(`-c role=${roles.owner}`)}`,
        serverUrl: urlForRole(url, roles.server, passwords.server),
        executorUrl: urlForRole(url, roles.executor, passwords.executor),
        ownUrl: urlForRole(url, roles.own, passwords.own),
        roles,
      };
    },
    drop: name => run(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`),
  };
}

function closed(server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** A run that was killed leaves its PostgreSQL behind; the next one stops it, if its owner is really gone. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX)) continue;
    const home = join(tmpdir(), name);
    const owner = Number(await readFile(join(home, 'owner-pid'), 'utf8').catch(() => '0'));
    if (owner === 0 || isAlive(owner)) continue;
    try {
      await stopLeftoverPostgres(join(home, 'cluster'));
      await rm(home, { recursive: true, force: true });
    } catch {
      // Another user's run: not ours to end.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
