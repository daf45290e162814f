import type { Id } from '../../base/id.ts';
import { type UnixMs, unixMsFrom } from '../../base/time.ts';
import { ACTIVE_MS, byHarmOfWaiting, harmOfWaiting, type WaitingFacts } from '../../core/decide/waiting.ts';
import type { Severity } from '../../model/alert.ts';
import { OWN_SYSTEM } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { Waiting } from '../../model/waiting.ts';
import type { ServerContext } from '../context.ts';
import { hiddenOf } from '../drills/sight.ts';
import { groupBy } from '../group-by.ts';

/** Proposals in review that are ranked. So many are a flood, which is stopped long before. */
const RANKED_MAX = 5_000;
/** Of an incident that goes on, the newest alerts whose entities are looked at. */
const ALERTS_LOOKED_AT = 20;
/** Incidents of which it is remembered whom their newest alerts name; a change makes another stamp. */
const KEPT_MAX = 5_000;

interface PendingRow {
  readonly id: Id<'proposal'>;
  readonly revision: number;
  readonly incident: string;
  readonly severity: Severity | null;
  readonly last_seen: number | null;
  readonly stamp: number | null;
  readonly is_undo: boolean;
  readonly is_lease_over: boolean;
  readonly tier: string;
  readonly review_by: number;
  readonly created_at: number;
}

export interface Ranked {
  readonly id: Id<'proposal'>;
  readonly waiting: Waiting;
}

/**
 * Those in review from the most harmful to leave waiting, after `after` where one is named: it may have left the inbox
 * since, and still has its place. All are ranked together, because the order is of all.
 */
export async function rankInbox(
  context: ServerContext,
  limit: number,
  after: string | undefined,
  person: Pick<Person, 'id'> | undefined,
): Promise<{ readonly shown: readonly Ranked[]; readonly hasMore: boolean; readonly total: number }> {
  const ranked = await keptRanking(context);
  const hidden = await hiddenOf(
    context,
    ranked.map(({ id }) => id),
    person,
  );
  const kept = hidden.size === 0 ? ranked : ranked.filter(({ id }) => !hidden.has(id));
  const isThere = after === undefined || kept.some(one => one.id === after);
  const all = isThere ? kept : (await rankAll(context, after)).filter(({ id }) => !hidden.has(id));
  const from = after === undefined ? -1 : all.findIndex(({ id }) => id === after);
  return {
    shown: all.slice(from + 1, from + 1 + limit),
    hasMore: all.length > from + 1 + limit,
    total: kept.length,
  };
}

/** For so long an order stands while nobody proposes, decides or reviews: news of an incident moves rows after that. */
const RANKING_KEPT_MS = 2_000;
const rankings = new WeakMap<
  ServerContext,
  { readonly stamp: string; readonly at: number; readonly all: readonly Ranked[] }
>();

async function keptRanking(context: ServerContext): Promise<readonly Ranked[]> {
  const { rows } = await context.pool.query<{ stamp: string }>(
    `SELECT concat_ws(' ', count(*), max(updated_at), (SELECT max(id) FROM review WHERE tenant_id = $1)) AS stamp
       FROM proposal_index WHERE tenant_id = $1 AND state = 'in_review'`,
    [context.tenant],
  );
  const [stamp, now] = [rows[0]?.stamp ?? '', context.now()];
  const known = rankings.get(context);
  if (known?.stamp === stamp && Math.abs(now - known.at) < RANKING_KEPT_MS) return known.all;
  const all = await rankAll(context, undefined);
  rankings.set(context, { stamp, at: now, all });
  return all;
}

async function rankAll(context: ServerContext, after: string | undefined): Promise<readonly Ranked[]> {
  const { rows } = await context.pool.query<PendingRow>(
    `SELECT i.proposal_id AS id, i.revision, p.incident_id AS incident, n.severity,
            ${msOf('n.last_seen')} AS last_seen, ${msOf('n.updated_at')} AS stamp, p.undoes_execution IS NOT NULL AS is_undo, i.tier,
            EXISTS (SELECT FROM lease_turn t WHERE t.tenant_id = p.tenant_id AND t.release_id = p.id) AS is_lease_over,
            ${msOf('i.review_by')} AS review_by, ${msOf('p.created_at')} AS created_at
       FROM proposal_index i
       JOIN proposal p ON p.tenant_id = i.tenant_id AND p.id = i.proposal_id
       LEFT JOIN incident n ON n.tenant_id = p.tenant_id AND n.id = p.incident_id
      WHERE i.tenant_id = $1 AND (i.state = 'in_review' OR i.proposal_id = $2)
      ORDER BY i.review_by LIMIT $3`,
    [context.tenant, after ?? null, RANKED_MAX],
  );
  const now = context.now();
  const targets = await targetsOf(context, rows);
  const seen = await targetsSeen(context, rows, targets, now);
  const approvals = await readApprovals(context, rows);
  return rows
    .map(row => {
      const facts = factsOf(row, targets.get(row.id)?.isOwn === true, seen.get(row.id), approvals.get(row.id) ?? 0);
      return { facts, waiting: harmOfWaiting(facts, now) };
    })
    .sort(byHarmOfWaiting)
    .map(({ facts, waiting }) => ({ id: facts.proposal, waiting }));
}

/** Milliseconds since 1970, which are read faster than four dates of each of a thousand rows. */
function msOf(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000)::float8`;
}

function factsOf(row: PendingRow, isOwn: boolean, seen: number | undefined, approvals: number): WaitingFacts {
  return {
    proposal: row.id,
    severity: row.severity ?? undefined,
    targetLastSeen: seen === undefined ? undefined : unixMsFrom(seen),
    effect: isOwn ? 'own' : row.is_undo ? 'undoes' : 'contains',
    approvals,
    needed: row.tier === 'T3' ? 2 : 1,
    reviewBy: unixMsFrom(Math.round(row.review_by)),
    createdAt: unixMsFrom(Math.round(row.created_at)),
    isLeaseOver: row.is_lease_over,
  };
}

/** How many people said yes to the revision that waits. It ranks and counts nothing, so no signature is checked for it. */
async function readApprovals(
  context: ServerContext,
  pending: readonly PendingRow[],
): Promise<ReadonlyMap<string, number>> {
  const twice = pending.filter(row => row.tier === 'T3');
  if (twice.length === 0) return new Map();
  const { rows } = await context.pool.query<{ id: string; revision: number; people: number }>(
    `SELECT proposal_id AS id, revision, count(DISTINCT person_id)::int AS people FROM review
      WHERE tenant_id = $1 AND proposal_id = ANY ($2) AND verdict = 'approve' GROUP BY 1, 2`,
    [context.tenant, twice.map(row => row.id)],
  );
  const current = new Map(pending.map(row => [row.id as string, row.revision]));
  return new Map(rows.flatMap(row => (current.get(row.id) === row.revision ? [[row.id, row.people]] : [])));
}

/** For each proposal, when the newest alerts of its incident named its target last. Incidents that ended are not asked. */
async function targetsSeen(
  context: ServerContext,
  pending: readonly PendingRow[],
  targets: ReadonlyMap<string, KnownTarget>,
  now: UnixMs,
): Promise<ReadonlyMap<string, number>> {
  const active = pending.filter(row => row.last_seen !== null && now - row.last_seen < ACTIVE_MS);
  const named = await lastNamed(context, active);
  const seen = new Map<string, number>();
  for (const row of active) {
    const times = (targets.get(row.id)?.names ?? []).flatMap(name => named.get(row.incident)?.get(name) ?? []);
    if (times.length > 0) seen.set(row.id, Math.max(...times));
  }
  return seen;
}

interface KnownTarget {
  /** Its name, and the values that were cited because they hold it; in lower case. */
  readonly names: readonly string[];
  readonly isOwn: boolean;
}

const keptTargets = new WeakMap<ServerContext, Map<string, KnownTarget>>();

/** What each of these acts on. A revision never changes, so it is read once. */
async function targetsOf(
  context: ServerContext,
  pending: readonly PendingRow[],
): Promise<ReadonlyMap<string, KnownTarget>> {
  const known = keptTargets.get(context) ?? new Map<string, KnownTarget>();
  keptTargets.set(context, known);
  const keyOf = ({ id, revision }: { readonly id: string; readonly revision: number }) => `${id}/${revision}`;
  const missing = pending.filter(row => !known.has(keyOf(row))).map(row => row.id);
  if (missing.length > 0) {
    const { rows } = await context.pool.query<{
      id: string;
      revision: number;
      name: string | null;
      system: string | null;
      cited: string[];
    }>(
      `SELECT proposal_id AS id, revision, lower(plan->'facts'->>'displayName') AS name, plan->'target'->>'system' AS system,
              ARRAY(SELECT lower(c->>'value') FROM jsonb_array_elements(citations) c) AS cited
         FROM revision WHERE tenant_id = $1 AND proposal_id = ANY ($2)`,
      [context.tenant, missing],
    );
    for (const row of rows)
      known.set(keyOf(row), {
        names: row.name === null ? row.cited : [row.name, ...row.cited],
        isOwn: row.system === OWN_SYSTEM,
      });
  }
  const found = new Map(pending.flatMap(row => [[row.id as string, known.get(keyOf(row)) ?? NO_TARGET] as const]));
  forgetOldest(known);
  return found;
}

const NO_TARGET: KnownTarget = { names: [], isOwn: false };

function forgetOldest(known: Map<string, unknown>): void {
  for (const oldest of known.keys()) {
    if (known.size <= KEPT_MAX) break;
    known.delete(oldest);
  }
}

/** By lower-case value, when an incident's newest alerts named it last. */
type Named = ReadonlyMap<string, number>;
const kept = new WeakMap<ServerContext, Map<string, { readonly stamp: number; readonly named: Named }>>();

/** Of the incidents that go on, whom their newest alerts name in fields that nobody guessed. */
async function lastNamed(context: ServerContext, active: readonly PendingRow[]): Promise<ReadonlyMap<string, Named>> {
  const known = kept.get(context) ?? new Map();
  kept.set(context, known);
  const stamps = new Map(active.map(({ incident, stamp }) => [incident, stamp ?? 0]));
  const missing = [...stamps].flatMap(([incident, stamp]) => (known.get(incident)?.stamp === stamp ? [] : [incident]));
  if (missing.length > 0) {
    const { rows } = await context.pool.query<{ incident: string; value: string; at: Date }>(
      `SELECT w.id AS incident, lower(e->>'value') AS value, max(a.activity_at) AS at
         FROM unnest($2::text[]) AS w(id)
         CROSS JOIN LATERAL (SELECT activity_at, body FROM alert WHERE tenant_id = $1 AND incident_id = w.id ORDER BY activity_at DESC, id DESC LIMIT $3) a
         CROSS JOIN LATERAL jsonb_array_elements(a.body->'entities') e
        WHERE NOT e ? 'isGuessed' GROUP BY 1, 2`,
      [context.tenant, missing, ALERTS_LOOKED_AT],
    );
    const byIncident = groupBy(rows, row => row.incident);
    for (const id of missing)
      known.set(id, {
        stamp: stamps.get(id) ?? 0,
        named: new Map((byIncident.get(id) ?? []).map(({ value, at }) => [value, at.getTime()])),
      });
    forgetOldest(known);
  }
  return new Map([...stamps.keys()].map(id => [id, known.get(id)?.named ?? new Map()]));
}
