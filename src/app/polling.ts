import { createHash, randomInt } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { utf8 } from '../base/bytes.ts';
import { MS_PER_MINUTE, MS_PER_SECOND, unixMsFrom } from '../base/time.ts';
import { FAILURES } from '../model/failure.ts';
import { POLLERS } from '../pollers/index.ts';
import { type PollBatch, type Poller, PollTrouble } from '../ports/poller.ts';
import { type Piece, recordOf } from '../sources/read/record.ts';
import type { ServerContext } from './context.ts';
import { admitMachine } from './custody.ts';
import type { Intake } from './intake.ts';
import { worldOf } from './poll-asking.ts';
import { markTrouble, markWhole, moveCursor, openPollState } from './poll-state.ts';
import { type Poll, pollsFileIn, readPolls } from './polls.ts';
import { errorText } from './refusal.ts';

/** How often the file of what is read is looked at. */
const LOOK_MS = 2_000;
const BACKOFF_MS_FIRST = 1_000;
const BACKOFF_MS_MAX = 5 * MS_PER_MINUTE;
/** A refused credential is tried again in case somebody mended it there. */
const UNAUTHORISED_RETRY_MS = 5 * MS_PER_MINUTE;
/** A page waits while more batches than this wait to be written: products keep, we do not hoard. */
const BACKLOG_MAX = 8;
const ROOM_WAIT_MS = 100;
/** Another server reads this source: look again whether it still does. */
const LOCKED_RETRY_MS = 5_000;

export interface Polling {
  stop(): Promise<void>;
}

/** Reads every product in the server's file of them, each in a loop of its own, until it is stopped. */
export function startPolling(
  context: ServerContext,
  intake: Intake,
  folder: string,
  connection: pg.ClientConfig,
): Polling {
  const stopping = new AbortController();
  const running = new Map<string, { readonly ends: AbortController; readonly done: Promise<void> }>();
  const locks = new PollLocks(connection);
  let seen = '';
  const look = async () => {
    const file = await stat(pollsFileIn(folder)).catch(() => undefined);
    const mark = file === undefined ? 'none' : `${file.ino}/${file.mtimeMs}/${file.size}`;
    if (mark === seen) return;
    const polls = await readPolls(folder);
    seen = mark;
    const wanted = new Map(polls.map(poll => [JSON.stringify(poll), poll]));
    for (const [key, one] of running) {
      if (wanted.has(key)) continue;
      one.ends.abort();
      await one.done;
      running.delete(key);
    }
    for (const [key, poll] of wanted) {
      if (running.has(key)) continue;
      const ends = new AbortController();
      running.set(key, { ends, done: readForever(context, intake, poll, locks, ends.signal) });
    }
  };
  const looking = (async () => {
    while (!stopping.signal.aborted) {
      await look().catch((error: unknown) =>
        context.logger.warn({ err: error }, 'the sources to read could not be looked at'),
      );
      await rest(LOOK_MS, stopping.signal);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await looking;
      for (const one of running.values()) one.ends.abort();
      await Promise.all([...running.values()].map(one => one.done));
      await locks.close();
    },
  };
}

/** Reads one product again and again. Never rejects: what goes wrong is written down, shown, and tried again. */
async function readForever(
  context: ServerContext,
  intake: Intake,
  poll: Poll,
  locks: PollLocks,
  signal: AbortSignal,
): Promise<void> {
  const poller = POLLERS.get(poll.poller);
  if (poller === undefined) {
    context.logger.error({ source: poll.source, poller: poll.poller }, 'no such poller; this source is not read');
    return;
  }
  let failures = 0;
  while (!signal.aborted) {
    let waitMs = poll.everySeconds * MS_PER_SECOND;
    try {
      const isOurs = await locks.hold(`${context.tenant}/${poll.source}`);
      if (isOurs) await requireCustody(context, poll);
      if (isOurs) await readOnce(context, intake, poll, poller, signal);
      else waitMs = LOCKED_RETRY_MS;
      failures = 0;
    } catch (error) {
      if (signal.aborted) break;
      failures += 1;
      const trouble = troubleOf(error, poll, poller);
      waitMs = waitAfter(error, failures, waitMs);
      const line = { source: poll.source, trouble: trouble.kind, detail: trouble.text };
      // The first of a row is news; Health shows that it goes on.
      context.logger[failures === 1 ? 'warn' : 'debug'](line, 'a source could not be read');
      await markTrouble(context, poll, trouble, unixMsFrom(context.now() + waitMs)).catch(() => undefined);
    }
    await rest(waitMs, signal);
  }
  await locks.release(`${context.tenant}/${poll.source}`);
}

/** Nothing is read with a credential that nobody answers for any more; Health shows why, and it is tried again. */
class Disowned extends PollTrouble {}

async function requireCustody(context: ServerContext, poll: Poll): Promise<void> {
  const used = await admitMachine(context, `poll:${poll.source}`, { madeAt: undefined, isUseSeen: false }, '');
  if (!used.ok) throw new Disowned('refused', FAILURES[used.failure.code].shown);
}

/** One reading, to where the product has no more. The cursor moves behind the records, page by page. */
async function readOnce(
  context: ServerContext,
  intake: Intake,
  poll: Poll,
  poller: Poller,
  signal: AbortSignal,
): Promise<void> {
  let { cursor } = await openPollState(context, poll);
  for await (const batch of poller.poll(cursor, worldOf(poll, poller, signal))) {
    while (intake.backlog > BACKLOG_MAX && !signal.aborted) await rest(ROOM_WAIT_MS, signal);
    if (signal.aborted) return;
    await intake.take(piecesOf(batch), {
      from: poll.source,
      sourceId: poll.parser,
      fieldMap: new Map(),
      deliveryId: undefined,
    });
    // Only now: whoever is killed before this line reads the page again, and keeps nothing twice.
    if (!(await moveCursor(context, poll, cursor, batch))) return;
    cursor = batch.next;
  }
  await markWhole(context, poll);
}

async function* piecesOf(batch: PollBatch): AsyncGenerator<readonly Piece[]> {
  if (batch.records.length > 0) yield batch.records.map(text => recordOf(utf8(text)));
}

function troubleOf(error: unknown, poll: Poll, poller: Poller): Parameters<typeof markTrouble>[2] {
  if (!(error instanceof PollTrouble))
    return {
      kind: 'intake',
      text: `what was read could not be written: ${errorText(error)}`,
      fix: 'nothing to do here: it is read again when the database takes it; look at Health for the database.',
    };
  return { kind: error.kind, text: error.message, fix: fixOf(error, poll, poller) };
}

function fixOf(error: PollTrouble, poll: Poll, poller: Poller): string {
  if (error instanceof Disowned) return 'somebody takes its credential over on the page Machines, by a signature.';
  switch (error.kind) {
    case 'unauthorised':
      return `make a new credential (${poller.credential}) and run \`countersign source key ${poll.source}\`.`;
    case 'rate_limited':
      return `nothing to do, it waits; if it stays, read less often: \`countersign source add\` with a longer --every.`;
    case 'unreachable':
      return `check that this machine reaches ${new URL(poll.url).host}; it is tried again by itself, and nothing is lost meanwhile.`;
    case 'refused':
      return `compare the address and settings with \`countersign source check ${poll.source}\`.`;
  }
}

/** The product's own word where it gave one; else longer with each failure, and never in step with other readers. */
function waitAfter(error: unknown, failures: number, everyMs: number): number {
  const kind = error instanceof PollTrouble ? error.kind : 'intake';
  if (error instanceof PollTrouble && error.retryAfterMs !== undefined)
    return error.retryAfterMs + randomInt(MS_PER_SECOND);
  if (kind === 'unauthorised') return Math.max(everyMs, UNAUTHORISED_RETRY_MS);
  const most = Math.min(BACKOFF_MS_FIRST * 2 ** Math.min(failures - 1, 20), BACKOFF_MS_MAX);
  return Math.ceil(most / 2) + randomInt(Math.ceil(most / 2));
}

async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => undefined);
}

/**
 * One reader for each source among all servers on a database: locks of one session, which end with it. Should it be
 * lost between two looks, the comparison in {@link moveCursor} still lets only one of two readers go on.
 */
class PollLocks {
  private client: Promise<pg.Client> | undefined;
  private current: pg.Client | undefined;
  private readonly held = new Set<string>();
  private turn: Promise<unknown> = Promise.resolve();
  private readonly connection: pg.ClientConfig;

  constructor(connection: pg.ClientConfig) {
    this.connection = connection;
  }

  hold(name: string): Promise<boolean> {
    return this.inTurn(() => this.holdNow(name));
  }

  async release(name: string): Promise<void> {
    await this.inTurn(() => this.releaseNow(name));
  }

  /** A session answers one question at a time. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const run = this.turn.then(work);
    this.turn = run.catch(() => undefined);
    return run;
  }

  private async holdNow(name: string): Promise<boolean> {
    const client = await this.session();
    if (this.held.has(name)) {
      await client.query('SELECT 1');
      return true;
    }
    const { rows } = await client.query<{ is_ours: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS is_ours', [
      keyOf(name),
    ]);
    if (rows[0]?.is_ours === true) this.held.add(name);
    return this.held.has(name);
  }

  private async releaseNow(name: string): Promise<void> {
    if (!this.held.delete(name)) return;
    const client = await this.session().catch(() => undefined);
    await client?.query('SELECT pg_advisory_unlock($1::bigint)', [keyOf(name)]).catch(() => undefined);
  }

  async close(): Promise<void> {
    const client = await this.client?.catch(() => undefined);
    this.client = undefined;
    await client?.end().catch(() => undefined);
  }

  private session(): Promise<pg.Client> {
    this.client ??= this.open();
    return this.client;
  }

  private async open(): Promise<pg.Client> {
    const client = new pg.Client(this.connection);
    this.current = client;
    const lose = () => {
      if (this.current !== client) return;
      this.held.clear();
      this.current = undefined;
      this.client = undefined;
    };
    client.on('error', lose);
    client.on('end', lose);
    try {
      await client.connect();
    } catch (error) {
      lose();
      throw error;
    }
    return client;
  }
}

function keyOf(name: string): string {
  return createHash('sha256').update(`countersign.poll.${name}`).digest().readBigInt64BE().toString();
}
