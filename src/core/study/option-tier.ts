import type { Gap } from '../../model/claim.ts';
import type { Coverage } from '../../model/coverage.ts';
import type { InventoryRecord } from '../../model/inventory.ts';
import type { Tier } from '../../model/proposal.ts';
import type { Operation } from '../../ports/responder.ts';
import { type Known, type TierFacts, tierOf } from '../decide/tier.ts';

/**
 * The tier that a proposal of this operation on this record would have at least: the code's floor, by the inventory and
 * the coverage alone. Its live plan can only raise it.
 */
export function expectedTier(
  operation: Pick<Operation, 'kind' | 'touches' | 'reversibility'>,
  record: InventoryRecord | undefined,
  coverage: Coverage,
  gaps: readonly Gap[],
): Tier {
  return tierOf(
    expectedFacts(
      operation,
      record,
      coverage.verdict,
      gaps.some(({ isRequired }) => isRequired),
    ),
  ).tier;
}

/** What a tier rests on, as far as it is known before anybody looks at the target. Not listed: its class is unknown. */
export function expectedFacts(
  operation: Pick<Operation, 'kind' | 'touches' | 'reversibility'>,
  record: InventoryRecord | undefined,
  coverage: TierFacts['coverage'],
  hasRequiredGap: boolean,
): TierFacts {
  return {
    kind: operation.kind,
    touches: operation.touches,
    reversibility: operation.reversibility,
    isPrivileged: record === undefined ? 'unknown' : record.privileged,
    isMachine: record === undefined ? 'unknown' : record.kind === 'person' ? 'no' : 'yes',
    isCritical: record === undefined ? 'unknown' : criticalOf(record),
    isLastAdministrator: false,
    isOwnIdentity: false,
    marks: [],
    actsOfLate: 0,
    dependentsKnown: true,
    coverage,
    hasRequiredGap,
    undoesTier: undefined,
    policyFloor: undefined,
  };
}

function criticalOf({ criticality }: InventoryRecord): Known {
  if (criticality === 'unknown') return 'unknown';
  return criticality === 'high' || criticality === 'critical' ? 'yes' : 'no';
}
