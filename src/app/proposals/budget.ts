import { ok } from '../../base/result.ts';
import { MS_PER_HOUR, rfc3339, unixMsFrom } from '../../base/time.ts';
import {
  type AttentionPool,
  type CountedProposal,
  DECISIONS_PER_HOUR_MAX,
  poolOf,
  type Throttle,
  type ThrottleReason,
  throttleOf,
  WAITING_PER_REVIEWER_MAX,
} from '../../core/decide/budget.ts';
import type { Severity } from '../../model/alert.ts';
import type { AttentionBudget } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { askerOf, type Origin, OWN_SYSTEM, type ProposalState } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import { type Db, type ServerContext, transact } from '../context.ts';
import { seenBy, viewerOf } from '../drills/sight.ts';
import { readPeople } from '../people.ts';
import type { Draft } from './draft.ts';
import { knowProposals } from './facts.ts';
import { mayReviewTwoPersonActs } from './review.ts';

const POOLS: readonly AttentionPool[] = ['critical', 'high', 'other'];

/** Two who propose at once are counted one after the other. Held until the transaction ends. */
export async function takeTurn(context: ServerContext, client: Db): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtextextended('proposals/' || $1, 0))", [context.tenant]);
}

/** Why a proposal is kept waiting outside of the inbox. */
export interface TurnedAway {
  readonly pool: AttentionPool;
  readonly throttle: Throttle;
}

/**
 * Whether people have attention left for this proposal; undefined where they have. An undo always has its place: it is
 * bounded by what was done.
 */
export async function lacksAttention(
  context: ServerContext,
  person: Person,
  draft: Pick<Draft, 'incident' | 'system' | 'undoes'>,
  db: Db = context.pool,
): Promise<TurnedAway | undefined> {
  if (draft.undoes !== undefined) return undefined;
  const { rows } = await db.query<{ severity: Severity }>(
    'SELECT severity FROM incident WHERE tenant_id = $1 AND id = $2',
    [context.tenant, draft.incident],
  );
  const pool = poolOf(rows[0]?.severity, draft.system === OWN_SYSTEM);
  // Drills take no room of what is meant.
  const known = await countProposals(context, db, viewerOf(undefined));
  const throttle = throttleOf({ proposer: person.id, pool }, known, await reviewersOf(context, db), context.now());
  return throttle === undefined ? undefined : { pool, throttle };
}

/** Notes that a proposal was turned away, and says why and when there is room. */
export async function turnAway(
  context: ServerContext,
  person: Person,
  incident: string,
  { pool, throttle }: TurnedAway,
): Promise<Failure> {
  await transact(context, async client => {
    await client.query(
      'INSERT INTO proposal_throttled (tenant_id, person_id, incident_id, pool, reason, at) VALUES ($1, $2, $3, $4, $5, $6)',
      [context.tenant, person.id, incident, pool, throttle.reason, new Date(context.now())],
    );
    return ok(true);
  });
  return failureOf('proposal.throttled', throttleText(pool, throttle));
}

/** States in which an act is still going to happen, or may. */
const UNSETTLED: readonly ProposalState[] = ['in_review', 'approved', 'checking', 'executing'];
/** More than one of the same act is never in review, so the others are rows that the index has not caught up with. */
const SAME_MAX = 10;

/** The proposal that asks for the same act and is not settled yet: the index finds it, and its facts say whether that is still so. */
export async function sameInReview(
  context: ServerContext,
  draft: Draft,
  db: Db = context.pool,
): Promise<string | undefined> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT i.proposal_id AS id FROM proposal_index i JOIN revision r ON r.tenant_id = i.tenant_id AND r.proposal_id = i.proposal_id AND r.revision = i.revision
      WHERE i.tenant_id = $1 AND i.state = ANY ($6) AND i.review_by > now() - interval '1 hour'
        AND r.plan->'target'->>'system' = $2 AND r.plan->>'operation' = $3
        AND (r.plan->'facts'->>'displayName' = $4 OR r.plan->'target'->>'immutableId' = $4)
        AND r.plan->'params' @> $5::jsonb LIMIT $7`,
    [
      context.tenant,
      draft.system,
      draft.operation,
      'name' in draft.target ? draft.target.name : draft.target.immutableId,
      JSON.stringify(draft.params),
      UNSETTLED,
      SAME_MAX,
    ],
  );
  const found = await knowProposals(
    context,
    rows.map(({ id }) => id),
    db,
  );
  return found.find(({ state }) => UNSETTLED.includes(state))?.stored.id;
}

const REASON_TEXT: { readonly [R in ThrottleReason]: (count: number, most: number) => string } = {
  yours_waiting: (count, most) => `${count} of yours wait for people, of ${most} that may`,
  all_waiting: (count, most) => `${count} wait for people, of ${most} that those who may review can look at`,
  yours_per_hour: (count, most) => `you made ${count} in the last hour, of ${most} that one person may`,
  all_per_hour: (count, most) => `${count} were made in the last hour, of ${most} that those who may review can decide`,
};

function throttleText(pool: AttentionPool, { reason, count, most, until }: Throttle): string {
  const what = pool === 'other' ? 'proposals about nothing graver than medium' : `proposals about ${pool} incidents`;
  const when = rfc3339(until).slice(11, 16);
  return `Of ${what}, ${REASON_TEXT[reason](count, most)}. There is room when some are decided or withdrawn, at ${when} UTC at the latest.`;
}

/** Those that may review acts of two people: whose attention is shared out. */
async function reviewersOf(context: ServerContext, db: Db): Promise<number> {
  return (await readPeople(context, db)).filter(person => mayReviewTwoPersonActs(context, person)).length;
}

async function countProposals(context: ServerContext, db: Db, viewer: string): Promise<readonly CountedProposal[]> {
  const now = new Date(context.now());
  const { rows } = await db.query<{
    origin: Origin;
    waits: boolean;
    severity: Severity | null;
    is_own: boolean;
    created_at: Date;
    review_by: Date;
  }>(
    `SELECT p.origin, i.state = 'in_review' AND i.review_by > $2 AS waits, n.severity, p.created_at, i.review_by,
            (SELECT r.plan->'target'->>'system' = $4 FROM revision r
              WHERE r.tenant_id = p.tenant_id AND r.proposal_id = p.id AND r.revision = i.revision) AS is_own
       FROM proposal p JOIN proposal_index i ON i.tenant_id = p.tenant_id AND i.proposal_id = p.id
       LEFT JOIN incident n ON n.tenant_id = p.tenant_id AND n.id = p.incident_id
      WHERE p.tenant_id = $1 AND p.undoes_execution IS NULL AND ((i.state = 'in_review' AND i.review_by > $2) OR p.created_at > $3)
        AND ${seenBy('p.id', '$5')}`,
    [context.tenant, now, new Date(context.now() - MS_PER_HOUR), OWN_SYSTEM, viewer],
  );
  return rows.map(row => ({
    proposer: askerOf(row.origin) ?? '',
    pool: poolOf(row.severity ?? undefined, row.is_own),
    isWaiting: row.waits,
    createdAt: unixMsFrom(row.created_at.getTime()),
    reviewBy: unixMsFrom(row.review_by.getTime()),
  }));
}

/** How much attention is asked for, and whether proposers are kept waiting. */
export async function viewBudget(context: ServerContext, person: Person | undefined): Promise<AttentionBudget> {
  const known = await countProposals(context, context.pool, viewerOf(person));
  const reviewers = await reviewersOf(context, context.pool);
  const people = Math.max(1, reviewers);
  const { rows } = await context.pool.query<{ pool: AttentionPool; turned_away: number; proposers: number }>(
    `SELECT pool, count(*)::int AS turned_away, count(DISTINCT person_id)::int AS proposers FROM proposal_throttled
      WHERE tenant_id = $1 AND at > $2 GROUP BY pool`,
    [context.tenant, new Date(context.now() - MS_PER_HOUR)],
  );
  return {
    reviewers,
    pools: POOLS.map(pool => {
      const same = known.filter(one => one.pool === pool);
      const away = rows.find(row => row.pool === pool);
      return {
        pool,
        waiting: same.filter(one => one.isWaiting).length,
        waitingMost: WAITING_PER_REVIEWER_MAX * people,
        madeLastHour: same.filter(one => context.now() - one.createdAt < MS_PER_HOUR).length,
        madeMost: DECISIONS_PER_HOUR_MAX * people,
        turnedAwayLastHour: away?.turned_away ?? 0,
        proposersTurnedAway: away?.proposers ?? 0,
      };
    }),
  };
}
