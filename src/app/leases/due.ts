import type { Id } from '../../base/id.ts';
import { rfc3339, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { askedNext, type LeaseTurn } from '../../core/decide/lease.ts';
import type { ProposalState } from '../../model/proposal.ts';
import type { Db, ServerContext } from '../context.ts';

/** A lease that ended and still holds something. What it rests on is what the executor wrote. */
export interface EndedLease {
  readonly execution: Id<'execution'>;
  readonly proposal: Id<'proposal'>;
  readonly endsAt: UnixMs;
  readonly last: StoredTurn | undefined;
}

export interface StoredTurn extends LeaseTurn {
  readonly releaseId: Id<'proposal'> | '';
  readonly code: string;
}

interface EndedRow {
  readonly execution: Id<'execution'>;
  readonly proposal: Id<'proposal'>;
  readonly ends_at: string;
  readonly number: number | null;
  readonly at: Date | null;
  readonly release_id: Id<'proposal'> | '' | null;
  readonly code: string | null;
  readonly release_state: ProposalState | null;
}

/** Leases that one look takes, the longest over first; what is beyond is taken by the next, once these are asked about. */
const LEASES_MAX = 200;
/** What was carried out and took effect, as far as anybody saw. */
const HOLDS = `(SELECT f.body->>'outcome' FROM execution_fact f WHERE f.tenant_id = l.tenant_id AND f.execution_id = l.execution_id
    AND f.kind = 'concluded' ORDER BY f.seq DESC LIMIT 1) IN ('succeeded', 'verified', 'not_in_effect')`;
/** Its undo took effect, also where that cannot be proved. */
const RELEASED = `EXISTS (SELECT FROM proposal u JOIN execution e ON e.tenant_id = u.tenant_id AND e.proposal_id = u.id
  WHERE u.tenant_id = l.tenant_id AND u.undoes_execution = l.execution_id
    AND (SELECT f.body->>'outcome' FROM execution_fact f WHERE f.tenant_id = e.tenant_id AND f.execution_id = e.id AND f.kind = 'concluded'
      ORDER BY f.seq DESC LIMIT 1) IN ('verified', 'succeeded'))`;

/** Every lease that ended and still holds something, whether or not people were asked. */
export async function endedLeases(
  context: ServerContext,
  only: readonly string[] | undefined = undefined,
  db: Db = context.pool,
): Promise<readonly EndedLease[]> {
  const { rows } = await db.query<EndedRow>(
    `SELECT l.execution_id AS execution, x.proposal_id AS proposal, l.body->>'endsAt' AS ends_at, t.number, t.at, t.release_id, t.code,
            i.state AS release_state
       FROM execution_fact l JOIN execution x ON x.tenant_id = l.tenant_id AND x.id = l.execution_id
       LEFT JOIN LATERAL (SELECT number, at, release_id, code FROM lease_turn t
         WHERE t.tenant_id = l.tenant_id AND t.execution_id = l.execution_id ORDER BY number DESC LIMIT 1) t ON true
       LEFT JOIN proposal_index i ON i.tenant_id = l.tenant_id AND i.proposal_id = t.release_id
      WHERE l.tenant_id = $1 AND l.kind = 'leased' AND l.body->>'endsAt' <= $2 AND ($3::text[] IS NULL OR l.execution_id = ANY ($3))
        AND ${HOLDS} AND NOT ${RELEASED}
      ORDER BY l.body->>'endsAt' LIMIT $4`,
    [context.tenant, rfc3339(context.now()), only ?? null, LEASES_MAX],
  );
  return rows.map(row => ({
    execution: row.execution,
    proposal: row.proposal,
    endsAt: unixMsFrom(Date.parse(row.ends_at)),
    last: lastOf(row),
  }));
}

function lastOf(row: EndedRow): StoredTurn | undefined {
  if (row.number === null || row.at === null) return undefined;
  const releaseId = row.release_id ?? '';
  return {
    number: row.number,
    at: unixMsFrom(row.at.getTime()),
    // What the index has not caught up with was only just made.
    release: releaseId === '' ? undefined : (row.release_state ?? 'in_review'),
    releaseId,
    code: row.code ?? '',
  };
}

/** Whether people are to be asked now. */
export function isDue(lease: EndedLease, now: UnixMs): boolean {
  const next = askedNext(lease.endsAt, lease.last);
  return next !== undefined && next <= now;
}
