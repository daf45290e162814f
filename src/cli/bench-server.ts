import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import pg from 'pg';
import { runServer } from '../api/serve.ts';
import { IDENTITIES, isRoot } from '../app/identities.ts';
import { builtInPolicyDigest } from '../app/installation.ts';
import type { IntakeCounts } from '../app/intake.ts';
import { startPostgres } from '../app/postgres.ts';
import { printNoteKey } from '../audit/note.ts';
import { rfc3339, unixMsFrom } from '../base/time.ts';
import type { Genesis } from '../ports/genesis.ts';
import type { ServerSecrets } from '../ports/secrets.ts';
import { logSigner, SEED_BYTES } from '../store/ed25519.ts';
import { migrate } from '../store/migrate.ts';
import { urlForDatabase, urlForRole } from '../store/roles.ts';

const LINK_MS = 900_000;
const PASSWORDS = { server: 'bench', executor: 'bench', own: 'bench' };

/** A whole server with a database of its own, which syncs as a real one does, and how to talk to it. */
export interface BenchServer {
  readonly port: number;
  readonly token: string;
  /** A superuser's connection to its database. */
  readonly superuserUrl: string;
  /** Stops the server, works on its database, and starts it again. Resolves to the milliseconds that the start took. */
  restart(meanwhile: () => Promise<void>): Promise<number>;
}

/** What of a server a measurement needs otherwise. */
export interface BenchWish {
  /** The folder that only the server reads. */
  readonly folder?: string;
  /** The key of an enrolment link; the installation is a demo then, in which a key of this process may sign in. */
  readonly linkPublicKey?: string;
}

/** Runs `work` with a server that ends with it. */
export async function withBenchServer<T>(
  port: number,
  work: (server: BenchServer) => Promise<T>,
  wish: BenchWish = {},
): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  const postgres = await startPostgres({
    home,
    identity: isRoot() ? IDENTITIES.postgres : undefined,
    fsync: true,
    superuser: 'allowed',
  });
  try {
    return await postgres.asSuperuser(async superuser => {
      await statement(superuser, 'CREATE DATABASE bench');
      const url = urlForDatabase(superuser, 'bench');
      const migrated = await migrate({ url, passwords: PASSWORDS });
      if (!migrated.ok) throw new Error(migrated.failure.detail);
      const token = randomBytes(16).toString('hex');
      const databaseUrl = urlForRole(url, migrated.value.roles.server, PASSWORDS.server);
      const secrets = secretsFor(databaseUrl, port, token, wish);
      let server = await runServer(secrets);
      const restart = async (meanwhile: () => Promise<void>): Promise<number> => {
        await server.stop();
        await meanwhile();
        const began = performance.now();
        server = await runServer(secrets);
        return performance.now() - began;
      };
      try {
        return await work({ port, token, superuserUrl: url, restart });
      } finally {
        await server.stop();
      }
    });
  } finally {
    await postgres.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function statement(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

function secretsFor(databaseUrl: string, port: number, token: string, wish: BenchWish): ServerSecrets {
  const isDemo = wish.linkPublicKey !== undefined;
  const seed = randomBytes(SEED_BYTES);
  const logOrigin = 'bench.example/audit';
  const origin = `http://localhost:${port}`;
  const genesis: Genesis = {
    v: '1',
    installation: 'ins_bench',
    tenant: 'default',
    logOrigin,
    logVkey: printNoteKey(logSigner(logOrigin, seed).key),
    linkPublicKey: wish.linkPublicKey ?? randomBytes(32).toString('base64url'),
    linkExpiresAt: rfc3339(unixMsFrom(isDemo ? Date.now() + LINK_MS : 0)),
    rpId: 'localhost',
    origin,
    demo: isDemo,
    policyDigest: builtInPolicyDigest(),
    inventoryDigest: '',
  };
  return {
    v: 1,
    process: 'server',
    installation: genesis.installation,
    tenant: genesis.tenant,
    demo: isDemo,
    databaseUrl,
    isIsolated: false,
    programVersion: 'bench',
    port,
    origin,
    rpId: 'localhost',
    logSeed: seed.toString('base64url'),
    sessionKey: randomBytes(32).toString('base64url'),
    cliTokenSha256: createHash('sha256').update(token).digest('hex'),
    genesis,
    folder: wish.folder ?? tmpdir(),
    webFolder: join(tmpdir(), 'none'),
    hasAi: false,
    demoScenario: undefined,
  };
}

/** Lines that go to a request's body in pieces of so many. */
const LINES_A_PIECE = 200;

/** Sends records to the server as `countersign ingest` does. Resolves to what it counted. */
export function sendRecords(
  { port, token }: BenchServer,
  map: string,
  first: number,
  count: number,
  recordOf: (n: number) => object,
): Promise<IntakeCounts> {
  const body = Readable.from(
    (function* () {
      for (let i = first; i < first + count; i += LINES_A_PIECE) {
        let text = '';
        for (let j = i; j < Math.min(first + count, i + LINES_A_PIECE); j++) text += `${JSON.stringify(recordOf(j))}\n`;
        yield text;
      }
    })(),
  );
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: `/api/v1/ingest?map=${map}`,
        headers: { authorization: `Bearer ${token}`, host: `localhost:${port}` },
      },
      response => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))));
      },
    );
    sent.on('error', reject);
    body.pipe(sent);
  });
}
