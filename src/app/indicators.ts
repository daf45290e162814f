import { ok } from '../base/result.ts';
import { rfc3339, unixMsFrom } from '../base/time.ts';
import type { EnrichmentFact } from '../model/enrichment.ts';
import type { ConnectedLookUp, IndicatorPage, LookUpFailure, PullingLookUp } from '../ports/look-up.ts';
import { type ServerContext, transact } from './context.ts';
import { storedKey } from './sightings.ts';

/** Pages of one round; the next round goes on from there. */
const PAGES_MAX = 100;
/** Indicators that are kept of one collection. What is beyond is counted as not taken, never dropped in silence. */
const INDICATORS_MAX = 500_000;
/** An indicator without an end counts for so long after it was last changed. */
const VALID_DAYS_MAX = 365;
const MATCHES_MAX = 5;

interface PullState {
  readonly cursor: string;
  readonly notUnderstood: number;
  readonly lastFailure: string;
}

/**
 * Fetches what changed since last time, page by page; each page and its mark are one transaction, so a crash fetches a
 * page again and loses none. Returns why it ended early, if it did. `mayAsk` gives a reason where the quota is spent.
 */
export async function pullIndicators(
  context: ServerContext,
  lookUp: PullingLookUp,
  at: ConnectedLookUp,
  signal: AbortSignal,
  mayAsk: () => Promise<string | undefined>,
): Promise<LookUpFailure | undefined> {
  const { name } = at.config;
  let state = await readState(context, name);
  for (let page = 0; page < PAGES_MAX && !signal.aborted; page++) {
    const spent = await mayAsk();
    if (spent !== undefined) {
      // Our own quota is no trouble of the other side.
      await keepFailure(context, name, state, { kind: 'refused', because: spent, retryAfterMs: undefined });
      return undefined;
    }
    const pulled = await lookUp.pull(state.cursor, at, signal);
    if (signal.aborted) return undefined;
    if (!pulled.ok) return keepFailure(context, name, state, pulled.failure);
    state = await keepPage(context, name, state, pulled.value);
    if (!pulled.value.hasMore) return undefined;
  }
  return undefined;
}

async function readState(context: ServerContext, name: string): Promise<PullState> {
  const { rows } = await context.pool.query<{ body: Partial<PullState> }>(
    'SELECT body FROM look_up_state WHERE tenant_id = $1 AND look_up = $2',
    [context.tenant, name],
  );
  const body = rows[0]?.body;
  return { cursor: body?.cursor ?? '', notUnderstood: body?.notUnderstood ?? 0, lastFailure: '' };
}

const KEEP_STATE = `INSERT INTO look_up_state (tenant_id, look_up, body, at) VALUES ($1, $2, $3, $4)
  ON CONFLICT (tenant_id, look_up) DO UPDATE SET body = excluded.body, at = excluded.at`;

async function keepFailure(
  context: ServerContext,
  name: string,
  state: PullState,
  failure: LookUpFailure,
): Promise<LookUpFailure> {
  const body = JSON.stringify({ ...state, lastFailure: failure.because });
  await context.pool.query(KEEP_STATE, [context.tenant, name, body, new Date(context.now())]);
  return failure;
}

async function keepPage(
  context: ServerContext,
  name: string,
  state: PullState,
  page: IndicatorPage,
): Promise<PullState> {
  const values = { lookUp: name, tenant: context.tenant };
  const live = page.indicators.filter(indicator => !indicator.isRevoked);
  const rows = live.flatMap(indicator =>
    indicator.entities.map(entity => ({
      entity_key: storedKey(entity),
      stix_id: indicator.id,
      name: indicator.name.replaceAll('\u0000', '\ufffd'),
      valid_from: rfc3339(indicator.validFrom),
      valid_until: indicator.validUntil === undefined ? null : rfc3339(indicator.validUntil),
      modified: rfc3339(indicator.modified),
      confidence: indicator.confidence ?? null,
    })),
  );
  const next = await transact(context, async client => {
    // A newer version of an indicator replaces what the older one named; a revoked one leaves nothing.
    await client.query(
      `DELETE FROM indicator i USING json_to_recordset($3::json) AS new (id text, modified timestamptz)
        WHERE i.tenant_id = $1 AND i.look_up = $2 AND i.stix_id = new.id AND i.modified <= new.modified`,
      [
        values.tenant,
        values.lookUp,
        JSON.stringify(page.indicators.map(({ id, modified }) => ({ id, modified: rfc3339(modified) }))),
      ],
    );
    const { rows: counted } = await client.query<{ known: string }>(
      'SELECT count(*) AS known FROM indicator WHERE tenant_id = $1 AND look_up = $2',
      [values.tenant, values.lookUp],
    );
    const taken = rows.slice(0, Math.max(0, INDICATORS_MAX - Number(counted[0]?.known ?? 0)));
    await client.query(
      `INSERT INTO indicator (tenant_id, look_up, entity_key, stix_id, name, valid_from, valid_until, modified, confidence)
       SELECT DISTINCT ON (entity_key, stix_id) $1, $2, entity_key, stix_id, name, valid_from, valid_until, modified, confidence
         FROM json_to_recordset($3::json) AS new (entity_key text, stix_id text, name text, valid_from timestamptz, valid_until timestamptz, modified timestamptz, confidence int)
        ORDER BY entity_key, stix_id, modified DESC ON CONFLICT DO NOTHING`,
      [values.tenant, values.lookUp, JSON.stringify(taken)],
    );
    const kept: PullState = {
      cursor: page.cursor,
      notUnderstood: state.notUnderstood + page.notUnderstood + rows.length - taken.length,
      lastFailure: '',
    };
    await client.query(KEEP_STATE, [values.tenant, values.lookUp, JSON.stringify(kept), new Date(context.now())]);
    return ok(kept);
  });
  return next.ok ? next.value : state;
}

/** Indicators that name one of these, by stored key. What is not valid any more is stale, and what is not yet valid is left out. */
export async function matchIndicators(
  context: ServerContext,
  keys: readonly string[],
  titles: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly EnrichmentFact[]>> {
  const now = context.now();
  const { rows } = await context.pool.query<{
    entity_key: string;
    look_up: string;
    stix_id: string;
    name: string;
    valid_until: Date | null;
    modified: Date;
    confidence: number | null;
    place: string;
    matches: string;
  }>(
    `SELECT * FROM (SELECT entity_key, look_up, stix_id, name, valid_until, modified, confidence,
                           row_number() OVER (PARTITION BY entity_key ORDER BY modified DESC, stix_id) AS place,
                           count(*) OVER (PARTITION BY entity_key) AS matches
                      FROM indicator WHERE tenant_id = $1 AND entity_key = ANY($2) AND look_up = ANY($3) AND valid_from <= $4) m WHERE place <= $5`,
    [context.tenant, keys, [...titles.keys()], new Date(now), MATCHES_MAX],
  );
  const all = new Map<string, EnrichmentFact[]>();
  for (const row of rows) {
    const ends = row.valid_until?.getTime() ?? row.modified.getTime() + VALID_DAYS_MAX * 86_400_000;
    const isOver = ends <= now;
    const rest = Number(row.place) === 1 ? Number(row.matches) - MATCHES_MAX : 0;
    const because = isOver
      ? `it was valid until ${rfc3339(unixMsFrom(ends)).slice(0, 10)}`
      : rest > 0
        ? `${rest} more indicators name it`
        : '';
    const list = all.get(row.entity_key) ?? [];
    all.set(row.entity_key, list);
    list.push({
      about: row.entity_key,
      kind: 'reputation',
      value: `named by indicator "${row.name}"${row.confidence === null ? '' : `, confidence ${row.confidence} of 100`}`,
      source: titles.get(row.look_up) ?? row.look_up,
      asOf: row.modified.toISOString(),
      status: isOver ? 'stale' : rest > 0 ? 'partial' : 'ok',
      because,
    });
  }
  return all;
}
