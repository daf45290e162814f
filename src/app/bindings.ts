import { setTimeout as sleep } from 'node:timers/promises';
import type { Id } from '../base/id.ts';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, type UnixMs } from '../base/time.ts';
import { entityKeysOf } from '../core/study/entity-keys.ts';
import { type Sighting, sightingsIn } from '../core/study/sightings.ts';
import type { Alert } from '../model/alert.ts';
import type { ServerContext } from './context.ts';
import { ALERT_COLUMNS, type AlertRecord, alertOf, type PlacedAlert, withoutNul } from './intake-store.ts';
import { fieldReader, recordValue } from './record-fields.ts';

/** Version of the rules that read bindings out of alerts. A higher one reads all alerts again. */
const VERSION = 1;
/** Alerts that are read from the database in one turn, and rows that are written in one statement. */
const READ_BATCH = 500;
const WRITE_BATCH = 1_000;
/** Rows that wait to be written. Beyond it they are dropped, and the alerts are read from the database later. */
const WAITING_MAX = 20_000;
const BUCKET_MS = 10 * MS_PER_MINUTE;
/** Longer names are in no index; they are still told of within their own incident. */
const KEY_CHARS_MAX = 200;
const IDLE_MS = 2_000;
const BUSY_MS = 1_000;
const YIELD_MS = 5;
/** While alerts come in it rests so many times as long as it worked. */
const YIELD_FACTOR_BUSY = 4;
/** Ids sort by time; those of the last ten minutes are read again after a start, in case they were written late. */
const LOOK_BACK_MS = 600_000;

/** Fills the index of bindings behind intake. */
export interface BindingIndexer {
  /** What intake kept just now. */
  kept(placed: readonly PlacedAlert[]): void;
  /** Whether every alert that is kept has been read. */
  isCaughtUp(): boolean;
  stop(): Promise<void>;
}

interface Row {
  readonly subject: string;
  readonly kind: string;
  readonly object: string;
  readonly is_end: boolean;
  readonly bucket: number;
  readonly at_ms: number;
  readonly alert_id: string;
}

/** Starts it from where it was. What comes in while it is caught up is not read a second time from the database. */
export async function startBindingIndexer(context: ServerContext): Promise<BindingIndexer> {
  let place = await placeOf(context);
  let isBehind = true;
  let keptWhileBehind = 0;
  let waiting: Row[] = [];
  let waitingPlace = '';
  let lastKept = Number.NEGATIVE_INFINITY;
  let isStopped = false;
  let wake = new AbortController();

  const catchUp = async (): Promise<number> => {
    const before = keptWhileBehind;
    const read = await readAfter(context, place);
    await write(context, read.rows, read.last ?? place);
    place = read.last ?? place;
    // An alert that was kept meanwhile may stand behind what was read: then another turn finds it.
    if (read.count < READ_BATCH && before === keptWhileBehind) isBehind = false;
    return read.count;
  };
  const flush = async (): Promise<number> => {
    const rows = waiting.slice(0, WRITE_BATCH);
    const reached = rows.length < WRITE_BATCH ? waitingPlace : place;
    if (rows.length === 0 && reached <= place) return 0;
    await write(context, rows, reached > place ? reached : place);
    if (reached > place) place = reached;
    waiting = waiting.slice(rows.length);
    return rows.length;
  };
  const run = async () => {
    while (!isStopped) {
      const began = performance.now();
      let done = 0;
      try {
        done = isBehind ? await catchUp() : await flush();
      } catch (error) {
        if (!isStopped) context.logger.warn({ err: error }, 'bindings could not be indexed; it is tried again');
      }
      wake = new AbortController();
      const isBusy = performance.now() - lastKept < BUSY_MS;
      if (done > 0) await sleep(isBusy ? (performance.now() - began) * YIELD_FACTOR_BUSY : YIELD_MS);
      else await sleep(IDLE_MS, undefined, { signal: wake.signal }).catch(() => undefined);
    }
  };
  const running = run();
  return {
    kept(placed) {
      lastKept = performance.now();
      if (isBehind) keptWhileBehind += placed.length;
      else if (waiting.length > WAITING_MAX) {
        waiting = [];
        isBehind = true;
      } else {
        for (const one of placed) {
          for (const row of rowsOf(one.alert, () => one.columns ?? recordValue(Buffer.from(one.bytes))))
            waiting.push(row);
          if (one.alert.id > waitingPlace) waitingPlace = one.alert.id;
        }
      }
      wake.abort();
    },
    isCaughtUp: () => !isBehind && waiting.length === 0,
    async stop() {
      isStopped = true;
      wake.abort();
      await running;
    },
  };
}

/** The rows of one alert. The record is opened only where a rule asks for one of its fields. */
function rowsOf(alert: Alert, open: () => unknown): readonly Row[] {
  let read: ReturnType<typeof fieldReader> | undefined;
  const sightings = sightingsIn(alert, (evidence, pointer) => {
    read ??= fieldReader(new Map([[alert.evidence, open()]]));
    return read(evidence, pointer);
  });
  return sightings.flatMap(sighting => rowOf(sighting));
}

function rowOf({ subject, object, kind, isEnd, at, alert }: Sighting): readonly Row[] {
  if (subject.length > KEY_CHARS_MAX || object.length > KEY_CHARS_MAX) return [];
  const text = (key: string) => withoutNul(key).toWellFormed();
  return [
    {
      subject: text(subject),
      kind,
      object: text(object),
      is_end: isEnd,
      bucket: Math.floor(at / BUCKET_MS),
      at_ms: at,
      alert_id: alert,
    },
  ];
}

async function write(context: ServerContext, rows: readonly Row[], place: string): Promise<void> {
  await context.pool.query({
    name: 'binding-write',
    text: `WITH added AS (
             INSERT INTO entity_binding (tenant_id, version, subject, kind, object, is_end, bucket, at, alert_id)
             SELECT $1, $2::smallint, subject, kind, object, is_end, bucket, to_timestamp(at_ms / 1000.0), alert_id
               FROM json_to_recordset($3::json) AS new (subject text, kind text, object text, is_end boolean, bucket bigint, at_ms float8, alert_id text)
             ON CONFLICT DO NOTHING)
           INSERT INTO entity_binding_place (tenant_id, version, alert_id) VALUES ($1, $2::smallint, $4)
           ON CONFLICT (tenant_id) DO UPDATE SET version = excluded.version, alert_id = excluded.alert_id`,
    values: [context.tenant, VERSION, JSON.stringify(rows), place],
  });
}

async function readAfter(
  context: ServerContext,
  place: string,
): Promise<{ readonly rows: readonly Row[]; readonly count: number; readonly last: string | undefined }> {
  const { rows } = await context.pool.query<AlertRecord & { readonly bytes: Buffer }>({
    name: 'binding-read',
    text: `SELECT ${ALERT_COLUMNS.split(', ')
      .map(column => `a.${column}`)
      .join(', ')}, e.bytes
             FROM alert a JOIN evidence e ON e.tenant_id = a.tenant_id AND e.id = a.evidence_id
            WHERE a.tenant_id = $1 AND a.id > $2 ORDER BY a.id LIMIT $3`,
    values: [context.tenant, place, READ_BATCH],
  });
  const found = rows.flatMap(row => rowsOf(alertOf(row), () => row.body['columns'] ?? recordValue(row.bytes)));
  return { rows: found, count: rows.length, last: rows.at(-1)?.id };
}

/** The id after which to read on; the empty one where the rules are newer than what was read by them. */
async function placeOf(context: ServerContext): Promise<string> {
  const { rows } = await context.pool.query<{ first: string | null }>(
    `SELECT (SELECT min(a.id) FROM alert a WHERE a.tenant_id = $1 AND a.received_at >= last.received_at - $3 * interval '1 millisecond') AS first
       FROM entity_binding_place p JOIN alert last ON last.tenant_id = p.tenant_id AND last.id = p.alert_id
      WHERE p.tenant_id = $1 AND p.version = $2`,
    [context.tenant, VERSION, LOOK_BACK_MS],
  );
  // The first one itself is in the look-back, and `>` leaves it out.
  return rows[0]?.first?.slice(0, -1) ?? '';
}

/** What of an incident is looked for around it: its most frequent subjects, so far before and after it. */
const SUBJECTS_MAX = 200;
const BEFORE_MS = 7 * MS_PER_DAY;
const AFTER_MS = MS_PER_HOUR;
/** Alerts that are read of one subject, the latest, and of all together. */
const PER_SUBJECT_MAX = 20;
const AROUND_MAX = 300;
const SUBJECT_KINDS: ReadonlySet<string> = new Set(['ip', 'host', 'domain']);

/** Alerts around an incident that say who held its addresses, accounts and names; at most {@link AROUND_MAX}, by id. */
export async function alertsAround(
  context: ServerContext,
  alerts: readonly Alert[],
  window: { readonly from: UnixMs; readonly to: UnixMs },
): Promise<readonly Id<'alert'>[]> {
  const counts = new Map<string, number>();
  for (const alert of alerts) {
    const keys = entityKeysOf(alert).filter((_, place) => SUBJECT_KINDS.has(alert.entities[place]?.kind ?? ''));
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const subjects = [...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).slice(0, SUBJECTS_MAX);
  const own = new Set<string>(alerts.map(alert => alert.id));
  const { rows: found } = await context.pool.query<{ alert_id: Id<'alert'> }>({
    name: 'binding-around',
    text: `SELECT alert_id FROM (
             SELECT found.alert_id, max(found.at) AS at
               FROM unnest($3::text[]) AS wanted (subject) CROSS JOIN LATERAL (
                 SELECT b.alert_id, b.at FROM entity_binding b
                  WHERE b.tenant_id = $1 AND b.version = $2::smallint AND b.subject = wanted.subject
                    AND b.at BETWEEN to_timestamp($4 / 1000.0) AND to_timestamp($5 / 1000.0)
                  ORDER BY b.at DESC LIMIT $6) AS found
              GROUP BY found.alert_id) AS all_found
            ORDER BY at DESC, alert_id LIMIT $7`,
    values: [
      context.tenant,
      VERSION,
      subjects.map(([subject]) => withoutNul(subject).toWellFormed()),
      window.from - BEFORE_MS,
      window.to + AFTER_MS,
      PER_SUBJECT_MAX,
      AROUND_MAX,
    ],
  });
  return found
    .map(row => row.alert_id)
    .filter(id => !own.has(id))
    .sort();
}
