import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import type { Logger } from 'pino';
import { type Id, type Kind, newId, timeOrdered } from '../base/id.ts';
import type { Result } from '../base/result.ts';
import { rfc3339, type UnixMs, unixMsFrom } from '../base/time.ts';
import type { PolicySet } from '../core/decide/authorise.ts';
import type { SigningRules, VerifyKey } from '../core/decide/signatures.ts';
import type { AuditEntry, AuditFact } from '../model/audit-entry.ts';
import type { Failure } from '../model/failure.ts';
import type { Genesis } from '../ports/genesis.ts';
import { enqueue } from '../store/log.ts';
import type { Live } from './live.ts';

/** What every use case of the server takes as its first argument: the world, and what this installation is. */
export interface ServerContext {
  /** Logged in as the server's role; each connection has `countersign.tenant` set. */
  readonly pool: pg.Pool;
  readonly tenant: string;
  readonly genesis: Genesis;
  /** Where the page is served now. The port may differ from the one in genesis. */
  readonly origin: string;
  /** The rules that are in force now. What is signed under others than the executor's own goes stale. */
  readonly policy: () => PolicySet;
  readonly verify: VerifyKey;
  readonly now: () => UnixMs;
  readonly newId: <K extends Kind>(kind: K) => Id<K>;
  readonly live: Live;
  /** Tells the sequencer that something was committed to the line of pending entries. */
  readonly nudgeLog: () => void;
  readonly logger: Logger;
}

/** Counts within one millisecond: 12 bits, the `rand_a` of RFC 9562 method 1. */
const COUNTS_PER_MS = 4_096;
const ID_BYTES = 10;
/** Randomness is fetched for so many ids at once. */
const POOL_BYTES = ID_BYTES * 400;

/** Ids of Node's randomness that sort in the order in which this process made them, up to 4,096 a millisecond. */
export function nodeIds(now: () => UnixMs): ServerContext['newId'] {
  let last = 0;
  let count = 0;
  let pool = Buffer.alloc(0);
  let used = 0;
  return kind => {
    const at = now();
    count = at === last ? (count + 1) % COUNTS_PER_MS : 0;
    last = at;
    if (used + ID_BYTES > pool.length) [pool, used] = [randomBytes(POOL_BYTES), 0];
    const bytes = pool.subarray(used, used + ID_BYTES);
    used += ID_BYTES;
    bytes.writeUInt16BE(count, 0);
    return newId(kind, () => timeOrdered(at, bytes));
  };
}

export const nodeNow = (): UnixMs => unixMsFrom(Date.now());

/** The kinds of personal signature that count here. */
export function signingRules(context: ServerContext): SigningRules {
  return { rpId: context.genesis.rpId, origin: context.origin, isDemo: context.genesis.demo };
}

/** A pool, or a client inside a transaction. */
export type Db = Pick<pg.ClientBase, 'query'>;

/** Puts a fact in line for the log, with the time; inside the caller's transaction. Returns its pending id. */
export function record(context: ServerContext, client: Db, fact: AuditFact): Promise<string> {
  const entry: AuditEntry = { v: '1', at: rfc3339(context.now()), ...fact };
  return enqueue(client, context.tenant, entry);
}

/**
 * One transaction. A failed result and anything thrown roll it back; after a commit the sequencer is told.
 * The connection is given up rather than reused where the rollback itself fails.
 */
export async function transact<T>(
  context: ServerContext,
  work: (client: Db) => Promise<Result<T, Failure>>,
): Promise<Result<T, Failure>> {
  const client = await context.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const done = await work(client);
    await client.query(done.ok ? 'COMMIT' : 'ROLLBACK');
    if (done.ok) context.nudgeLog();
    return done;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** PostgreSQL's code for a broken unique constraint. */
const UNIQUE_VIOLATION = '23505';

/** Whether an insert lost a race against another one of the same key. */
export function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION;
}
