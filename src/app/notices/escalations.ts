import { unixMsFrom } from '../../base/time.ts';
import { ADMINISTRATORS_AT, ASKED_AGAIN_AT, type EscalationStep, escalationOf } from '../../core/decide/escalation.ts';
import type { ServerContext } from '../context.ts';
import { audiencesOf } from '../drills/sight.ts';
import { type KnownProposal, knowProposals } from '../proposals/facts.ts';
import { hasSeat, isContributor, mayReview } from '../proposals/review.ts';
import { type Audience, type Found, plainFact, recipientsOf, within } from './audience.ts';
import type { Listener } from './people.ts';

/** Proposals that one look takes; what is beyond is taken by the next, since whoever was told is not looked at again. */
const LOOKED_AT_MAX = 200;

/**
 * Proposals that nobody takes. Everybody who may fill an open seat is asked again, whatever they chose to be told of; later the
 * administrators hear of it, who may find somebody and cannot sign for it by being told.
 */
export async function findEscalations(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const now = new Date(context.now());
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT i.proposal_id AS id FROM proposal_index i JOIN revision r USING (tenant_id, proposal_id, revision)
      WHERE i.tenant_id = $1 AND i.state = 'in_review' AND r.review_by > $2
        AND $2 >= r.created_at + (r.review_by - r.created_at) * $4::float8
        AND NOT EXISTS (SELECT FROM notice_fact f WHERE f.tenant_id = i.tenant_id
          AND f.key = 'review_escalated/' || i.proposal_id || '/' || i.revision
            || CASE WHEN $2 >= r.created_at + (r.review_by - r.created_at) * $5::float8 THEN '/2' ELSE '/1' END)
      ORDER BY r.review_by LIMIT $3`,
    [context.tenant, now, LOOKED_AT_MAX, ASKED_AGAIN_AT, ADMINISTRATORS_AT],
  );
  const known = await knowProposals(
    context,
    rows.map(({ id }) => id),
  );
  const audiences = await audiencesOf(
    context,
    known.map(({ stored }) => stored.id),
  );
  const found = known.flatMap(one => {
    const step = stepOf(context, one);
    const team = within(audience, audiences.get(one.stored.id));
    return one.state !== 'in_review' || step === 0 ? [] : [foundStep(context, team, one, step)];
  });
  const told = await context.pool.query<{ key: string }>(
    'SELECT key FROM notice_fact WHERE tenant_id = $1 AND key = ANY ($2)',
    [context.tenant, found.map(({ fact }) => fact.key)],
  );
  const kept = new Set(told.rows.map(({ key }) => key));
  return found.filter(({ fact }) => !kept.has(fact.key));
}

function stepOf(context: ServerContext, { current }: KnownProposal): EscalationStep {
  return escalationOf(unixMsFrom(current.createdAt), current.reviewBy, context.now());
}

function foundStep(context: ServerContext, audience: Audience, known: KnownProposal, step: 1 | 2): Found {
  const { current, tally, stored, presentation } = known;
  const fact = {
    ...plainFact('review_escalated', `${stored.id}/${current.revision}/${step}`, stored.id),
    tier: current.tier === 'TX' ? ('' as const) : current.tier,
    until: new Date(current.reviewBy).toISOString(),
    missing: {
      signatures: tally.slots.filter(({ filledBy }) => filledBy === undefined).length,
      needed: tally.needed,
      gaps: presentation.coverage.gaps.filter(gap => gap.required).length,
    },
    count: step,
  };
  const mayTake = ({ person }: Listener) =>
    !tally.counted.some(review => review.intent.reviewer === person.id) &&
    !isContributor(known, person) &&
    mayReview(context, known, person, 'approve') &&
    hasSeat(context, known, person);
  const isAsked = (listener: Listener) =>
    mayTake(listener) || (step === 2 && listener.person.roles.includes('administrator'));
  return { fact, recipients: recipientsOf(audience, fact.kind, isAsked) };
}
