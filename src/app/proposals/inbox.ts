import type { Id } from '../../base/id.ts';
import { type UnixMs, unixMsFrom } from '../../base/time.ts';
import { ACTIVE_MS, byHarmOfWaiting, harmOfWaiting, type WaitingFacts } from '../../core/decide/waiting.ts';
import type { Severity } from '../../model/alert.ts';
import { OWN_SYSTEM } from '../../model/proposal.ts';
import type { Waiting } from '../../model/waiting.ts';
import type { ServerContext } from '../context.ts';
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
  readonly waits: boolean;
  readonly incident: string;
  readonly severity: Severity | null;
  readonly last_seen: Date | null;
  readonly stamp: Date | null;
  readonly is_undo: boolean;
  readonly tier: string;
  readonly review_by: Date;
  readonly created_at: Date;
}

export interface Ranked {
  readonly id: Id<'proposal'>;
  readonly waiting: Waiting;
}

/**
 * Those in review from the most harmful to leave waiting, after `after` where one is named: it may have left the inbox
 * since, and still has its place. All are ranked for each page, because the order is of all.
 */
export async function rankInbox(
  context: ServerContext,
  limit: number,
  after: string | undefined,
): Promise<{ readonly shown: readonly Ranked[]; readonly hasMore: boolean; readonly total: number }> {
  const { rows } = await context.pool.query<PendingRow>(
    `SELECT i.proposal_id AS id, i.revision, i.state = 'in_review' AS waits, p.incident_id AS incident, n.severity, n.last_seen,
            n.updated_at AS stamp, p.undoes_execution IS NOT NULL AS is_undo, i.tier, i.review_by, p.created_at
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
  const all = rows
    .map(row => {
      const facts = factsOf(row, targets.get(row.id)?.isOwn === true, seen.get(row.id), approvals.get(row.id) ?? 0);
      return { facts, waiting: harmOfWaiting(facts, now) };
    })
    .sort(byHarmOfWaiting);
  const from = after === undefined ? -1 : all.findIndex(({ facts }) => facts.proposal === after);
  const shown = all.slice(from + 1, from + 1 + limit);
  return {
    shown: shown.map(({ facts, waiting }) => ({ id: facts.proposal, waiting })),
    hasMore: all.length > from + 1 + limit,
    total: rows.filter(row => row.waits).length,
  };
}

function factsOf(row: PendingRow, isOwn: boolean, seen: number | undefined, approvals: number): WaitingFacts {
  return {
    proposal: row.id,
    severity: row.severity ?? undefined,
    targetLastSeen: seen === undefined ? undefined : unixMsFrom(seen),
    effect: isOwn ? 'own' : row.is_undo ? 'undoes' : 'contains',
    approvals,
    needed: row.tier === 'T3' ? 2 : 1,
    reviewBy: unixMsFrom(row.review_by.getTime()),
    createdAt: unixMsFrom(row.created_at.getTime()),
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
  const active = pending.filter(row => row.last_seen !== null && now - row.last_seen.getTime() < ACTIVE_MS);
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
  const stamps = new Map(active.map(({ incident, stamp }) => [incident, stamp?.getTime() ?? 0]));
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
