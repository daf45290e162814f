import type { Gap } from '../../model/claim.ts';
import type { Coverage } from '../../model/coverage.ts';
import type { InventoryRecord } from '../../model/inventory.ts';
import type { Tier } from '../../model/proposal.ts';
import type { Operation } from '../../ports/responder.ts';
import { type Known, tierOf } from '../decide/tier.ts';

/**
 * The tier that a proposal of this operation on this record would have at least: the code's floor, by the inventory and
 * the coverage alone. Its live plan can only raise it.
 */
export function expectedTier(
  operation: Pick<Operation, 'kind' | 'touches' | 'reversibility'>,
  record: InventoryRecord,
  coverage: Coverage,
  gaps: readonly Gap[],
): Tier {
  return tierOf({
    kind: operation.kind,
    touches: operation.touches,
    reversibility: operation.reversibility,
    isPrivileged: record.privileged,
    isMachine: record.kind === 'person' ? 'no' : 'yes',
    isCritical: criticalOf(record),
    isLastAdministrator: false,
    isOwnIdentity: false,
    marks: [],
    actsOfLate: 0,
    dependentsKnown: true,
    coverage: coverage.verdict,
    hasRequiredGap: gaps.some(({ isRequired }) => isRequired),
    undoesTier: undefined,
    policyFloor: undefined,
  }).tier;
}

function criticalOf({ criticality }: InventoryRecord): Known {
  if (criticality === 'unknown') return 'unknown';
  return criticality === 'high' || criticality === 'critical' ? 'yes' : 'no';
}
