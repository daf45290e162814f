import { afterEach, expect, test } from 'vitest';
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
