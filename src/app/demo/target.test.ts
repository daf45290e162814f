import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import { readInventory, sealed } from '../../core/decide/closed.ts';
import { createCapability, secretOf } from '../../executor/capability.ts';
import type { ResponderContext } from '../../ports/responder.ts';
import { postgresRole } from '../../responders/postgres-role/responder.ts';
import { IDENTITIES, isRoot } from '../identities.ts';
import type { AttackerStatus } from './attacker.ts';
import { type DemoTarget, startDemoTarget } from './target.ts';

describe('the target of the demo', () => {
  let folder: string;
  let target: DemoTarget;
  const start = async () =>
    await startDemoTarget({
      folder,
      identity: isRoot() ? IDENTITIES.demoTarget : undefined,
      logger: pino({ level: 'silent' }),
    });
  beforeAll(async () => {
    folder = join(await mkdtemp(join(tmpdir(), 'cs-demo-')), 'demo folder');
    // The way to a folder of a test is closed to others, and as root the target runs as somebody else.
    await chmod(join(folder, '..'), 0o711);
    target = await start();
  });
  afterAll(async () => {
    await target?.stop();
    await rm(join(folder, '..'), { recursive: true, force: true });
  });

  const statusOf = (role: string): AttackerStatus => {
    const status = target.attackers.map(attacker => attacker.status()).find(candidate => candidate.role === role);
    if (status === undefined) throw new Error(`nobody holds ${role}`);
    return status;
  };
  const until = async (holds: () => boolean) => {
    for (let waited = 0; !holds() && waited < 15_000; waited += 50) await sleep(50);
    expect(holds()).toBe(true);
  };
  const lock = async (name: string) => {
    const [system] = target.systems;
    if (system === undefined) throw new Error('there is a system');
    const context: ResponderContext = {
      now: () => unixMsFrom(Date.now()),
      readCredential: async () => secretOf(system.readCredential),
      probeCredential: async () => secretOf(system.probeCredential ?? ''),
      timeoutMs: 5_000,
    };
    const plan = await postgresRole.plan(
      { operation: 'lock', target: { name }, before: undefined },
      system.config,
      context,
    );
    if (!plan.ok) throw new Error(plan.failure.detail);
    const capability = createCapability({
      actDigest: '0'.repeat(64),
      idempotencyKey: name,
      open: async () => secretOf(system.writeCredential),
      stillAllowed: async () => true,
    });
    const receipt = await postgresRole.execute(plan.value, system.config, capability, context);
    return { plan: plan.value, receipt, seen: await postgresRole.observe(plan.value, system.config, context) };
  };

  test.each(['c.reyes', 'ci_deployer'])('the session held as %s really reads, and dies with the lock', async role => {
    await until(() => statusOf(role).phase === 'reading' && statusOf(role).rowsRead > 0);
    const { plan, receipt, seen } = await lock(role);
    expect(plan.refusals).toEqual([]);
    expect(plan.facts).toMatchObject({ isPrivileged: 'no', isMachine: role === 'c.reyes' ? 'no' : 'yes' });
    expect(receipt.outcome).toBe('applied');
    expect(seen.ok && seen.value).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
    await until(() => statusOf(role).phase === 'shut_out' && statusOf(role).loginsRefused > 0);
    expect(statusOf(role)).toMatchObject({ sessionsLost: 1, lastRefusal: `role "${role}" is not permitted to log in` });
  });

  test('the inventory that it brings is the one whose digest is pinned', () => {
    const inventory = readInventory(target.inventory);
    expect(inventory.ok && sealed('countersign/inventory/v1', inventory.value).digest).toBe(target.inventoryDigest);
    for (const { system, name } of inventory.ok ? inventory.value.records.flatMap(({ accounts }) => accounts) : []) {
      expect([system, ['c.reyes', 'ci_deployer', 'app_orders'].includes(name)]).toEqual(['orders-db', true]);
    }
  });

  test('started again it is as it was left: what was locked is locked', async () => {
    await target.stop();
    target = await start();
    await until(() => statusOf('c.reyes').loginsRefused > 0);
    expect(statusOf('c.reyes')).toMatchObject({ phase: 'shut_out', rowsRead: 0 });
  });
});
