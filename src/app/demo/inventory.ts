import type { Inventory, InventoryRecord } from '../../model/inventory.ts';

/** The name under which the demo's target database stands in proposals. */
export const TARGET_SYSTEM = 'orders-db';

const account = (name: string) => ({ system: TARGET_SYSTEM, name });
const host = (
  name: string,
  criticality: InventoryRecord['criticality'],
  dependents: readonly string[] = [],
): InventoryRecord => ({
  kind: 'host',
  name,
  aliases: [`host:${name}`],
  accounts: [],
  owner: 'Platform',
  privileged: 'no',
  criticality,
  dependents,
});

/** Who and what there is in the demo. Its digest is pinned when a demo is made, so it needs no signature there. */
export const DEMO_INVENTORY: Inventory = {
  v: '1',
  version: '1',
  records: [
    {
      kind: 'person',
      name: 'Carla Reyes (contractor)',
      aliases: ['user:c.reyes', 'user:c.reyes@contractor.example', 'user:carla reyes'],
      accounts: [account('c.reyes')],
      owner: 'Dana Whitfield',
      privileged: 'no',
      criticality: 'low',
      dependents: [],
    },
    {
      kind: 'nhi',
      name: 'ci-deployer',
      aliases: [
        'access_key:AKIAEXAMPLECI0DEPLOY',
        'access_key:akiaexampleci0deploy',
        'nhi:arn:aws:iam::210987654321:user/ci-deployer',
        'user:arn:aws:iam::210987654321:user/ci-deployer',
        'nhi:ci-deployer',
        'nhi:ci_deployer',
        'user:ci-deployer',
        'user:ci_deployer',
      ],
      accounts: [account('ci_deployer')],
      owner: 'Platform',
      privileged: 'yes',
      criticality: 'high',
      dependents: ['nightly release', 'schema migrations'],
    },
    {
      kind: 'service',
      name: 'app_orders',
      aliases: ['user:app_orders'],
      accounts: [account('app_orders')],
      owner: 'Orders',
      privileged: 'no',
      criticality: 'critical',
      dependents: ['order export', 'web shop'],
    },
    {
      kind: 'business_service',
      name: 'Orders',
      aliases: ['database:orders'],
      accounts: [],
      owner: 'Orders',
      privileged: 'no',
      criticality: 'critical',
      dependents: [],
    },
    host('app-07', 'high', ['web shop']),
    host('app-08', 'high', ['web shop']),
    host('ci-runner-02', 'medium'),
    host('db-orders-01', 'critical', ['Orders']),
    host('vpn-gw-01', 'medium'),
  ],
};
