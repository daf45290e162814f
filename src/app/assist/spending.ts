import { fail, ok, type Result } from '../../base/result.ts';
import { MS_PER_DAY, MS_PER_HOUR, type UnixMs } from '../../base/time.ts';
import type { AiSettings, Budget } from '../../model/api-ai.ts';
import type { AiRecord, Usage } from '../../model/assist.ts';
import type { ProviderConfig } from '../../ports/model.ts';
import type { Db, ServerContext } from '../context.ts';

/** What one sending may take at most. */
export interface Reservation {
  readonly record: AiRecord['id'];
  /** Empty where it is about none. */
  readonly incident: string;
  readonly provider: ProviderConfig;
  readonly task: AiRecord['task'];
  readonly most: Usage;
}

/** What stands around the parts of a question in a provider's own form, in tokens, at most. */
const FRAME_TOKENS_MAX = 512;
const MICROS_OF_PRICE = 1_000_000;

/**
 * Tokens that a question can take at most: no tokeniser makes more tokens of a text than it has bytes. So a reservation is
 * never less than what is used, and a budget is never passed.
 */
export function mostOf(parts: readonly string[], outputTokensMax: number): Usage {
  const bytes = parts.reduce((sum, part) => sum + Buffer.byteLength(part, 'utf8'), 0);
  return { inputTokens: bytes + FRAME_TOKENS_MAX, outputTokens: outputTokensMax, from: 'estimated' };
}

/** In millionths of the provider's currency, rounded up. */
export function costOf(usage: Usage, price: ProviderConfig['price']): number {
  return Math.ceil((usage.inputTokens * price.inputMicros + usage.outputTokens * price.outputMicros) / MICROS_OF_PRICE);
}

/**
 * Reserves what a sending may take, or says that a budget is spent: of the incident, the last hour or the day in UTC. Under a
 * lock and in the caller's transaction, so that of two who come at once only one gets what is left.
 */
export async function reserve(
  context: ServerContext,
  db: Db,
  budgets: AiSettings['budgets'],
  wanted: Reservation,
): Promise<Result<void, 'ai.over_budget'>> {
  await db.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`countersign.ai_spending.${context.tenant}`]);
  const now = context.now();
  const tokens = wanted.most.inputTokens + wanted.most.outputTokens;
  const cost = costOf(wanted.most, wanted.provider.price);
  const spent = await spentOf(context, db, now, wanted.incident);
  const isOver = (part: Budget, limit: Budget) =>
    part.tokens + tokens > limit.tokens || part.costMicros + cost > limit.costMicros;
  if (
    isOver(spent.hour, budgets.hour) ||
    isOver(spent.day, budgets.day) ||
    (wanted.incident !== '' && isOver(spent.incident, budgets.incident))
  )
    return fail('ai.over_budget');
  await insert(context, db, wanted, 'reserved', tokens, cost, now);
  return ok(undefined);
}

/** Corrects a reservation of that moment by what was used; nothing was, where `used` is undefined. */
export async function settle(
  context: ServerContext,
  db: Db,
  reserved: Reservation,
  at: UnixMs,
  used: Usage | undefined,
): Promise<void> {
  const most = reserved.most.inputTokens + reserved.most.outputTokens;
  const tokens = used === undefined ? 0 : used.inputTokens + used.outputTokens;
  const cost = used === undefined ? 0 : costOf(used, reserved.provider.price);
  await insert(
    context,
    db,
    reserved,
    'settled',
    tokens - most,
    cost - costOf(reserved.most, reserved.provider.price),
    at,
  );
}

async function insert(
  context: ServerContext,
  db: Db,
  { record, incident, provider, task }: Reservation,
  kind: 'reserved' | 'settled',
  tokens: number,
  costMicros: number,
  at: UnixMs,
): Promise<void> {
  await db.query(
    'INSERT INTO ai_spending (tenant_id, record_id, incident_id, provider, task, kind, tokens, cost_micros, at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
    [context.tenant, record, incident, provider.name, task, kind, tokens, costMicros, new Date(at)],
  );
}

/** What is spent and reserved; of the incident over its whole life. */
export async function spentOf(
  context: ServerContext,
  db: Db,
  now: UnixMs,
  incident: string,
): Promise<{ readonly hour: Budget; readonly day: Budget; readonly incident: Budget }> {
  const hourFrom = new Date(now - MS_PER_HOUR);
  const dayFrom = new Date(now - (now % MS_PER_DAY));
  const { rows } = await db.query<{ name: 'hour' | 'day' | 'incident'; tokens: string; cost: string }>(
    `SELECT 'hour' AS name, coalesce(sum(tokens), 0) AS tokens, coalesce(sum(cost_micros), 0) AS cost FROM ai_spending WHERE tenant_id = $1 AND at > $2
     UNION ALL SELECT 'day', coalesce(sum(tokens), 0), coalesce(sum(cost_micros), 0) FROM ai_spending WHERE tenant_id = $1 AND at >= $3
     UNION ALL SELECT 'incident', coalesce(sum(tokens), 0), coalesce(sum(cost_micros), 0) FROM ai_spending WHERE tenant_id = $1 AND incident_id = $4 AND incident_id <> ''`,
    [context.tenant, hourFrom, dayFrom, incident],
  );
  const of = (name: string): Budget => {
    const row = rows.find(one => one.name === name);
    return { tokens: Number(row?.tokens ?? 0), costMicros: Number(row?.cost ?? 0) };
  };
  return { hour: of('hour'), day: of('day'), incident: of('incident') };
}
