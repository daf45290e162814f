import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../test/postgres.ts';
import { LifeOfALog, LOG_SIGNER, POLICY, plainLog } from '../../test/signed-log.ts';
import { printReceipt } from '../audit/proof.ts';
import { readCheckpoint, readReceipt } from '../store/log.ts';
import { exportLogToDirectory } from '../store/log-files.ts';
import { readLogPath } from '../store/log-tiles.ts';
import { startSequencer } from '../store/sequencer.ts';
import { runVerify } from './verify.ts';

const TENANT = 'exported';

let db: TestDatabase;
let home: string;
let policy: string;
let earlier: string;
beforeAll(async () => {
  db = await testDatabase();
  home = await mkdtemp(join(tmpdir(), 'verify-test-'));
  policy = join(home, 'policy');
  await writeFile(policy, POLICY);
  const life = new LifeOfALog().enrolFirst('usr_ana').enrol('usr_ana', 'usr_ben', 'responder');
  const proposed = life.propose({ proposal: 'prp_1', revision: '1', tier: 'T2', contributors: [] });
  life.conclude(life.execute(proposed, [life.review('usr_ben', proposed)]), proposed, 'verified');
  await append(life.bytes);
  earlier = join(home, 'earlier');
  await writeFile(earlier, (await readCheckpoint(db.serverPool, TENANT)) ?? '');
  await append(plainLog(600).slice(1));
  await exportLogToDirectory(db.serverPool, TENANT, join(home, 'log'));
});
afterAll(async () => {
  await rm(home, { recursive: true });
  await db.close();
});

async function append(entries: readonly Uint8Array[]): Promise<void> {
  for (const entry of entries) {
    await db.serverPool.query('INSERT INTO audit_pending (tenant_id, entry) VALUES ($1, $2)', [TENANT, entry]);
  }
  const sequencer = await startSequencer({ pool: db.serverPool, tenant: TENANT, signer: LOG_SIGNER });
  const giveUpAt = Date.now() + 10_000;
  while ((await pendingCount()) > 0 && Date.now() < giveUpAt) await new Promise(resolve => setTimeout(resolve, 5));
  await sequencer.stop();
}

async function pendingCount(): Promise<number> {
  const { rows } = await db.serverPool.query<{ count: string }>('SELECT count(*) AS count FROM audit_pending');
  return Number(rows[0]?.count);
}

async function run(target: string, flags: object = {}): Promise<{ code: number; said: string }> {
  let said = '';
  const code = await runVerify(target, { policy, ...flags }, text => {
    said += text;
  });
  return { code, said };
}

describe('countersign verify', () => {
  test('an exported log is verified, and every check is printed', async () => {
    const { code, said } = await run(join(home, 'log'), { since: earlier });
    expect(said).toContain('1 executions, each with the signatures that it needed');
    for (const name of ['policy', 'note', 'root', 'append_only', 'entries', 'process']) {
      expect(said).toMatch(new RegExp(`^\\d ${name} +pass`, 'm'));
    }
    expect(said).toMatch(/not checked +no blobs were given/);
    expect(said.trimEnd().endsWith('verified')).toBe(true);
    expect(code).toBe(0);
  });

  test('a running log is verified over HTTP, and asks for its token', async () => {
    const server = createServer((request, response) => {
      const path = new URL(request.url ?? '/', 'http://localhost').pathname;
      if (request.headers.authorization !== 'Bearer secret') return response.writeHead(401).end();
      return readLogPath(db.serverPool, TENANT, path.replace('/audit/', '')).then(found => {
        if (found === undefined) return response.writeHead(404).end();
        return response
          .writeHead(200, { 'content-type': found.contentType, 'cache-control': found.cacheControl })
          .end(found.bytes);
      });
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const token = join(home, 'token');
    await writeFile(token, 'secret\n');
    const url = `http://127.0.0.1:${port}/audit`;
    try {
      expect((await run(url, { token })).code).toBe(0);
      expect((await run(url)).code).toBe(2);
    } finally {
      server.closeAllConnections();
      server.close();
    }
    expect((await run(url, { token })).code).toBe(2);
  });

  test('a receipt is verified by itself', async () => {
    const receipt = await readReceipt(db.serverPool, TENANT, 4);
    if (!receipt.ok) throw new Error(receipt.failure);
    const file = join(home, 'entry.tlog-proof');
    await writeFile(file, printReceipt(receipt.value));
    const { code, said } = await run(file);
    expect([code, said]).toEqual([0, expect.stringContaining('5 receipt     pass        entry 4 of 607')]);
    await writeFile(file, printReceipt({ ...receipt.value, index: 5 }));
    expect((await run(file)).code).toBe(1);
    await writeFile(file, printReceipt({ ...receipt.value, extra: undefined }));
    expect((await run(file)).code).toBe(2);
    await writeFile(file, 'no receipt');
    expect((await run(file)).code).toBe(2);
  });

  test('a damaged export fails, and names the entry', async () => {
    const file = join(home, 'log', 'tile/entries/000');
    const bytes = await readFile(file);
    const mutant = Uint8Array.from(bytes);
    mutant[500] = (mutant[500] ?? 0) ^ 1;
    await writeFile(file, mutant);
    const { code, said } = await run(join(home, 'log'));
    await writeFile(file, bytes);
    expect([code, said]).toEqual([1, expect.stringContaining('log.entry_differs: entry 1')]);
    expect(said).toContain('NOT VERIFIED');
  });

  test('what cannot be read is unusable, whatever it is', async () => {
    expect((await run(join(home, 'nowhere'))).code).toBe(2);
    expect((await run(home)).code).toBe(2);
    expect((await run(join(home, 'log'), { policy: join(home, 'nowhere') })).code).toBe(2);
    expect((await run(join(home, 'log'), { since: policy })).code).toBe(2);
  });

  test('without the witnesses that the policy asks for, the exit code says so', async () => {
    const witnessed = join(home, 'witnessed');
    const witness = 'witness w witness.example/w1+773a6c12+BMhTrQ8M0rYZrqks7sT9VqJNZJnVhM55JX5Fz9gTm2Cn';
    await writeFile(witnessed, POLICY.replace('quorum none', `${witness}\nquorum w`));
    const { code, said } = await run(join(home, 'log'), { policy: witnessed });
    expect([code, said]).toEqual([3, expect.stringContaining('POLICY NOT MET')]);
  });

  test('as JSON the report is one line, with stable names', async () => {
    const { code, said } = await run(join(home, 'log'), { json: true });
    expect(code).toBe(0);
    expect(said.trimEnd()).not.toContain('\n');
    expect(JSON.parse(said)).toMatchObject({ outcome: 'verified', summary: { size: 607, unresolved: [] } });
  });
});

describe('the log over HTTP', () => {
  for (const [path, bytes] of [
    ['tile/0/000', 8192],
    ['tile/0/000.p/3', 96],
    ['tile/0/002.p/95', 3040],
    ['tile/1/000.p/2', 64],
    ['tile/entries/002.p/1', undefined],
  ] as const) {
    test(`${path} is there, and may be kept for ever`, async () => {
      const found = await readLogPath(db.executorPool, TENANT, path);
      expect(found?.contentType).toBe('application/octet-stream');
      expect(found?.cacheControl).toContain('immutable');
      if (bytes !== undefined) expect(found?.bytes.length).toBe(bytes);
    });
  }
  for (const path of [
    'tile/0/002',
    'tile/0/002.p/96',
    'tile/0/003',
    'tile/1/000',
    'tile/2/000.p/1',
    'tile/0/2',
    'tile/0/000.p/256',
    'tile/entries/../../secret',
    'tile/-1/000',
    '',
  ]) {
    test(`\`${path}\` is not there`, async () => {
      expect(await readLogPath(db.executorPool, TENANT, path)).toBeUndefined();
    });
  }
  test('the checkpoint is text, and is asked for again each time', async () => {
    const found = await readLogPath(db.executorPool, TENANT, 'checkpoint');
    expect([found?.contentType, found?.cacheControl]).toEqual(['text/plain; charset=utf-8', 'private, no-cache']);
  });
  test('no log, no checkpoint', async () => {
    expect(await readLogPath(db.executorPool, 'nobody', 'checkpoint')).toBeUndefined();
  });
});
