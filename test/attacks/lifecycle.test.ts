import { expect, test, vi } from 'vitest';
import { stopActs } from '../../src/app/kill-switch.ts';
import { refreshProposal } from '../../src/app/proposals/project.ts';
import { MS_PER_HOUR, MS_PER_MINUTE, unixMsFrom } from '../../src/base/time.ts';
import type { tally } from '../../src/core/decide/tally.ts';
import type { ExecutorPorts } from '../../src/executor/ports.ts';
import type { isStopped } from '../../src/executor/standing.ts';
import { type Installation, must, startInstallation, startTeam } from '../harness/installation.ts';
import {
  execute,
  failedChecks,
  intentFor,
  know,
  propose,
  review,
  signIntent,
  storeReview,
  tryReview,
} from '../harness/proposals.ts';
import { keepDatabase } from '../harness/snapshot.ts';
import { TENANT } from '../harness/tenant.ts';
import { takeOut } from './seams.ts';
import { withoutChecks } from './taken-out.ts';
import { attack, outcomeOf } from './twin.ts';

vi.mock('../../src/core/act/check.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/act/check.ts')>(),
    'checkExecution',
  ),
);
vi.mock('../../src/core/decide/tally.ts', async original =>
  (await import('./seams.ts')).replaceable(await original<typeof import('../../src/core/decide/tally.ts')>(), 'tally'),
);
vi.mock('../../src/executor/standing.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/executor/standing.ts')>(),
    'isStopped',
  ),
);

/** What the next run is without, where the control is a port of the executor. */
let portsWithout: (world: Installation) => ExecutorPorts = world => world.ports;
const withPorts = (change: (world: Installation) => ExecutorPorts) => () => {
  portsWithout = change;
};
function portsOf(world: Installation): ExecutorPorts {
  const ports = portsWithout(world);
  portsWithout = plain => plain.ports;
  return ports;
}

attack({
  id: 'LIF-01',
  attack: 'an approval is carried out after its time; no sweeper runs',
  control: 'the clock at the moment of use',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    const ports = portsOf(world);
    world.advance(15 * MS_PER_MINUTE + 1);
    const outcome = await execute(world, proposal, ports);
    return outcomeOf(world, [(await know(world, proposal)).state, outcome.kind]);
  },
  without: withPorts(world => {
    const stopped = world.context.now();
    return { ...world.ports, now: () => stopped };
  }),
});

attack({
  id: 'LIF-01',
  attack: 'a review comes a moment after the proposal expired',
  control: 'the rule that a review after the time does not count',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    world.advance(4 * MS_PER_HOUR + 1);
    const asked = await tryReview(world, sam, proposal);
    const intent = await intentFor(world, proposal, sam.person.id);
    await storeReview(world, intent, signIntent(sam, intent));
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [asked.ok ? 'taken' : asked.failure.code, outcome.kind]);
  },
  without: () =>
    takeOut<typeof tally>('tally', (actual, question, reviews, people, policy) =>
      actual({ ...question, reviewBy: unixMsFrom(question.reviewBy + MS_PER_HOUR) }, reviews, people, policy),
    ),
});

attack({
  id: 'LIF-01',
  attack: 'the owner of the database moves the deadline and re-dates a signature that was held back',
  control: 'the deadline that stands in what was signed',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    const intent = await intentFor(world, proposal, sam.person.id);
    const expiresAt = Date.parse(intent.expiresAt);
    await world.database.ownerPool.query(`UPDATE revision SET review_by = review_by + interval '1 day'`);
    world.advance(expiresAt - world.context.now() + 5 * MS_PER_MINUTE);
    await storeReview(world, intent, signIntent(sam, intent), expiresAt - 1);
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: () => withoutChecks('it starts in time'),
});

attack({
  id: 'LIF-02',
  attack: 'nobody answers, however long',
  control: 'the rule that silence is no (a time-out that approves in its place)',
  async run(start) {
    const world = await start();
    const { rosa } = await startTeam(world);
    const proposal = await propose(world, rosa, { targetName: 'svc_ci' });
    const states: string[] = [];
    for (const hours of [1, 1, 22]) {
      const outcome = await execute(world, proposal);
      states.push((await know(world, proposal)).state, outcome.kind);
      world.advance(hours * MS_PER_HOUR);
    }
    const client = await world.serverPool.connect();
    await refreshProposal(world.context, client, proposal).finally(() => client.release());
    const { rows } = await world.serverPool.query<{ state: string }>('SELECT state FROM proposal_index');
    return outcomeOf(world, [...new Set(states), `in the end ${rows[0]?.state}`]);
  },
  without: () =>
    takeOut<typeof tally>('tally', (actual, question, reviews, people, policy) => {
      const counted = actual(question, reviews, people, policy);
      return reviews.length > 0 ? counted : { ...counted, verdict: 'approved', approvedAt: unixMsFrom(Date.now()) };
    }),
});

attack({
  id: 'LIF-06',
  attack: 'the kill switch goes on before an approved act starts',
  control: 'looking at the kill switch, before and at the write',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    must(await stopActs(world.context, admin.person.id, 'stop everything'));
    const outcome = await execute(world, proposal);
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)]);
  },
  without: () => takeOut<typeof isStopped>('isStopped', async () => false),
});

attack({
  id: 'LIF-06',
  attack: 'the kill switch goes on between the last check and the write',
  control: 'asking once more when the write credential is opened',
  async run(start) {
    const world = await start();
    const { admin, rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    const ports = portsOf(world);
    const outcome = await execute(world, proposal, {
      ...ports,
      awaitIncluded: async pendingId => {
        const included = await ports.awaitIncluded(pendingId);
        must(await stopActs(world.context, admin.person.id, 'stop everything'));
        return included;
      },
    });
    return outcomeOf(world, outcome.kind === 'concluded' ? outcome.conclusions : outcome.kind);
  },
  without: withPorts(world => ({
    ...world.ports,
    writeCapability: (system, digest, key) => world.ports.writeCapability(system, digest, key, async () => true),
  })),
});

test('LIF-06: neither role of the database can take a setting of the kill switch back', async () => {
  const world = await startInstallation();
  try {
    const { admin } = await startTeam(world);
    must(await stopActs(world.context, admin.person.id, 'stop everything'));
    for (const pool of [world.serverPool, world.executorPool])
      for (const statement of ['DELETE FROM kill_switch', 'UPDATE kill_switch SET is_on = false'])
        await expect(pool.query(statement)).rejects.toThrow(/permission denied/);
    await expect(
      world.executorPool.query(
        `INSERT INTO kill_switch (tenant_id, seq, is_on, statement, signature, reason, by, at) VALUES ($1, 9, false, '', '{}', '', '', now())`,
        [TENANT],
      ),
    ).rejects.toThrow(/permission denied/);
  } finally {
    await world.stop();
  }
});

test('LIF-06: while the database does not answer, nothing is written', async () => {
  const world = await startInstallation();
  try {
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    const unreachable = async () => {
      throw new Error('the database does not answer');
    };
    await expect(execute(world, proposal, { ...world.ports, readKillSwitch: unreachable })).rejects.toThrow();
    expect(world.target.writes).toEqual([]);
  } finally {
    await world.stop();
  }
});

attack({
  id: 'LIF-07',
  attack:
    'a copy of the database from when the act was approved is put back after it was carried out and undone by hand',
  control: 'the checkpoint that the executor keeps by itself',
  async run(start) {
    const world = await start();
    const { rosa, sam } = await startTeam(world);
    const proposal = await propose(world, rosa);
    await review(world, sam, proposal);
    await world.settleLog();
    const kept = await keepDatabase(world.database.ownerPool);
    await execute(world, proposal);
    Object.assign(world.target.account('app_jo'), { isOpen: true, version: 1 });
    world.target.isForgetful = true;
    await world.stopSequencer();
    await kept.putBack();
    await world.startSequencer();
    const outcome = await execute(world, proposal, portsOf(world));
    return outcomeOf(world, [outcome.kind, ...failedChecks(outcome)], 1);
  },
  without: withPorts(world =>
    world.executorWith({ ...world.storage, lastCheckpoint: () => undefined, keepCheckpoint: () => undefined }),
  ),
});
