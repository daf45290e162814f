import { expect, test } from 'vitest';
import { ok } from '../../src/base/result.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import { settleUnfinished } from '../../src/executor/recover.ts';
import { startInstallation, startTeam } from '../harness/installation.ts';
import { execute, know, propose, review } from '../harness/proposals.ts';

test('an act whose effect nothing proves is looked at again for an hour, and then the target is asked no more', async () => {
  const world = await startInstallation();
  try {
    const { rosa, sam } = await startTeam(world);
    let looks = 0;
    const ports: ExecutorPorts = {
      ...world.ports,
      async observe(...args) {
        looks += 1;
        const seen = await world.ports.observe(...args);
        return seen.ok ? ok({ ...seen.value, effect: 'unproven' }) : seen;
      },
    };
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await execute(world, proposal, ports);
    expect((await know(world, proposal)).state).toBe('succeeded');
    looks = 0;
    await settleUnfinished(ports);
    expect(looks).toBe(1);
    await world.database.ownerPool.query(`UPDATE execution SET claimed_at = claimed_at - interval '61 minutes'`);
    await settleUnfinished(ports);
    expect(looks).toBe(1);
    expect((await know(world, proposal)).state).toBe('succeeded');
  } finally {
    await world.stop();
  }
});
