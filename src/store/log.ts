import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { type Checkpoint, parseCheckpoint } from '../audit/checkpoint.ts';
import { parseNote } from '../audit/note.ts';
import type { Receipt } from '../audit/proof.ts';
import {
  consistencyProof,
  ENTRY_BYTES_MAX,
  hashesOfTile,
  inclusionProof,
  TILE_WIDTH,
  type TileReader,
} from '../audit/tile.ts';
import { type CompactRange, isWellFormedRange } from '../audit/tree.ts';
import { readLeaf } from '../audit/verify/leaf.ts';
import { type Closed, canonical } from '../base/canonical.ts';
import { invariant } from '../base/invariant.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { AuditEntry } from '../model/audit-entry.ts';
import { nativeSha256 } from './ed25519.ts';

/** A pool, or a client inside a transaction. */
export type Queryable = Pick<pg.Pool, 'query'> | Pick<pg.ClientBase, 'query'>;

/** Where a sequencer listens for a hint that something is pending. */
export const PENDING_CHANNEL = 'audit_pending';

/**
 * Puts an entry in line for the log, inside the caller's transaction: it is written when the fact is, or neither is.
 * Returns the id by which its inclusion can be awaited. The entry's bytes are its RFC 8785 canonical form. What the
 * verifier would refuse is not written, since nothing can be taken out of a log again: it throws.
 *
 * It sends no notification: NOTIFY makes PostgreSQL commit one transaction at a time, each waiting for the disk.
 * Call {@link hintPending} after the commit, or {@link awaitInclusion}, which does.
 */
export async function enqueue(
  client: Pick<pg.ClientBase, 'query'>,
  tenant: string,
  entry: AuditEntry,
): Promise<string> {
  const bytes = Buffer.from(canonical(entry as Closed), 'utf8');
  const leaf = readLeaf(bytes);
  invariant(
    leaf.ok,
    `the verifier takes every entry that is written, and this one ${leaf.ok ? '' : leaf.failure.detail}`,
  );
  invariant(bytes.length <= ENTRY_BYTES_MAX, `an entry has at most ${ENTRY_BYTES_MAX} bytes`);
  const { rows } = await client.query<{ id: string }>(
    'INSERT INTO audit_pending (tenant_id, entry) VALUES ($1, $2) RETURNING id',
    [tenant, bytes],
  );
  const [row] = rows;
  invariant(row !== undefined, 'an insert returns its row');
  return row.id;
}

/** Tells a sequencer of another process that something is pending. Only a hint: it looks by itself, too. Outside any transaction. */
export async function hintPending(pool: Pick<pg.Pool, 'query'>, tenant: string): Promise<void> {
  await pool.query('SELECT pg_notify($1, $2)', [PENDING_CHANNEL, tenant]);
}

/** An entry that is durable and under a signed checkpoint. */
export interface Inclusion {
  readonly index: number;
}

const LOOK_MS_FIRST = 1;
const LOOK_MS_MAX = 50;

/**
 * Waits until a committed pending entry is in the log; `log.not_included` after `timeoutMs`, which says nothing
 * about whether it will be. For the sequencer's own process, {@link Sequencer.included} is cheaper.
 */
export async function awaitInclusion(
  pool: Pick<pg.Pool, 'query'>,
  tenant: string,
  pendingId: string,
  timeoutMs: number,
): Promise<Result<Inclusion, 'log.not_included'>> {
  const giveUpAt = performance.now() + timeoutMs;
  await hintPending(pool, tenant);
  for (let waitMs = LOOK_MS_FIRST; ; waitMs = Math.min(waitMs * 2, LOOK_MS_MAX)) {
    const index = await indexOfPending(pool, tenant, pendingId);
    if (index !== undefined) return ok({ index });
    if (performance.now() + waitMs > giveUpAt) return fail('log.not_included');
    await sleep(waitMs);
  }
}

/** Where an entry that was once pending stands in the log; undefined while it does not. */
export async function indexOfPending(db: Queryable, tenant: string, pendingId: string): Promise<number | undefined> {
  const { rows } = await db.query<{ idx: string }>(
    'SELECT idx FROM audit_entry WHERE tenant_id = $1 AND pending_id = $2',
    [tenant, pendingId],
  );
  return rows[0] === undefined ? undefined : Number(rows[0].idx);
}

/** The newest state of a log: what a sequencer goes on from. */
export interface Head {
  readonly range: CompactRange;
  /** The signed note of exactly this size. */
  readonly note: string;
}

/** Undefined where the log was never begun. */
export async function readHead(db: Queryable, tenant: string): Promise<Head | undefined> {
  const { rows } = await db.query<{ size: string; stack: Buffer; note: string }>(
    'SELECT size, stack, note FROM audit_head WHERE tenant_id = $1',
    [tenant],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return { range: { size: Number(row.size), stack: hashesOfTile(row.stack) }, note: row.note };
}

/** The signed checkpoint of a log, newest first, or the one of an exact size. Undefined where there is none. */
export async function readCheckpoint(db: Queryable, tenant: string, size?: number): Promise<string | undefined> {
  const { rows } =
    size === undefined
      ? await db.query<{ note: string }>('SELECT note FROM audit_head WHERE tenant_id = $1', [tenant])
      : await db.query<{ note: string }>('SELECT note FROM audit_checkpoint WHERE tenant_id = $1 AND size = $2', [
          tenant,
          size,
        ]);
  return rows[0]?.note;
}

/** The checkpoint that a signed note carries. Its signatures are not looked at. */
export function checkpointOfNote(note: string): Checkpoint | undefined {
  const parsed = parseNote(note);
  const checkpoint = parsed.ok ? parseCheckpoint(parsed.value.text) : parsed;
  return checkpoint.ok ? checkpoint.value : undefined;
}

/** Whether what is stored as head can be one: the stack fits the size, and the note says that size. */
export function isWellFormedHead(head: Head): boolean {
  return isWellFormedRange(head.range) && checkpointOfNote(head.note)?.size === head.range.size;
}

/** The entries [from, to), in order: fewer where the log ends before `to`. */
export async function readEntries(db: Queryable, tenant: string, from: number, to: number): Promise<Uint8Array[]> {
  const { rows } = await db.query<{ entry: Buffer }>(
    'SELECT entry FROM audit_entry WHERE tenant_id = $1 AND idx >= $2 AND idx < $3 ORDER BY idx',
    [tenant, from, to],
  );
  return rows.map(row => row.entry);
}

/** Tiles as C2SP tlog-tiles defines them, cut to the width that is asked for. */
export function tileReader(db: Queryable, tenant: string): TileReader {
  return async (level, index, width) => {
    const { rows } =
      level === 0
        ? await db.query<{ hashes: Buffer | null }>(
            `SELECT string_agg(leaf_hash, ''::bytea ORDER BY idx) AS hashes FROM audit_entry
             WHERE tenant_id = $1 AND idx >= $2 AND idx < $3`,
            [tenant, index * TILE_WIDTH, index * TILE_WIDTH + width],
          )
        : await db.query<{ hashes: Buffer | null }>(
            'SELECT substring(hashes FROM 1 FOR $4) AS hashes FROM audit_tile WHERE tenant_id = $1 AND level = $2 AND n = $3',
            [tenant, level, index, width * 32],
          );
    return rows[0]?.hashes ?? undefined;
  };
}

/** The proof that entry `index` is in the log's first `size` entries. The caller checks it against a signed root. */
export function proveInclusion(db: Queryable, tenant: string, index: number, size: number) {
  return inclusionProof(index, size, tileReader(db, tenant), nativeSha256);
}

/** The proof that the log's first `size` entries begin with its first `oldSize`. */
export function proveConsistency(db: Queryable, tenant: string, oldSize: number, size: number) {
  return consistencyProof(oldSize, size, tileReader(db, tenant), nativeSha256);
}

/**
 * A receipt for one entry under the newest checkpoint; the entry is its extra data, so that it can be checked alone.
 * `log.no_such_entry` where the log does not reach so far.
 */
export async function readReceipt(
  db: Queryable,
  tenant: string,
  index: number,
): Promise<Result<Receipt, 'log.no_such_entry' | 'tile.missing'>> {
  const note = await readCheckpoint(db, tenant);
  const checkpoint = note === undefined ? undefined : checkpointOfNote(note);
  if (note === undefined || checkpoint === undefined || index >= checkpoint.size) return fail('log.no_such_entry');
  const proof = await proveInclusion(db, tenant, index, checkpoint.size);
  if (!proof.ok) return proof;
  const [entry] = await readEntries(db, tenant, index, index + 1);
  return ok({ extra: entry, index, proof: proof.value, checkpoint: note });
}
