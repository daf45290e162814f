import type { Inventory } from '../../model/inventory.ts';
import type { Presentation } from '../../model/proposal.ts';
import type { Operation, Plan } from '../../ports/responder.ts';
import type { PolicySet } from './authorise.ts';
import { policyFloorOf } from './floor.ts';
import { classOf } from './target-class.ts';
import type { TierFacts } from './tier.ts';

/**
 * The facts of a tier, from an operation's declaration, a live plan, a signed inventory, the coverage that was shown and
 * the floors of this installation's policy.
 */
export function tierFactsOf(
  operation: Operation,
  plan: Plan,
  inventory: Inventory | undefined,
  coverage: Presentation['coverage'],
  besides: Pick<TierFacts, 'undoesTier' | 'actsOfLate'> & Pick<PolicySet, 'floors'>,
): TierFacts {
  const target = classOf(plan, inventory);
  const facts = {
    kind: operation.kind,
    touches: operation.touches,
    reversibility: operation.reversibility,
    isPrivileged: target.isPrivileged,
    isMachine: target.isMachine,
    isCritical: target.isCritical,
    isLastAdministrator: plan.facts.isLastAdministrator,
    isOwnIdentity: plan.facts.isOwnIdentity,
    marks: plan.facts.marks ?? [],
    actsOfLate: besides.actsOfLate,
    dependentsKnown: target.dependentsKnown,
    coverage: coverage.status,
    hasRequiredGap: coverage.gaps.some(gap => gap.required),
    undoesTier: besides.undoesTier,
  };
  return { ...facts, policyFloor: policyFloorOf(besides.floors, facts).tier };
}
