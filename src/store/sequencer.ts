import type pg from 'pg';
import { appendLeaves, type CompactRange, leafHash } from '../audit/tree.ts';
import { type LogSigner, nativeSha256 } from './ed25519.ts';
import { type Head, type Inclusion, PENDING_CHANNEL } from './log.ts';
import { beginLog, checkLog, LogRefusal, readCheckedHead, signHead } from './log-start.ts';
import { createArrivals, createHints } from './log-waiting.ts';

export interface SequencerOptions {
  /** INVARIANT: nobody waits for an inclusion while holding one of its connections; else all of them could be waiting. */
  readonly pool: pg.Pool;
  readonly tenant: string;
  readonly signer: LogSigner;
  /** A signed note that this installation once saw. A log that does not extend it was rolled back: no start. */
  readonly lastKnown?: string;
  /** After each commit, with the signed note and its size. */
  readonly onCheckpoint?: (note: string, size: number) => void;
  /** The database could not be reached, or refused; it is tried again. For operators. */
  readonly onTrouble?: (error: unknown) => void;
  /** How often it looks without a hint, in milliseconds. */
  readonly pollMs?: number;
}

export interface Sequencer {
  /** Something was committed to `audit_pending` by this process. */
  nudge(): void;
  /** Settles when the entry is in the log, under a signed checkpoint; undefined after `timeoutMs`. */
  included(pendingId: string, timeoutMs: number): Promise<Inclusion | undefined>;
  head(): Head;
  /** Finishes the batch in hand. */
  stop(): Promise<void>;
  /** Settles when it has stopped: undefined when asked to, else why. Never rejects. */
  readonly ended: Promise<LogRefusal | undefined>;
}

/** One transaction takes at most this many entries; what is left is taken by the next, at once. */
export const BATCH_ENTRIES_MAX = 1_024;
const POLL_MS = 500;
const RETRY_MS_FIRST = 50;
const RETRY_MS_MAX = 5_000;
/** A listening connection is made anew after this long, in case it died without a word. */
const LISTEN_MS_MAX = 10 * 60_000;

/**
 * Starts the sequencer of one log: whatever is committed to `audit_pending` becomes entries under a signed checkpoint,
 * at once and without a timer. Throws {@link LogRefusal} where what is stored is not a log of this signer's.
 *
 * Several may run on one database: the head is compared and swapped, and whoever comes second takes nothing.
 */
export async function startSequencer(options: SequencerOptions): Promise<Sequencer> {
  const { pool, tenant, signer } = options;
  await beginLog(pool, tenant, signer);
  let head = await checkLog(pool, tenant, signer.key, options.lastKnown);
  const hints = createHints();
  const arrivals = createArrivals(pool, tenant);
  const stopListening = listen(pool, tenant, hints.give);
  let isStopping = false;
  let isHeadCertain = true;

  async function step(): Promise<'idle' | 'busy'> {
    // Another sequencer was faster, or the connection broke and the commit may or may not have happened. Either way
    // what the database says now is believed only if it extends what we know.
    if (!isHeadCertain) head = await readCheckedHead(pool, tenant, signer.key, head.note);
    isHeadCertain = true;
    const pending = await readPending(pool, tenant);
    if (pending.length === 0) {
      await arrivals.lookUp();
      return 'idle';
    }
    isHeadCertain = false;
    const next = await append(pool, tenant, signer, head, pending);
    if (next === undefined) return 'busy';
    isHeadCertain = true;
    const first = head.range.size;
    head = next;
    arrivals.arrived(first, pending);
    options.onCheckpoint?.(head.note, head.range.size);
    return 'busy';
  }

  async function run(): Promise<LogRefusal | undefined> {
    let retryMs = RETRY_MS_FIRST;
    while (!isStopping) {
      hints.forget();
      try {
        if ((await step()) === 'idle') await hints.wait(options.pollMs ?? POLL_MS);
        retryMs = RETRY_MS_FIRST;
      } catch (error) {
        if (error instanceof LogRefusal) return error;
        options.onTrouble?.(error);
        if (!isStopping) await hints.wait(retryMs);
        retryMs = Math.min(2 * retryMs, RETRY_MS_MAX);
      }
    }
    return undefined;
  }

  const ended = run().finally(async () => {
    arrivals.close();
    await stopListening();
  });
  return {
    nudge: hints.give,
    included(pendingId, timeoutMs) {
      const arrival = arrivals.wait(pendingId, timeoutMs);
      hints.give();
      return arrival;
    },
    head: () => head,
    ended,
    async stop() {
      isStopping = true;
      hints.give();
      await ended;
    },
  };
}

interface Pending {
  readonly place: string;
  readonly id: string;
  readonly entry: Buffer;
}

/** The oldest that are pending and committed. Nothing is locked: what is read here is taken by {@link append} or stays. */
async function readPending(pool: pg.Pool, tenant: string): Promise<readonly Pending[]> {
  const { rows } = await pool.query<Pending>({
    name: 'audit-pending',
    text: 'SELECT place, id, entry FROM audit_pending WHERE tenant_id = $1 ORDER BY place LIMIT $2',
    values: [tenant, BATCH_ENTRIES_MAX],
  });
  return rows;
}

/**
 * One statement, so one transaction: take what is pending, append it, extend the tiles, swap the head, keep the
 * checkpoint. A crash before its commit leaves everything pending and the head as it was; after it, everything done.
 * There is nothing in between to recover from.
 *
 * `swapped` comes first. Where the head is no longer the one that was built on, it is empty and the rest does
 * nothing. Where somebody else has taken a pending row meanwhile, its entry is null and the whole statement fails.
 */
const APPEND = `
  WITH swapped AS (
    UPDATE audit_head SET size = $3, stack = $4, note = $5
    WHERE tenant_id = $1 AND size = $2 AND note = $6 RETURNING tenant_id),
  taken AS (
    DELETE FROM audit_pending USING swapped
    WHERE audit_pending.tenant_id = swapped.tenant_id AND place = ANY ($7::bigint[]) RETURNING place, id, entry),
  appended AS (
    INSERT INTO audit_entry (tenant_id, idx, entry, leaf_hash, pending_id)
    SELECT tenant_id, $2::bigint + leaf.position - 1, taken.entry, leaf.hash, taken.id
    FROM swapped CROSS JOIN unnest($7::bigint[], $8::bytea[]) WITH ORDINALITY AS leaf (place, hash, position)
    LEFT JOIN taken ON taken.place = leaf.place),
  kept AS (
    INSERT INTO audit_checkpoint (tenant_id, size, note) SELECT tenant_id, $3, $5 FROM swapped),
  tiled AS (
    INSERT INTO audit_tile (tenant_id, level, n, hashes)
    SELECT tenant_id, tile.level, tile.n, tile.hashes
    FROM swapped CROSS JOIN unnest($9::integer[], $10::bigint[], $11::bytea[]) AS tile (level, n, hashes)
    ON CONFLICT (tenant_id, level, n) DO UPDATE SET hashes = audit_tile.hashes || excluded.hashes)
  SELECT count(*) AS count FROM swapped`;

/** The new head; undefined where the log has moved on and nothing was done. */
async function append(
  pool: pg.Pool,
  tenant: string,
  signer: LogSigner,
  head: Head,
  pending: readonly Pending[],
): Promise<Head | undefined> {
  const leaves = pending.map(({ entry }) => leafHash(entry, nativeSha256));
  const { range, tiles } = extend(head.range, leaves);
  const note = signHead(signer, range);
  const { rows } = await pool.query<{ count: string }>({
    name: 'audit-append',
    text: APPEND,
    values: [
      tenant,
      head.range.size,
      range.size,
      Buffer.concat(range.stack),
      note,
      head.note,
      pending.map(({ place }) => place),
      leaves,
      tiles.map(({ level }) => level),
      tiles.map(({ n }) => n),
      tiles.map(({ hashes }) => Buffer.concat(hashes)),
    ],
  });
  return rows[0]?.count === '1' ? { range, note } : undefined;
}

interface TileGrowth {
  readonly level: number;
  readonly n: number;
  readonly hashes: Uint8Array[];
}

/** The range after these leaves, and what each tile above level 0 gains by them. */
function extend(range: CompactRange, leaves: readonly Uint8Array[]): { range: CompactRange; tiles: TileGrowth[] } {
  const tiles: TileGrowth[] = [];
  const extended = appendLeaves(range, leaves, nativeSha256, (height, index, hash) => {
    if (height === 0 || height % 8 !== 0) return;
    const place = { level: height / 8, n: Math.floor(index / 256) };
    const tile = tiles.find(({ level, n }) => level === place.level && n === place.n);
    if (tile === undefined) tiles.push({ ...place, hashes: [hash] });
    else tile.hashes.push(hash);
  });
  return { range: extended, tiles };
}

/**
 * Listens for hints from other processes on a connection of its own. While there is none the sequencer goes on by
 * polling alone, so nothing here fails. Returns what ends it.
 */
function listen(pool: pg.Pool, tenant: string, hint: () => void): () => Promise<void> {
  const leaving = createHints();
  let isOver = false;

  async function session(): Promise<void> {
    const client = await pool.connect();
    try {
      const ended = new Promise<void>(resolve => {
        client.on('error', () => resolve());
        client.once('end', () => resolve());
      });
      client.on('notification', ({ payload }) => {
        if (payload === '' || payload === tenant) hint();
      });
      await client.query(`LISTEN ${PENDING_CHANNEL}`);
      await Promise.race([ended, leaving.wait(LISTEN_MS_MAX)]);
    } finally {
      client.release(true);
    }
  }

  async function run(): Promise<void> {
    while (!isOver) {
      await session().catch(() => undefined);
      if (!isOver) await leaving.wait(RETRY_MS_MAX);
    }
  }

  const ended = run();
  return async () => {
    isOver = true;
    leaving.give();
    await ended;
  };
}
