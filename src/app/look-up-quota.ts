import { MS_PER_DAY, MS_PER_MINUTE, type UnixMs, unixMsFrom } from '../base/time.ts';
import type { LookUpConfig } from '../ports/look-up.ts';
import type { Db, ServerContext } from './context.ts';

/** What left, for what and because of whom; written down before it leaves. */
export interface Asking {
  /** Empty where a collection is fetched. */
  readonly key: string;
  readonly incident: string;
  readonly by: string;
}

/** Until when a quota is spent. */
export interface QuotaSpent {
  readonly until: number;
  readonly isDay: boolean;
}

/**
 * Takes one of the quota and writes down what for; undefined where there was one left. One transaction under a lock, so
 * two servers do not both take the last, and a crash afterwards has spent it.
 */
export async function takeQuota(
  context: ServerContext,
  config: LookUpConfig,
  { key, incident, by }: Asking,
): Promise<QuotaSpent | undefined> {
  const client = await context.pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [
      `countersign.look_up.${context.tenant}.${config.name}`,
    ]);
    const now = context.now();
    const spent = await spentOf(client, context.tenant, config.name, now);
    const full =
      spent.day >= config.quota.perDay
        ? { until: dayStart(now) + MS_PER_DAY, isDay: true }
        : spent.minute >= config.quota.perMinute
          ? { until: (spent.oldestOfMinute ?? now) + MS_PER_MINUTE, isDay: false }
          : undefined;
    if (full === undefined)
      await client.query(
        'INSERT INTO look_up_asked (tenant_id, look_up, entity_key, incident_id, by, at) VALUES ($1, $2, $3, $4, $5, $6)',
        [context.tenant, config.name, key, incident === '' ? null : incident, by, new Date(now)],
      );
    await client.query('COMMIT');
    return full;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: unknown) => {
      broken = failure instanceof Error ? failure : new Error(String(failure));
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** `14:05 UTC` */
export function timeText(at: number): string {
  return `${new Date(at).toISOString().slice(11, 16)} UTC`;
}

/** As a failure says it. */
export function spentText({ until }: QuotaSpent): string {
  return `not asked: quota spent until ${timeText(until)}`;
}

const dayStart = (now: number): number => now - (now % MS_PER_DAY);

interface Spent {
  readonly minute: number;
  readonly day: number;
  readonly oldestOfMinute: number | undefined;
  readonly last: UnixMs | undefined;
}

/** A day is a day in UTC; a minute is the last sixty seconds. */
export async function spentOf(db: Db, tenant: string, lookUp: string, now: UnixMs): Promise<Spent> {
  const { rows } = await db.query<{ minute: string; day: string; oldest: Date | null; last: Date | null }>(
    `SELECT count(*) FILTER (WHERE at > $4) AS minute, count(*) FILTER (WHERE at >= $3) AS day, min(at) FILTER (WHERE at > $4) AS oldest, max(at) AS last
       FROM look_up_asked WHERE tenant_id = $1 AND look_up = $2 AND at >= least($3, $4)`,
    [tenant, lookUp, new Date(dayStart(now)), new Date(now - MS_PER_MINUTE)],
  );
  const [row] = rows;
  return {
    minute: Number(row?.minute ?? 0),
    day: Number(row?.day ?? 0),
    oldestOfMinute: row?.oldest?.getTime(),
    last: row?.last == null ? undefined : unixMsFrom(row.last.getTime()),
  };
}
