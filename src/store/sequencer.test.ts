import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../test/postgres.ts';
import { checkSignature, parseNote } from '../audit/note.ts';
import { leafHash, rootOfLeaves, verifyConsistency, verifyInclusion } from '../audit/tree.ts';
import { equalBytes, utf8 } from '../base/bytes.ts';
import { logSigner, verifyEd25519 } from './ed25519.ts';
import {
  awaitInclusion,
  checkpointOfNote,
  enqueue,
  proveConsistency,
  proveInclusion,
  readCheckpoint,
  readEntries,
} from './log.ts';
import { LogRefusal } from './log-start.ts';
import { type Sequencer, startSequencer } from './sequencer.ts';

const signer = logSigner('log.example/tests', new Uint8Array(32).fill(7));

let db: TestDatabase;
beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());

/** Derives everything again from the entries: that there is no gap, every checkpoint ever signed, every head. */
async function checkTheWorld(tenant: string): Promise<Uint8Array[]> {
  const { rows } = await db.ownerPool.query<{ idx: string; entry: Buffer; leaf_hash: Buffer; pending_id: string }>(
    'SELECT idx, entry, leaf_hash, pending_id FROM audit_entry WHERE tenant_id = $1 ORDER BY idx',
    [tenant],
  );
  expect(rows.map(row => Number(row.idx))).toEqual(rows.map((_, i) => i));
  expect(new Set(rows.map(row => row.pending_id)).size).toBe(rows.length);
  const leaves = rows.map(row => leafHash(row.entry));
  for (const [i, row] of rows.entries()) expect(equalBytes(row.leaf_hash, leaves[i] ?? utf8(''))).toBe(true);
  const { rows: checkpoints } = await db.ownerPool.query<{ size: string; note: string }>(
    'SELECT size, note FROM audit_checkpoint WHERE tenant_id = $1 ORDER BY size',
    [tenant],
  );
  for (const { size, note } of checkpoints) {
    const checkpoint = checkpointOfNote(note);
    const parsed = parseNote(note);
    expect(checkpoint?.size).toBe(Number(size));
    expect(checkpoint?.root).toEqual(rootOfLeaves(leaves.slice(0, Number(size))));
    expect(parsed.ok && (await checkSignature(parsed.value, signer.key, verifyEd25519)).kind).toBe('valid');
  }
  const newest = checkpointOfNote((await readCheckpoint(db.ownerPool, tenant)) ?? '');
  expect(newest?.size).toBe(rows.length);
  expect(checkpoints.at(-1)?.size).toBe(String(rows.length));
  return rows.map(row => row.entry);
}

async function commitEntry(tenant: string, name: string): Promise<string> {
  const client = await db.serverPool.connect();
  try {
    await client.query('BEGIN');
    const id = await enqueue(client, tenant, {
      v: '1',
      at: '2026-01-01T00:00:00.000Z',
      type: 'demo.played',
      scenario: name,
    });
    await client.query('COMMIT');
    return id;
  } finally {
    client.release();
  }
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

describe('sequencer', () => {
  test('what is committed is included, provable, and in the order of the inserts', async () => {
    const tenant = 'order';
    await withSequencer(tenant, async sequencer => {
      const ids: string[] = [];
      for (let i = 0; i < 20; i++) ids.push(await commitEntry(tenant, `entry ${i}`));
      for (const [i, id] of ids.entries()) expect(await sequencer.included(id, 5_000)).toEqual({ index: i });
      expect(await awaitInclusion(db.executorPool, tenant, ids[3] ?? '', 5_000)).toEqual({
        ok: true,
        value: { index: 3 },
      });
    });
    const entries = await checkTheWorld(tenant);
    expect(entries.map(entry => JSON.parse(String(entry)).scenario)).toEqual(entries.map((_, i) => `entry ${i}`));
  });
});
