import { MS_PER_DAY, rfc3339, unixMsFrom } from '../base/time.ts';
import { type TrailLooks, trailHealth } from '../core/act/trail-health.ts';
import { OWN_SYSTEM } from '../model/proposal.ts';
import type { TrailFinding, TrailFindingKind, TrailHealth, TrailsView } from '../model/trail.ts';
import type { ServerContext } from './context.ts';

/** What is older is history, and stands in the log. */
const SHOWN_MS = 30 * MS_PER_DAY;
const FINDINGS_SHOWN_MAX = 200;

/** What is known of every connected system's own log, and what was found there of late. All of it the executor's words. */
export async function readTrails(context: ServerContext): Promise<TrailsView> {
  return { systems: await readTrailHealth(context), findings: await readFindings(context) };
}

interface Reported {
  readonly system: string;
  readonly responder: string;
  /** Absent in what an earlier version reported. */
  readonly trail?: string;
}

interface LooksRow {
  readonly system: string;
  readonly tried_at: Date;
  readonly begun_at: Date | null;
  readonly read_at: Date | null;
  readonly failure: string;
  readonly because: string;
  readonly last_unknown: Date | null;
  readonly unknown: number;
  readonly not_shown: number;
  readonly cut_at: Date | null;
}

/** One for each system that is connected, in the order of their names; also of those that keep no log. */
export async function readTrailHealth(context: ServerContext): Promise<readonly TrailHealth[]> {
  const { rows: reported } = await context.pool.query<{ systems: readonly Reported[] | null }>(
    `SELECT body -> 'systems' AS systems FROM executor_status WHERE tenant_id = $1`,
    [context.tenant],
  );
  const { rows } = await context.pool.query<LooksRow>(
    `SELECT t.system, t.tried_at, t.begun_at, t.read_at, t.failure, t.because, f.last_unknown, f.cut_at,
            coalesce(f.unknown, 0)::int AS unknown, coalesce(f.not_shown, 0)::int AS not_shown
       FROM target_trail t LEFT JOIN LATERAL (
         SELECT max(found_at) FILTER (WHERE kind = 'unknown_change') AS last_unknown, max(found_at) FILTER (WHERE kind = 'cut') AS cut_at,
                sum((body ->> 'count')::int) FILTER (WHERE kind = 'unknown_change' AND found_at > $2) AS unknown,
                sum((body ->> 'count')::int) FILTER (WHERE kind = 'not_shown' AND found_at > $2) AS not_shown
           FROM trail_finding WHERE tenant_id = t.tenant_id AND system = t.system) f ON true
      WHERE t.tenant_id = $1`,
    [context.tenant, new Date(context.now() - SHOWN_MS)],
  );
  const looks = new Map(rows.map(row => [row.system, looksOf(row)]));
  return (reported[0]?.systems ?? [])
    .filter(({ system }) => system !== OWN_SYSTEM)
    .map(({ system, responder, trail = '' }) =>
      trailHealth({ system, responder, kept: trail }, looks.get(system), context.now()),
    )
    .sort((a, b) => (a.system < b.system ? -1 : 1));
}

function looksOf(row: LooksRow): TrailLooks {
  const at = (time: Date | null) => time?.getTime();
  return {
    triedAt: row.tried_at.getTime(),
    begunAt: at(row.begun_at),
    readAt: at(row.read_at),
    failure: row.failure,
    because: row.because,
    lastUnknownAt: at(row.last_unknown),
    unknownChanges: row.unknown,
    notShown: row.not_shown,
    cutAt: at(row.cut_at),
  };
}

/** Newest first. */
async function readFindings(context: ServerContext): Promise<readonly TrailFinding[]> {
  const { rows } = await context.pool.query<{
    system: string;
    number: number;
    kind: TrailFindingKind;
    found_at: Date;
    proposal: string | null;
    body: Omit<TrailFinding, 'system' | 'number' | 'kind' | 'foundAt' | 'proposal'>;
  }>(
    `SELECT f.system, f.number, f.kind, f.found_at, f.body, e.proposal_id AS proposal FROM trail_finding f
       LEFT JOIN execution e ON e.tenant_id = f.tenant_id AND e.id = f.execution_id
      WHERE f.tenant_id = $1 AND f.found_at > $2 ORDER BY f.found_at DESC, f.number DESC LIMIT $3`,
    [context.tenant, new Date(context.now() - SHOWN_MS), FINDINGS_SHOWN_MAX],
  );
  return rows.map(({ body, found_at, proposal, ...row }) => ({
    ...body,
    ...row,
    foundAt: rfc3339(unixMsFrom(found_at.getTime())),
    proposal: proposal ?? '',
  }));
}
