import type { PolicyFloor } from '../../model/policy.ts';
import { stricter, type Tier } from '../../model/proposal.ts';
import type { TierFacts } from './tier.ts';

/** What a policy of the installation adds to the code's rules for one act: the least tier, and the rules that ask for it. */
export interface FloorFound {
  readonly tier: Tier | undefined;
  readonly rules: readonly string[];
}

/**
 * The strictest floor that applies, and every rule that does. A mark that is not known counts as there. A floor never
 * speaks about changes of the policy itself, or one of them could make itself the last.
 */
export function policyFloorOf(floors: readonly PolicyFloor[], facts: Omit<TierFacts, 'policyFloor'>): FloorFound {
  if (facts.kind === 'change_policy') return { tier: undefined, rules: [] };
  const applying = floors.filter(floor => applies(floor, facts));
  return {
    tier: applying.reduce<Tier | undefined>(
      (tier, { atLeast }) => (tier === undefined ? atLeast : stricter(tier, atLeast)),
      undefined,
    ),
    rules: applying.map(({ id }) => id),
  };
}

function applies(floor: PolicyFloor, facts: Omit<TierFacts, 'policyFloor'>): boolean {
  const marks = { privileged: facts.isPrivileged, machine: facts.isMachine, critical: facts.isCritical };
  return (
    (floor.kinds.length === 0 || floor.kinds.some(kind => kind === facts.kind)) &&
    (floor.touches.length === 0 || floor.touches.some(touches => touches === facts.touches)) &&
    (floor.targets.length === 0 || floor.targets.some(target => marks[target] !== 'no')) &&
    (!floor.isForGaps || facts.coverage === 'gaps' || facts.coverage === 'unknown' || facts.hasRequiredGap) &&
    facts.actsOfLate >= floor.fromActs
  );
}
