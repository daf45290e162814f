import type { Id } from '../base/id.ts';
import { ok } from '../base/result.ts';
import { MS_PER_HOUR, MS_PER_MINUTE, rfc3339, unixMsFrom } from '../base/time.ts';
import { hostOfAlert } from '../core/study/coverage-for.ts';
import { activityTime } from '../model/alert.ts';
import type { LateNews } from '../model/api.ts';
import { type Db, record, type ServerContext, transact } from './context.ts';
import type { PlacedAlert } from './intake-store.ts';

/** A record that arrives so long after the fact is late for whoever judged in between. */
const LATE_MS_MIN = 30 * MS_PER_MINUTE;
/** An incident that is younger was not judged yet: its first records are still coming in. */
const JUDGED_MS_MIN = 10 * MS_PER_MINUTE;
/** What happened shortly before or after belongs to the question, as in the coverage of an incident. */
const MARGIN_MS = MS_PER_HOUR;
/** Streams whose late records are held between two writes; of further ones the incident's own alerts still tell. */
const STREAMS_MAX = 1_000;
/** Incidents that one stream's records re-open at once, the latest first. */
const REOPENED_MAX = 50;
const SHOWN_MAX = 20;

interface Arrival {
  readonly stream: string;
  readonly host: string | undefined;
  readonly product: string;
  records: number;
  from: number;
  to: number;
  arrivedAt: number;
}

/** Gathers records that arrive late, and notes on each incident that was judged without them what it was judged without. */
export class LateArrivals {
  private arrivals = new Map<string, Arrival>();

  hear(placed: readonly Pick<PlacedAlert, 'alert'>[]): void {
    for (const { alert } of placed) {
      const at = activityTime(alert);
      if (alert.receivedAt - at < LATE_MS_MIN) continue;
      const host = hostOfAlert(alert);
      const stream = `${host ?? '*'}|${alert.product}`;
      const known = this.arrivals.get(stream);
      if (known === undefined) {
        if (this.arrivals.size >= STREAMS_MAX) continue;
        const { product, receivedAt } = alert;
        this.arrivals.set(stream, { stream, host, product, records: 1, from: at, to: at, arrivedAt: receivedAt });
        continue;
      }
      known.records++;
      known.from = Math.min(known.from, at);
      known.to = Math.max(known.to, at);
      known.arrivedAt = Math.max(known.arrivedAt, alert.receivedAt);
    }
  }

  /** Writes what was gathered, one fact and one entry of the log for each incident and stream. Returns the incidents. */
  async flush(context: ServerContext): Promise<readonly Id<'incident'>[]> {
    const arrivals = [...this.arrivals.values()];
    if (arrivals.length === 0) return [];
    const reopened = new Set<Id<'incident'>>();
    // Forgotten once it is durable: what comes in meanwhile is gathered anew, and a database that is away loses nothing.
    const held = this.arrivals;
    this.arrivals = new Map();
    const done = await transact(context, async client => {
      for (const arrival of arrivals) {
        for (const incident of await judgedWithout(context, client, arrival)) {
          await note(context, client, incident, arrival);
          reopened.add(incident);
        }
      }
      return ok(undefined);
    }).catch((error: unknown) => {
      for (const [stream, arrival] of held) if (!this.arrivals.has(stream)) this.arrivals.set(stream, arrival);
      throw error;
    });
    if (!done.ok) throw new Error(done.failure.detail);
    return [...reopened];
  }
}

/** Incidents that began long enough ago, whose time and host (or, where the stream has none, product) it is about. */
async function judgedWithout(context: ServerContext, client: Db, arrival: Arrival): Promise<readonly Id<'incident'>[]> {
  const { rows } = await client.query<{ id: Id<'incident'> }>(
    // Each incident is asked for its own alerts: as a join it would be read off every alert there is.
    `SELECT i.id FROM incident i
      CROSS JOIN LATERAL (SELECT 1 FROM alert a WHERE a.tenant_id = $1 AND a.incident_id = i.id AND a.received_at < $4
              AND CASE WHEN $5::text IS NULL THEN a.product = $6
                  ELSE lower(a.body -> 'fields' ->> 'host') = $5 OR a.body -> 'entities' @> jsonb_build_array(jsonb_build_object('kind', 'host', 'value', $5::text)) END
            LIMIT 1) AS told
      WHERE i.tenant_id = $1 AND i.merged_into IS NULL AND i.alert_count > 0 AND i.first_seen <= $3 AND i.last_seen >= $2
        AND (SELECT min(e.at) FROM incident_event e WHERE e.tenant_id = $1 AND e.incident_id = i.id) <= $4
      ORDER BY i.last_seen DESC LIMIT $7`,
    [
      context.tenant,
      new Date(arrival.from - MARGIN_MS),
      new Date(arrival.to + MARGIN_MS),
      new Date(arrival.arrivedAt - JUDGED_MS_MIN),
      arrival.host ?? null,
      arrival.product,
      REOPENED_MAX,
    ],
  );
  return rows.map(row => row.id);
}

async function note(context: ServerContext, client: Db, incident: Id<'incident'>, arrival: Arrival): Promise<void> {
  const [from, to] = [unixMsFrom(arrival.from), unixMsFrom(arrival.to)];
  await client.query(
    'INSERT INTO late_news (tenant_id, incident_id, stream, records, activity_from, activity_to, arrived_at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [
      context.tenant,
      incident,
      arrival.stream,
      arrival.records,
      new Date(from),
      new Date(to),
      new Date(arrival.arrivedAt),
    ],
  );
  // The stream names a host, which may be a person's: it stays beside the log.
  const detail = { records: String(arrival.records), from: rfc3339(from), to: rfc3339(to) };
  await record(context, client, { type: 'incident.changed', incident, change: 'reopened', by: 'coverage', detail });
}

/** What arrived for an incident after it was judged without it, newest first. */
export async function lateNewsOf(
  context: ServerContext,
  incident: string,
  after: number = 0,
): Promise<readonly LateNews[]> {
  const { rows } = await context.pool.query<{ stream: string; records: string; from: Date; to: Date; arrived: Date }>(
    `SELECT stream, sum(records) AS records, min(activity_from) AS from, max(activity_to) AS to, max(arrived_at) AS arrived
       FROM late_news WHERE tenant_id = $1 AND incident_id = $2 AND arrived_at > $3
      GROUP BY stream ORDER BY max(arrived_at) DESC, stream LIMIT $4`,
    [context.tenant, incident, new Date(after), SHOWN_MAX],
  );
  return rows.map(row => ({
    stream: row.stream,
    records: Number(row.records),
    from: row.from.toISOString(),
    to: row.to.toISOString(),
    arrivedAt: row.arrived.toISOString(),
  }));
}
