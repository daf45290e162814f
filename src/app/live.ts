import pg from 'pg';
import type { LiveEvent } from '../model/api.ts';

/** Where every process that changes something says so: the payload is a `LiveEvent` as JSON. */
export const LIVE_CHANNEL = 'cs_live';

/** News for the pages that are open. Lossy by design: each event only names what to fetch again. */
export interface Live {
  /** Says it to every node, soon. Never fails: what cannot be said now is seen with the next look. */
  publish(...events: readonly LiveEvent[]): void;
  /** Returns how to leave. */
  subscribe(listener: (event: LiveEvent) => void): () => void;
  close(): Promise<void>;
}

/** How long events are gathered before they are sent together, so that a large intake is not a storm of news. */
const GATHER_MS = 100;
const RECONNECT_MS = 1_000;
/** PostgreSQL refuses a payload of 8,000 bytes. */
const PAYLOAD_BYTES_MAX = 7_900;

/** News by LISTEN and NOTIFY, on a connection of its own that is made again whenever it is lost. */
export function postgresLive(
  connection: pg.ClientConfig,
  pool: Pick<pg.Pool, 'query'>,
  onTrouble: (error: unknown) => void,
): Live {
  const listeners = new Set<(event: LiveEvent) => void>();
  const waiting = new Set<string>();
  let gathering: NodeJS.Timeout | undefined;
  let client: pg.Client | undefined;
  let isClosed = false;
  let retry: NodeJS.Timeout | undefined;

  const hear = (payload: string | undefined) => {
    const event = readEvent(payload);
    if (event !== undefined) for (const listener of listeners) listener(event);
  };
  const connect = async (): Promise<void> => {
    const next = new pg.Client(connection);
    client = next;
    next.on('notification', message => hear(message.payload));
    next.on('error', onTrouble);
    next.on('end', () => {
      if (!isClosed) retry = setTimeout(() => void connect(), RECONNECT_MS);
    });
    try {
      await next.connect();
      await next.query(`LISTEN ${LIVE_CHANNEL}`);
    } catch (error) {
      onTrouble(error);
      await next.end().catch(() => undefined);
    }
  };
  void connect();

  const send = () => {
    gathering = undefined;
    const payloads = [...waiting];
    waiting.clear();
    pool
      .query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [LIVE_CHANNEL, payloads])
      .catch(onTrouble);
  };
  return {
    publish(...events) {
      for (const event of events) {
        const payload = JSON.stringify(event);
        if (payload.length < PAYLOAD_BYTES_MAX) waiting.add(payload);
      }
      if (waiting.size > 0 && !isClosed) gathering ??= setTimeout(send, GATHER_MS);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      isClosed = true;
      clearTimeout(gathering);
      clearTimeout(retry);
      listeners.clear();
      await client?.end().catch(() => undefined);
    },
  };
}

const KINDS = new Set<unknown>(['incidents', 'incident', 'proposal', 'log', 'kill_switch', 'coverage']);

function readEvent(payload: string | undefined): LiveEvent | undefined {
  try {
    const event: unknown = JSON.parse(payload ?? '');
    if (typeof event !== 'object' || event === null || !('kind' in event) || !KINDS.has(event.kind)) return undefined;
    return event as LiveEvent;
  } catch {
    return undefined;
  }
}
