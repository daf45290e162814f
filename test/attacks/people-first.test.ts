import { vi } from 'vitest';
import type { record } from '../../src/app/context.ts';
import type { hasOpenedEvidence } from '../../src/app/proposals/opened.ts';
import type { isBoilerplate } from '../../src/core/decide/reason.ts';
import type { tierOf } from '../../src/core/decide/tier.ts';
import { personRecord, signInventory, startTeam } from '../harness/installation.ts';
import { execute, failedChecks, propose, review, storeRevision, tryPropose, tryReview } from '../harness/proposals.ts';
import { takeOut } from './seams.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/app/proposals/opened.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/app/proposals/opened.ts')>(),
    'hasOpenedEvidence',
  ),
);
vi.mock('../../src/core/decide/reason.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/decide/reason.ts')>(),
    'isBoilerplate',
  ),
);
vi.mock('../../src/core/decide/tier.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/tier.ts')>(), 'tierOf'),
);
vi.mock('../../src/app/context.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/app/context.ts')>(), 'record'),
);

attack({
  id: 'HUM-03',
  attack: 'somebody approves without having opened any of the evidence',
  control: 'the server’s own account of what was opened',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    const asked = await tryReview(world, sam, proposal, { isUnread: true });
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.code, outcome.kind]);
  },
  without: () => takeOut<typeof hasOpenedEvidence>('hasOpenedEvidence', async () => true),
});

attack({
  id: 'HUM-06',
  attack: 'an approval whose reason says nothing: one letter over and over, between characters that nobody sees',
  control: 'the reading of reasons',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    const asked = await tryReview(world, sam, proposal, {
      reason: 'a\u200ba\u200ba\u200ba\u200ba\u200ba\u200ba\u200ba\u200ba',
    });
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.code, outcome.kind]);
  },
  without: () => takeOut<typeof isBoilerplate>('isBoilerplate', () => false),
});

attack({
  id: 'EXE-09',
  attack: 'an act on the account by which Countersign itself is there, written past the server’s own check',
  control: 'the rule that our own identity is out of reach',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    world.target.add({ id: 'id-own', name: 'svc_countersign', isOwn: true });
    await signInventory(world, admin, [personRecord('Jo Known', 'app_jo'), personRecord('Ours', 'svc_countersign')], 2);
    const asked = await tryPropose(world, rosa, { targetName: 'svc_countersign' });
    const from = asked.ok ? asked.value : await propose(world, rosa);
    const proposal = asked.ok
      ? from
      : await storeRevision(world, from, {
          isNewProposal: true,
          act: { target: { type: 'database_role', system: 'orders-db', immutableId: 'id-own' } },
          presentation: { targetName: 'svc_countersign' },
        });
    await review(world, sam, proposal);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [asked.ok ? 'proposed' : asked.failure.code, outcome.kind, ...failedChecks(outcome)]);
  },
  without: () => takeOut<typeof tierOf>('tierOf', (actual, facts) => actual({ ...facts, isOwnIdentity: false })),
});

attack({
  id: 'AUD-06',
  attack: 'somebody tries what they may not, and hopes that only what was let through is written down',
  control: 'the entry for what was refused',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    const asked = await tryReview(world, sam, proposal, { isUnread: true });
    await world.settleLog();
    const { rows } = await world.serverPool.query<{ count: string }>(
      `SELECT count(*) FROM audit_entry WHERE convert_from(entry, 'UTF8') LIKE '%"type":"review.refused"%'`,
    );
    const count = rows[0]?.count ?? '';
    return {
      succeeded: count === '0',
      seen: `${asked.ok ? 'taken' : asked.failure.code}, ${count} entries of it`,
    };
  },
  without: () =>
    takeOut<typeof record>('record', (actual, context, client, fact) =>
      fact.type === 'review.refused' ? Promise.resolve('') : actual(context, client, fact),
    ),
});
