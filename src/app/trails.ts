import { fail, ok, type Result } from '../base/result.ts';
import { MS_PER_DAY, rfc3339, unixMsFrom } from '../base/time.ts';
import { type TrailLooks, trailHealth } from '../core/act/trail-health.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import { OWN_SYSTEM } from '../model/proposal.ts';
import type { Person } from '../model/review.ts';
import type { TrailFinding, TrailFindingKind, TrailHealth, TrailsView } from '../model/trail.ts';
import { keepBlob, openBlob } from './blob.ts';
import { record, type ServerContext, transact } from './context.ts';
import { readPeople } from './people.ts';

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
                sum((body ->> 'count')::int) FILTER (WHERE kind = 'unknown_change' AND found_at > $2 AND s.at IS NULL) AS unknown,
                sum((body ->> 'count')::int) FILTER (WHERE kind = 'not_shown' AND found_at > $2 AND s.at IS NULL) AS not_shown
           FROM trail_finding LEFT JOIN trail_seen s USING (tenant_id, system, number)
          WHERE tenant_id = t.tenant_id AND system = t.system) f ON true
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

/**
 * Keeps that a person looked at a finding, with what they wrote. Fails with `not_found` where there is none, and with
 * `trail.seen_before` where somebody did already.
 */
export function lookAtFinding(
  context: ServerContext,
  person: Person,
  at: Pick<TrailFinding, 'system' | 'number'>,
  why: string,
): Promise<Result<true, Failure>> {
  return transact(context, async client => {
    const { rowCount } = await client.query(
      'SELECT FROM trail_finding WHERE tenant_id = $1 AND system = $2 AND number = $3',
      [context.tenant, at.system, at.number],
    );
    if (rowCount === 0) return fail(failureOf('not_found', `${at.system}/${at.number}`));
    // Of two who look at once the second one waits here, and sees the first.
    await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `trail-seen/${context.tenant}/${at.system}`,
    ]);
    const before = await client.query('SELECT FROM trail_seen WHERE tenant_id = $1 AND system = $2 AND number = $3', [
      context.tenant,
      at.system,
      at.number,
    ]);
    if (before.rowCount !== 0) return fail(failureOf('trail.seen_before', `${at.system}/${at.number}`));
    const whyCommit = await keepBlob(context, client, why, 'text/plain');
    const pendingId = await record(context, client, {
      type: 'trail.seen',
      system: at.system,
      number: String(at.number),
      by: person.id,
      whyCommit,
    });
    await client.query(
      'INSERT INTO trail_seen (tenant_id, system, number, person_id, why_commit, at, pending_id) VALUES ($1, $2, $3, $4, $5, $6, $7)',
      [context.tenant, at.system, at.number, person.id, whyCommit, new Date(context.now()), pendingId],
    );
    return ok(true as const);
  });
}

/** Those at which nobody has looked first, of each the newest. */
async function readFindings(context: ServerContext): Promise<readonly TrailFinding[]> {
  const people = new Map((await readPeople(context)).map(({ id, name }) => [id as string, name]));
  const { rows } = await context.pool.query<{
    seen_by: string | null;
    seen_at: Date | null;
    why_commit: string | null;
    salt: Buffer | null;
    bytes: Buffer | null;
    system: string;
    number: number;
    kind: TrailFindingKind;
    found_at: Date;
    proposal: string | null;
    body: Omit<TrailFinding, 'system' | 'number' | 'kind' | 'foundAt' | 'proposal' | 'seen'>;
  }>(
    `SELECT f.system, f.number, f.kind, f.found_at, f.body, e.proposal_id AS proposal, s.person_id AS seen_by, s.at AS seen_at,
            s.why_commit, b.salt, b.bytes
       FROM trail_finding f
       LEFT JOIN execution e ON e.tenant_id = f.tenant_id AND e.id = f.execution_id
       LEFT JOIN trail_seen s ON s.tenant_id = f.tenant_id AND s.system = f.system AND s.number = f.number
       LEFT JOIN audit_blob b ON b.tenant_id = s.tenant_id AND b.commit_hex = s.why_commit
      WHERE f.tenant_id = $1 AND f.found_at > $2 ORDER BY s.at IS NOT NULL, f.found_at DESC, f.number DESC LIMIT $3`,
    [context.tenant, new Date(context.now() - SHOWN_MS), FINDINGS_SHOWN_MAX],
  );
  return rows.map(({ system, number, kind, body, found_at, proposal, seen_by, seen_at, why_commit, salt, bytes }) => ({
    ...body,
    system,
    number,
    kind,
    foundAt: rfc3339(unixMsFrom(found_at.getTime())),
    proposal: proposal ?? '',
    ...(seen_by === null || seen_at === null
      ? {}
      : {
          seen: {
            by: people.get(seen_by) ?? seen_by,
            at: rfc3339(unixMsFrom(seen_at.getTime())),
            why: openBlob({ commit: why_commit ?? '', salt, bytes }) ?? 'what they wrote was erased',
          },
        }),
  }));
}
