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

export interface IntakeBenchOptions {
  /** Alerts that are sent. */
  readonly alerts: number;
  readonly port: number;
}

/** Rates are of this machine in this run; only their ratio says something elsewhere. */
export interface IntakeFigures {
  readonly alerts: number;
  /** Over HTTP, durable, whole way. */
  readonly perSecond: number;
  /** The same evidence and alert rows in batches of 1,000, with no index but the primary keys. */
  readonly rawPerSecond: number;
  /** The bar is .20. */
  readonly ratio: number;
  /** Seconds of processor time of this process for a thousand alerts, the sender's share among them. */
  readonly cpuSecondsPerThousand: number;
  /** Rate of the last tenth against that of the first: 1 where cost does not grow with what is stored. */
  readonly lastAgainstFirst: number;
}

const BATCH = 1_000;
const PASSWORDS = { server: 'bench', executor: 'bench' };

/** Sends made-up alerts of eight hosts through a whole server, then writes the same rows with nothing around them. */
export async function benchIntake(
  options: IntakeBenchOptions = { alerts: 100_000, port: 18_080 },
): Promise<IntakeFigures> {
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
      const served = await throughServer(urlForRole(url, migrated.value.roles.server, PASSWORDS.server), options);
      const rawPerSecond = await raw(url);
      return { alerts: options.alerts, ...served, rawPerSecond, ratio: rounded(served.perSecond / rawPerSecond) };
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

async function throughServer(databaseUrl: string, { alerts, port }: IntakeBenchOptions) {
  const token = randomBytes(16).toString('hex');
  const server = await runServer(secretsFor(databaseUrl, port, token));
  try {
    const began = performance.now();
    const cpu = process.cpuUsage();
    const tenths: number[] = [];
    let sent = 0;
    for (let tenth = 0; tenth < 10; tenth++) {
      const [from, count] = [performance.now(), Math.round(((tenth + 1) * alerts) / 10) - sent];
      const counts = await send(port, token, sent, count);
      if (counts.kept !== count) throw new Error(`${count} were sent and ${counts.kept} kept`);
      tenths.push(count / (performance.now() - from));
      sent += count;
    }
    const { user, system } = process.cpuUsage(cpu);
    return {
      perSecond: Math.round(alerts / ((performance.now() - began) / 1_000)),
      cpuSecondsPerThousand: rounded((user + system) / 1_000_000 / (alerts / 1_000)),
      lastAgainstFirst: rounded((tenths[9] ?? 0) / (tenths[0] ?? 1)),
    };
  } finally {
    await server.stop();
  }
}

function secretsFor(databaseUrl: string, port: number, token: string): ServerSecrets {
  const seed = randomBytes(SEED_BYTES);
  const logOrigin = 'bench.example/audit';
  const origin = `http://localhost:${port}`;
  const genesis: Genesis = {
    v: '1',
    installation: 'ins_bench',
    tenant: 'default',
    logOrigin,
    logVkey: printNoteKey(logSigner(logOrigin, seed).key),
    linkPublicKey: randomBytes(32).toString('base64url'),
    linkExpiresAt: rfc3339(unixMsFrom(0)),
    rpId: 'localhost',
    origin,
    demo: false,
    policyDigest: builtInPolicyDigest(),
    inventoryDigest: '',
  };
  return {
    v: 1,
    process: 'server',
    installation: genesis.installation,
    tenant: genesis.tenant,
    demo: false,
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
    folder: tmpdir(),
    webFolder: join(tmpdir(), 'none'),
    hasAi: false,
    demoScenario: undefined,
  };
}

const RULES = ['Odd sign-in', 'New service', 'Port scan', 'Malware found', 'Policy changed', 'Log cleared'];

/** An alert of about 500 bytes. Rules, users and hosts repeat as they do in a small company. */
export function benchAlert(i: number): object {
  return {
    id: `bench-${i}`,
    timestamp: rfc3339(unixMsFrom(Date.UTC(2026, 0, 1) + i * 2_000)),
    severity: ['low', 'medium', 'high'][i % 3],
    rule_name: RULES[i % RULES.length],
    host: `host-${i % 8}.corp.example`,
    user: `user-${(i * 7) % 400}`,
    src_ip: `10.0.${i % 250}.${(i * 3) % 250}`,
    dst_ip: `192.0.2.${i % 250}`,
    process: 'C:\\Windows\\System32\\svchost.exe',
    command_line: `svchost.exe -k netsvcs -p -s Schedule ${i}`,
    message: `made-up alert ${i}: something that a product would say in a sentence or two, so that a record has its usual length`,
  };
}

function send(port: number, token: string, first: number, count: number): Promise<IntakeCounts> {
  const body = Readable.from(
    (function* () {
      for (let i = first; i < first + count; i += 200) {
        let text = '';
        for (let j = i; j < Math.min(first + count, i + 200); j++) text += `${JSON.stringify(benchAlert(j))}\n`;
        yield text;
      }
    })(),
  );
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, host: `localhost:${port}` };
    const sent = request(
      { host: '127.0.0.1', port, method: 'POST', path: '/api/v1/ingest?map=rule_name=rule_name,id=id', headers },
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

/** The rows that the server has just written, again, into tables that have nothing but a primary key. */
async function raw(url: string): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('CREATE TABLE raw_evidence AS SELECT * FROM evidence WHERE false');
    await client.query('CREATE TABLE raw_alert AS SELECT * FROM alert WHERE false');
    await client.query('ALTER TABLE raw_evidence ADD PRIMARY KEY (tenant_id, id)');
    await client.query('ALTER TABLE raw_alert ADD PRIMARY KEY (tenant_id, id)');
    const batches = await rowBatches(client);
    const began = performance.now();
    for (const { evidence, alerts } of batches) {
      await client.query('BEGIN');
      await client.query(
        'INSERT INTO raw_evidence SELECT * FROM jsonb_populate_recordset(NULL::raw_evidence, $1::jsonb)',
        [evidence],
      );
      await client.query('INSERT INTO raw_alert SELECT * FROM jsonb_populate_recordset(NULL::raw_alert, $1::jsonb)', [
        alerts,
      ]);
      await client.query('COMMIT');
    }
    return Math.round((batches.length * BATCH) / ((performance.now() - began) / 1_000));
  } finally {
    await client.end();
  }
}

const RAW_BATCHES_MAX = 20;

async function rowBatches(
  client: pg.Client,
): Promise<readonly { readonly evidence: string; readonly alerts: string }[]> {
  const batches: { evidence: string; alerts: string }[] = [];
  let after = '';
  while (batches.length < RAW_BATCHES_MAX) {
    const { rows } = await client.query<{ count: string; last: string; evidence: string; alerts: string }>(
      `WITH part AS (SELECT * FROM alert WHERE id > $1 ORDER BY id LIMIT ${BATCH})
       SELECT (SELECT count(*) FROM part) AS count, (SELECT max(id) FROM part) AS last,
              (SELECT jsonb_agg(to_jsonb(e))::text FROM evidence e WHERE e.id IN (SELECT evidence_id FROM part)) AS evidence,
              (SELECT jsonb_agg(to_jsonb(part))::text FROM part) AS alerts`,
      [after],
    );
    const [row] = rows;
    if (row === undefined || Number(row.count) < BATCH) break;
    batches.push({ evidence: row.evidence, alerts: row.alerts });
    after = row.last;
  }
  return batches;
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
