import { describe, expect, test } from 'vitest';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import type { Plan, TargetFacts } from '../../ports/responder.ts';
import { classOf } from './target-class.ts';

const RECORD: InventoryRecord = {
  kind: 'person',
  name: 'Jo',
  aliases: [],
  accounts: [{ system: 'orders-db', name: 'app_jo' }],
  owner: '',
  privileged: 'no',
  criticality: 'low',
  dependents: ['reports'],
};
const inventory = (...records: readonly Partial<InventoryRecord>[]): Inventory => ({
  v: '1',
  version: '1',
  records: records.map(record => ({ ...RECORD, ...record })),
});
function planFor(facts: Partial<TargetFacts> = {}, unknown: readonly string[] = []): Plan {
  return {
    operation: 'lock',
    operationVersion: '1',
    target: { type: 'database_role', system: 'orders-db', immutableId: '1' },
    facts: {
      displayName: 'app_jo',
      isPrivileged: 'no',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: false,
      ...facts,
    },
    params: {},
    preconditions: [],
    changes: [],
    blast: { direct: [], dependents: [], unknown },
    sideEffects: [],
    refusals: [],
    dryRun: 'native',
    digest: '',
  };
}

describe('the class of a target', () => {
  test('is unknown without a signed inventory, and where the inventory does not list it there', () => {
    const elsewhere = inventory({ accounts: [{ system: 'other-db', name: 'app_jo' }] });
    for (const known of [undefined, inventory(), elsewhere])
      expect(classOf(planFor(), known)).toMatchObject({
        isPrivileged: 'unknown',
        isMachine: 'unknown',
        isCritical: 'unknown',
        dependentsKnown: false,
      });
  });

  test('is what the inventory says, for a person of whom everything is known', () => {
    expect(classOf(planFor({}, ['who else uses it']), inventory({}))).toMatchObject({
      isPrivileged: 'no',
      isMachine: 'no',
      isCritical: 'no',
      dependentsKnown: true,
      dependents: ['reports'],
    });
  });

  test('is made more delicate by a live read, and never less', () => {
    expect(classOf(planFor({ isPrivileged: 'yes', isMachine: 'yes' }), inventory({}))).toMatchObject({
      isPrivileged: 'yes',
      isMachine: 'yes',
    });
    const delicate = inventory({ privileged: 'yes', kind: 'nhi', criticality: 'critical' });
    expect(classOf(planFor({ isPrivileged: 'no', isMachine: 'no' }), delicate)).toMatchObject({
      isPrivileged: 'yes',
      isMachine: 'yes',
      isCritical: 'yes',
    });
  });

  test('of a machine rests on knowing what depends on it', () => {
    const machine = inventory({ kind: 'nhi' });
    expect(classOf(planFor({}, ['pooled clients']), machine).dependentsKnown).toBe(false);
    expect(classOf(planFor(), machine).dependentsKnown).toBe(true);
  });

  test('of an account that is listed twice is the worse of the two, in either order', () => {
    const [mild, grave]: readonly Partial<InventoryRecord>[] = [
      {},
      { kind: 'nhi', privileged: 'unknown', criticality: 'high', dependents: ['payroll'] },
    ];
    for (const both of [inventory(mild ?? {}, grave ?? {}), inventory(grave ?? {}, mild ?? {})]) {
      const found = classOf(planFor({}, ['x']), both);
      expect(found).toMatchObject({
        isPrivileged: 'unknown',
        isMachine: 'yes',
        isCritical: 'yes',
        dependentsKnown: false,
      });
      expect([...found.dependents].sort()).toEqual(['payroll', 'reports']);
    }
  });
});
