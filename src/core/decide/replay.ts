import type { PolicyReplay, ReplayedDecision } from '../../model/api-policy.ts';
import { type Presentation, TIER_RANK, type Tier } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import { authorise, type PolicySet, principalOf } from './authorise.ts';
import { policyFloorOf } from './floor.ts';
import { ACTS_OF_A_KIND_MAX } from './kinds.ts';
import type { HeardReview } from './tally.ts';
import { type Known, type TierFacts, tierOf } from './tier.ts';

/** A decision that was made, with what it rested on. */
export interface PastDecision extends Pick<ReplayedDecision, 'proposal' | 'operation' | 'targetName' | 'at' | 'state'> {
  readonly tier: Tier;
  readonly facts: Omit<TierFacts, 'policyFloor'>;
  /** Approvals whose signatures held. */
  readonly approvals: readonly HeardReview[];
  readonly isContributor: (person: Person['id']) => boolean;
}

/**
 * The facts of a tier, from what was shown and signed: its reasons say what was known of the target. Where a class was not
 * known, each mark that is not named counts as not known, so a replay may call an act stricter than it was, and never looser.
 */
export function factsShown(
  operation: Pick<TierFacts, 'kind' | 'touches' | 'reversibility'>,
  { reasons, coverage }: Pick<Presentation, 'reasons' | 'coverage'>,
  actsOfLate: number,
): Omit<TierFacts, 'policyFloor'> {
  const { kind, touches, reversibility } = operation;
  const has = (reason: (typeof reasons)[number]) => reasons.includes(reason);
  const mark = (reason: (typeof reasons)[number]): Known =>
    has(reason) ? 'yes' : has('target_class_unknown') ? 'unknown' : 'no';
  return {
    kind,
    touches,
    reversibility,
    isPrivileged: mark('privileged_target'),
    isMachine: mark('machine_identity'),
    isCritical: mark('business_critical'),
    isLastAdministrator: has('last_administrator'),
    isOwnIdentity: has('own_identity'),
    marks: (['severe_incident', 'containment_open', 'audit_rule', 'grave_rule', 'wide_scope'] as const).filter(has),
    actsOfLate: has('many_of_late') ? Math.max(actsOfLate, ACTS_OF_A_KIND_MAX) : actsOfLate,
    dependentsKnown: !has('dependents_unknown'),
    coverage: coverage.status,
    hasRequiredGap: coverage.gaps.some(gap => gap.required),
    undoesTier: has('undoes_two_person_act') ? 'T3' : has('undoes_reviewed_act') ? 'T2' : undefined,
  };
}

/** Rows that are told one by one; the others are counted. */
const ROWS_MAX = 100;

/** What another policy would have made of decisions: of each its tier, and whose signature would not have counted. Pure. */
export function replayDecisions(
  decisions: readonly PastDecision[],
  next: PolicySet,
  people: ReadonlyMap<Person['id'], Person>,
): Omit<PolicyReplay, 'days' | 'isPartial'> {
  const replayed = decisions.map(decision => replayOne(decision, next, people));
  const changed = replayed.filter(({ from, to, lost }) => from !== to || lost.length > 0);
  const isDone = ({ state }: ReplayedDecision) => state === 'verified' || state === 'succeeded' || state === 'undone';
  return {
    decisions: decisions.length,
    stricter: replayed.filter(({ from, to }) => TIER_RANK[to] > TIER_RANK[from]).length,
    looser: replayed.filter(({ from, to }) => TIER_RANK[to] < TIER_RANK[from]).length,
    never: replayed.filter(({ from, to }) => to === 'TX' && from !== 'TX').length,
    unsigned: replayed.filter(({ lost }) => lost.length > 0).length,
    rows: [...changed].sort((a, b) => Number(isDone(b)) - Number(isDone(a))).slice(0, ROWS_MAX),
  };
}

function replayOne(
  { tier, facts, approvals, isContributor, proposal, operation, targetName, at, state }: PastDecision,
  next: PolicySet,
  people: ReadonlyMap<Person['id'], Person>,
): ReplayedDecision {
  const floor = policyFloorOf(next.floors, facts);
  const made = tierOf({ ...facts, policyFloor: floor.tier });
  const lost = approvals.flatMap(({ review, signedWith }) => {
    const person = people.get(review.intent.reviewer);
    if (person === undefined || tier === 'TX') return [];
    const action = tier === 'T1' ? 'review_t1' : tier === 'T2' ? 'review_t2' : 'review_t3';
    const may = authorise(next, principalOf(person), action, { isContributor: isContributor(person.id), signedWith });
    return may.isAllowed ? [] : [{ person: person.id, rules: may.reasons }];
  });
  return { proposal, operation, targetName, at, state, from: tier, to: made.tier, rules: floor.rules, lost };
}
