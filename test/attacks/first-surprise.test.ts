import { expect, test, vi } from 'vitest';
import { knowProposal } from '../../src/app/proposals/facts.ts';
import type { batchTurn } from '../../src/core/act/batch-turn.ts';
import { proposeMany, tryBatch } from '../harness/batches.ts';
import { type Installation, must, startInstallation, startTeam } from '../harness/installation.ts';
import { execute, failedChecks, know } from '../harness/proposals.ts';
import { Unanswered } from '../harness/target.ts';
import { takeOut } from './seams.ts';
import { attack } from './twin.ts';

vi.mock('../../src/core/act/batch-turn.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/core/act/batch-turn.ts')>(),
    'batchTurn',
  ),
);

const FIVE = Array.from({ length: 5 }, () => 'suspend');

/** Five acts that one signature covers, and a target that does not answer for the third. */
async function fiveOfWhichTheThirdIsCut(world: Installation): Promise<readonly `prp_${string}`[]> {
  const team = await startTeam(world);
  const proposals = await proposeMany(world, team, FIVE);
  must(await tryBatch(world, team.sam, proposals, { opens: 'all' }));
  const { targetName } = (await know(world, proposals[2] ?? '')).presentation;
  world.target.onWrite = ({ id }) => {
    if (id === `id-${targetName}`) throw new Unanswered('cut');
  };
  return proposals;
}

attack({
  id: 'EXE-07',
  attack:
    'of five accounts that one signature covers the third does not answer, and the executor goes on with the rest',
  control: 'the look at what became of the others of the list',
  async run(start) {
    const world = await start();
    const proposals = await fiveOfWhichTheThirdIsCut(world);
    const seen: string[] = [];
    for (const id of proposals) {
      const outcome = await execute(world, id);
      seen.push([outcome.kind, ...failedChecks(outcome)].join(' '));
    }
    return { succeeded: world.target.effects.length > 2, seen: seen.join(', ') };
  },
  without: () => takeOut<typeof batchTurn>('batchTurn', () => ({ kind: 'go' })),
});

test('EXE-07: what was not begun is told target by target, stays undone, and goes on by a signature of its own alone', async () => {
  const world = await startInstallation();
  try {
    const proposals = await fiveOfWhichTheThirdIsCut(world);
    for (const id of proposals) await execute(world, id);
    const states = await Promise.all(proposals.map(async id => (await knowProposal(world.context, id))?.state));
    expect(states).toEqual(['verified', 'verified', 'in_doubt', 'stale', 'stale']);
    world.target.onWrite = () => undefined;
    world.advance(60_000);
    for (const id of proposals) await execute(world, id);
    expect(world.target.effects).toHaveLength(2);
  } finally {
    await world.stop();
  }
});

test('EXE-07: while one of a list is under way no other one begins, whichever executor looks', async () => {
  const world = await startInstallation();
  const other = world.anotherExecutor();
  try {
    const team = await startTeam(world);
    const proposals = await proposeMany(world, team, FIVE);
    must(await tryBatch(world, team.sam, proposals, { opens: 'all' }));
    await world.settleLog();
    let meanwhile: string | undefined;
    world.target.onWrite = async () => {
      meanwhile ??= (await execute(world, proposals[1] ?? '', other.ports)).kind;
    };
    expect((await execute(world, proposals[0] ?? '')).kind).toBe('concluded');
    expect(meanwhile).toBe('waits');
    expect((await know(world, proposals[1] ?? '')).stored.executions).toEqual([]);
    for (const id of proposals.slice(1)) expect((await execute(world, id)).kind).toBe('concluded');
    expect(world.target.effects).toHaveLength(5);
  } finally {
    await other.end();
    await world.stop();
  }
});
