import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import { isOwnTarget } from '../../model/proposal.ts';
import type { Plan } from '../../ports/responder.ts';
import { indexOf } from './inventory-index.ts';
import { type Known, worse } from './tier.ts';

/** What a signed inventory and a live read say together about a target. */
export interface TargetClass {
  readonly record: InventoryRecord | undefined;
  readonly isPrivileged: Known;
  readonly isMachine: Known;
  readonly isCritical: Known;
  readonly dependentsKnown: boolean;
  readonly dependents: readonly string[];
}

const OWN_CLASS: TargetClass = {
  record: undefined,
  isPrivileged: 'no',
  isMachine: 'no',
  isCritical: 'no',
  dependentsKnown: true,
  dependents: [],
};

/**
 * Classes a target. Without a signed inventory that lists it, its class is unknown, whatever the live read says:
 * a live read can make a target more delicate, never less.
 */
export function classOf(plan: Plan, inventory: Inventory | undefined): TargetClass {
  // What this installation keeps itself is in no inventory; what is delicate about it, its kind and its marks say.
  if (isOwnTarget(plan.target)) return OWN_CLASS;
  const account = { system: plan.target.system, name: plan.facts.displayName };
  const records = inventory === undefined ? [] : indexOf(inventory).byAccount(account);
  const [record] = records;
  // An account that is listed twice is as delicate as the worse of the two says.
  const worst = (of: (record: InventoryRecord) => Known): Known =>
    records.length === 0 ? 'unknown' : records.map(of).reduce(worse);
  const listed = {
    privileged: worst(one => one.privileged),
    machine: worst(one => (one.kind === 'person' ? 'no' : 'yes')),
    critical: worst(criticalOf),
  };
  const live = plan.facts;
  return {
    record,
    isPrivileged: worse(listed.privileged, live.isPrivileged === 'unknown' ? listed.privileged : live.isPrivileged),
    // A live read seldom tells a machine from a person, so where it does not know, the inventory's word stands.
    isMachine: worse(listed.machine, live.isMachine === 'unknown' ? listed.machine : live.isMachine),
    isCritical: listed.critical,
    dependentsKnown:
      record !== undefined && (records.every(one => one.kind === 'person') || plan.blast.unknown.length === 0),
    dependents: [...new Set(records.flatMap(one => one.dependents))],
  };
}

function criticalOf(record: InventoryRecord): Known {
  if (record.criticality === 'unknown') return 'unknown';
  return record.criticality === 'high' || record.criticality === 'critical' ? 'yes' : 'no';
}
