import { afterEach, expect, test, vi } from 'vitest';
import { listProposals, viewProposal } from '../../src/app/proposals/view.ts';
import { type Installation, must, startInstallation, startTeam } from './installation.ts';
import { execute, know, propose, review, tryUndo } from './proposals.ts';

let world: Installation;
afterEach(() => world.stop());

test('a signed act takes effect once, is verified, and its undo brings the account back', async () => {
  world = await startInstallation();
  const { rosa, sam } = await startTeam(world);
  const proposal = await propose(world, rosa);
  expect((await know(world, proposal)).current.tier).toBe('T2');
  await review(world, sam, proposal);
  const done = await execute(world, proposal);
  expect(done).toEqual({ kind: 'concluded', conclusions: ['succeeded', 'verified'] });
  expect(world.target.account('app_jo').isOpen).toBe(false);
  expect(world.target.effects).toHaveLength(1);
  const undo = must(await tryUndo(world, rosa, proposal));
  await review(world, sam, undo);
  expect(await execute(world, undo)).toEqual({ kind: 'concluded', conclusions: ['succeeded', 'verified'] });
  expect(world.target.account('app_jo').isOpen).toBe(true);
  expect((await know(world, proposal)).state).toBe('undone');
});

test('an act on a machine identity needs two people', async () => {
  world = await startInstallation();
  const { admin, rosa } = await startTeam(world);
  const proposal = await propose(world, rosa, { targetName: 'svc_ci' });
  expect((await know(world, proposal)).current.tier).toBe('T3');
  await review(world, rosa, proposal);
  expect((await execute(world, proposal)).kind).toBe('not_approved');
  await review(world, admin, proposal);
  expect((await execute(world, proposal)).kind).toBe('concluded');
  expect(world.target.effects).toHaveLength(1);
});

test('a list of proposals tells of each what its own page does, in as many queries for ten as for one', async () => {
  world = await startInstallation();
  const { rosa, sam } = await startTeam(world);
  const done = await propose(world, rosa);
  await review(world, sam, done);
  await execute(world, done);
  const undo = must(await tryUndo(world, rosa, done));
  const other = await propose(world, rosa, { targetName: 'svc_ci' });
  await review(world, rosa, other);
  const list = async (limit: number) => {
    const asked = vi.spyOn(world.context.pool, 'query');
    const page = await listProposals(world.context, [], limit, undefined, sam.person);
    const queries = asked.mock.calls.length;
    asked.mockRestore();
    return { page, queries };
  };
  const [one, all] = [await list(1), await list(200)];
  expect(all.page.rows.map(row => row.id)).toEqual([done, undo, other].sort().reverse());
  for (const row of all.page.rows) expect((await viewProposal(world.context, row.id, sam.person))?.row).toEqual(row);
  expect(all.page.rows.find(row => row.id === undo)?.undoes).toBe(done);
  // Beyond those of one: what endorsed sessions, what was undone, and by what.
  expect(all.queries).toBeLessThanOrEqual(one.queries + 3);
});
