import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../test/postgres.ts';
import { policyFor } from '../../test/signed-log.ts';
import { checkSignature, parseNote } from '../audit/note.ts';
import { parseReceipt, printReceipt } from '../audit/proof.ts';
import { leafHash, rootOfLeaves, verifyConsistency, verifyInclusion } from '../audit/tree.ts';
import { verifyReceipt } from '../audit/verify/verify-receipt.ts';
import { bytesToHex, equalBytes, utf8 } from '../base/bytes.ts';
import { logSigner, nativeSha256, verifyEd25519 } from './ed25519.ts';
import {
  awaitInclusion,
  checkpointOfNote,
  enqueue,
  proveConsistency,
  proveInclusion,
  readCheckpoint,
  readReceipt,
} from './log.ts';
import { BATCH_ENTRIES_MAX, type Sequencer, startSequencer } from './sequencer.ts';

const SEED = new Uint8Array(32).fill(7);
const signer = logSigner('log.example/tests', SEED);

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

/** Derives everything again from the entries: no gap, nothing twice, every checkpoint ever signed, the tiles, the head. */
async function checkTheWorld(tenant: string): Promise<string[]> {
  const { rows } = await db.ownerPool.query<{ idx: string; entry: Buffer; leaf_hash: Buffer; pending_id: string }>(
    'SELECT idx, entry, leaf_hash, pending_id FROM audit_entry WHERE tenant_id = $1 ORDER BY idx',
    [tenant],
  );
  expect(rows.map(row => Number(row.idx))).toEqual(rows.map((_, i) => i));
  expect(new Set(rows.map(row => row.pending_id)).size).toBe(rows.length);
  const leaves = rows.map(row => leafHash(row.entry, nativeSha256));
  for (const [i, row] of rows.entries()) expect(equalBytes(row.leaf_hash, leaves[i] ?? utf8(''))).toBe(true);
  const { rows: checkpoints } = await db.ownerPool.query<{ size: string; note: string }>(
    'SELECT size, note FROM audit_checkpoint WHERE tenant_id = $1 ORDER BY size',
    [tenant],
  );
  for (const { size, note } of checkpoints) {
    const parsed = parseNote(note);
    expect(checkpointOfNote(note)?.size).toBe(Number(size));
    const root = rootOfLeaves(leaves.slice(0, Number(size)), nativeSha256);
    expect(bytesToHex(checkpointOfNote(note)?.root ?? utf8(''))).toBe(bytesToHex(root));
    expect(parsed.ok && (await checkSignature(parsed.value, signer.key, verifyEd25519)).kind).toBe('valid');
  }
  const newest = checkpointOfNote((await readCheckpoint(db.ownerPool, tenant)) ?? '');
  expect(newest?.size).toBe(rows.length);
  expect(checkpoints.at(-1)?.size).toBe(String(rows.length));
  return rows.map(row => scenarioOf(row.entry));
}

const scenarioOf = (entry: Buffer): string => JSON.parse(entry.toString()).scenario;

/** One action with its entry, in one transaction. */
async function commitEntry(tenant: string, scenario: string, pool = db.serverPool): Promise<string> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const id = await enqueue(client, tenant, { v: '1', at: '2026-01-01T00:00:00.000Z', type: 'demo.played', scenario });
    await client.query('COMMIT');
    client.release();
    return id;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function commitMany(tenant: string, count: number, from = 0): Promise<void> {
  await db.ownerPool.query(
    `INSERT INTO audit_pending (tenant_id, entry)
     SELECT $1, convert_to('{"at":"2026-01-01T00:00:00.000Z","scenario":"' || i || '","type":"demo.played","v":"1"}', 'UTF8')
     FROM generate_series($2::int, $3::int) AS i`,
    [tenant, from, from + count - 1],
  );
}

async function withSequencer(tenant: string, work: (sequencer: Sequencer) => Promise<void>): Promise<void> {
  const sequencer = await startSequencer({ pool: db.serverPool, tenant, signer });
  try {
    await work(sequencer);
  } finally {
    await sequencer.stop();
  }
  expect(await sequencer.ended).toBeUndefined();
}

async function untilSize(sequencer: Sequencer, size: number): Promise<void> {
  const giveUpAt = Date.now() + 20_000;
  sequencer.nudge();
  while (sequencer.head().range.size < size) {
    if (Date.now() > giveUpAt) throw new Error(`the log has ${sequencer.head().range.size} entries and not ${size}`);
    await new Promise(resolve => setTimeout(resolve, 5));
  }
}

describe('sequencer', () => {
  test('what is committed is included at once, in the order of the inserts', async () => {
    const tenant = 'order';
    await withSequencer(tenant, async sequencer => {
      const ids: string[] = [];
      for (let i = 0; i < 20; i++) ids.push(await commitEntry(tenant, `${i}`));
      for (const [i, id] of ids.entries()) expect(await sequencer.included(id, 5_000)).toEqual({ index: i });
    });
    expect(await checkTheWorld(tenant)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
  });

  test('what is rolled back never reaches the log, and leaves no gap in it', async () => {
    const tenant = 'rollback';
    const client = await db.serverPool.connect();
    await client.query('BEGIN');
    await enqueue(client, tenant, { v: '1', at: '2026-01-01T00:00:00.000Z', type: 'demo.played', scenario: 'never' });
    await withSequencer(tenant, async sequencer => {
      const before = await commitEntry(tenant, 'before');
      expect(await sequencer.included(before, 5_000)).toEqual({ index: 0 });
      await client.query('ROLLBACK');
      client.release();
      expect(await sequencer.included(await commitEntry(tenant, 'after'), 5_000)).toEqual({ index: 1 });
    });
    expect(await checkTheWorld(tenant)).toEqual(['before', 'after']);
  });

  test('the executor, another process with fewer rights, enqueues and waits', async () => {
    const tenant = 'executor';
    await withSequencer(tenant, async () => {
      const id = await commitEntry(tenant, 'by the executor', db.executorPool);
      expect(await awaitInclusion(db.executorPool, tenant, id, 5_000)).toEqual({ ok: true, value: { index: 0 } });
    });
    const waited = await awaitInclusion(db.executorPool, tenant, 'pnd_0', 50);
    expect(waited).toEqual({ ok: false, failure: 'log.not_included' });
  });

  test('what the verifier would refuse is never written, so nobody can spoil a log with it', async () => {
    const tenant = 'spoilt';
    for (const scenario of ['x'.repeat(201), '\ud800']) await expect(commitEntry(tenant, scenario)).rejects.toThrow();
    const { rows } = await db.ownerPool.query('SELECT FROM audit_pending WHERE tenant_id = $1', [tenant]);
    expect(rows).toEqual([]);
  });

  test('a backlog of several batches and tile levels is taken whole, and everything in it proves', async () => {
    const tenant = 'backlog';
    const count = 2 * BATCH_ENTRIES_MAX + 700;
    await commitMany(tenant, count);
    await withSequencer(tenant, sequencer => untilSize(sequencer, count));
    expect(await checkTheWorld(tenant)).toEqual(Array.from({ length: count }, (_, i) => `${i}`));
    const { rows } = await db.ownerPool.query<{ size: string; note: string }>(
      'SELECT size, note FROM audit_checkpoint WHERE tenant_id = $1 ORDER BY size',
      [tenant],
    );
    const root = checkpointOfNote(rows.at(-1)?.note ?? '')?.root ?? utf8('');
    const { rows: leaves } = await db.ownerPool.query<{ leaf_hash: Buffer }>(
      'SELECT leaf_hash FROM audit_entry WHERE tenant_id = $1 ORDER BY idx',
      [tenant],
    );
    for (const index of [0, 1, 255, 256, 1023, 1024, 2047, 2048, count - 1]) {
      const proof = await proveInclusion(db.executorPool, tenant, index, count);
      const hash = leaves[index]?.leaf_hash ?? utf8('');
      expect(proof.ok && verifyInclusion({ leafHash: hash, index, size: count, root, proof: proof.value })).toBe(true);
    }
    for (const { size, note } of rows) {
      const oldSize = Number(size);
      const oldRoot = checkpointOfNote(note)?.root ?? utf8('');
      const proof = await proveConsistency(db.executorPool, tenant, oldSize, count);
      expect(proof.ok && verifyConsistency({ oldSize, oldRoot, size: count, root, proof: proof.value })).toBe(true);
    }
  });

  test('a receipt of the newest checkpoint verifies offline and carries its entry', async () => {
    const tenant = 'receipt';
    await commitMany(tenant, 300);
    await withSequencer(tenant, sequencer => untilSize(sequencer, 300));
    const receipt = await readReceipt(db.executorPool, tenant, 258);
    if (!receipt.ok) throw new Error(receipt.failure);
    const options = {
      receipt: printReceipt(receipt.value),
      policy: policyFor(signer),
      sha256: nativeSha256,
      verifyEd25519,
    };
    expect((await verifyReceipt(options)).outcome).toBe('verified');
    const other = { ...options, entry: utf8('{}') };
    expect((await verifyReceipt(other)).outcome).toBe('failed');
    const parsed = parseReceipt(options.receipt);
    expect(parsed.ok && parsed.value.proof.length).toBe(7);
    expect(await readReceipt(db.executorPool, tenant, 300)).toEqual({ ok: false, failure: 'log.no_such_entry' });
  });

  test('several writers and several sequencers at once: no gap, nothing lost, nothing twice', async () => {
    const tenant = 'crowd';
    const [a, b] = await Promise.all([0, 1].map(() => startSequencer({ pool: db.serverPool, tenant, signer })));
    if (a === undefined || b === undefined) throw new Error('two were started');
    const places: number[] = [];
    await Promise.all(
      Array.from({ length: 6 }, async (_, writer) => {
        for (let i = 0; i < 40; i++) {
          const id = await commitEntry(tenant, `${writer}/${i}`);
          const inclusion = await (i % 2 === 0 ? a : b).included(id, 10_000);
          places.push(inclusion?.index ?? -1);
        }
      }),
    );
    await Promise.all([a.stop(), b.stop()]);
    expect([await a.ended, await b.ended]).toEqual([undefined, undefined]);
    const scenarios = await checkTheWorld(tenant);
    expect([...places].sort((x, y) => x - y)).toEqual(Array.from({ length: 240 }, (_, i) => i));
    for (let writer = 0; writer < 6; writer++) {
      const own = scenarios.filter(scenario => scenario.startsWith(`${writer}/`));
      expect(own).toEqual(Array.from({ length: 40 }, (_, i) => `${writer}/${i}`));
    }
  }, 60_000);

  test('a connection that is cut at any moment loses nothing, and the sequencer goes on', async () => {
    const tenant = 'cut';
    const troubles: unknown[] = [];
    const sequencer = await startSequencer({
      pool: db.serverPool,
      tenant,
      signer,
      pollMs: 20,
      onTrouble: error => troubles.push(error),
    });
    const superuser = new pg.Client({ connectionString: db.superuserUrl });
    await superuser.connect();
    for (let round = 0; round < 15; round++) {
      await commitMany(tenant, 20, round * 20);
      sequencer.nudge();
      await new Promise(resolve => setTimeout(resolve, round % 5));
      await superuser.query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename = $1',
        [db.roles.server],
      );
    }
    await superuser.end();
    await untilSize(sequencer, 300);
    await sequencer.stop();
    expect(await sequencer.ended).toBeUndefined();
    expect(troubles.length).toBeGreaterThan(0);
    expect(await checkTheWorld(tenant)).toEqual(Array.from({ length: 300 }, (_, i) => `${i}`));
  }, 60_000);

  test('kill -9 at any moment: no gap, nothing lost, nothing twice, and every checkpoint that was signed still holds', async () => {
    const tenant = 'killed';
    const program = fileURLToPath(new URL('../../test/sequencer-process.ts', import.meta.url));
    let isOver = false;
    const acknowledged: string[] = [];
    const writers = Array.from({ length: 4 }, async (_, writer) => {
      for (let i = 0; !isOver; i++) {
        const id = await commitEntry(tenant, `${writer}/${i}`, db.executorPool);
        const inclusion = await awaitInclusion(db.executorPool, tenant, id, 30_000);
        if (inclusion.ok) acknowledged.push(`${inclusion.value.index} ${writer}/${i}`);
      }
    });
    const environment = {
      ...process.env,
      LOG_URL: db.serverUrl,
      LOG_TENANT: tenant,
      LOG_SEED: Buffer.from(SEED).toString('hex'),
    };
    const start = () =>
      spawn(process.execPath, ['--import', 'tsx', program], { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
    const kills = 6;
    for (let round = 0; round < kills; round++) {
      const child = start();
      await begun(child);
      await new Promise(resolve => setTimeout(resolve, 100 + 57 * round));
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    isOver = true;
    const last = start();
    await begun(last);
    await Promise.all(writers);
    last.kill('SIGKILL');
    await once(last, 'exit');
    const scenarios = await checkTheWorld(tenant);
    expect(acknowledged.length).toBeGreaterThan(kills);
    for (const line of acknowledged) {
      const [index, scenario] = line.split(' ');
      expect(scenarios[Number(index)]).toBe(scenario);
    }
    expect(new Set(scenarios).size).toBe(scenarios.length);
    const { rows } = await db.ownerPool.query('SELECT 1 FROM audit_pending WHERE tenant_id = $1', [tenant]);
    expect(rows).toEqual([]);
  }, 120_000);
});

async function begun(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('its output is a pipe');
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => {
      throw new Error('the sequencer ended');
    }),
  ]);
}
