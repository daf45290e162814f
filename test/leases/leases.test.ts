import { afterEach, beforeEach, expect, test } from 'vitest';
import { listLeases } from '../../src/app/leases/view.ts';
import { rankInbox } from '../../src/app/proposals/inbox.ts';
import { refreshProposal } from '../../src/app/proposals/project.ts';
import { viewProposal } from '../../src/app/proposals/view.ts';
import { MS_PER_HOUR } from '../../src/base/time.ts';
import { LEASE_ASKED_AGAIN_MS, LEASE_TRIED_EVERY_MS } from '../../src/core/decide/lease.ts';
import { type Installation, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { contained, LEASE_HOURS, look, passLease, releaseOf, turns } from '../harness/leases.ts';
import { execute, failedChecks, know, propose, review, tryPropose, tryUndo } from '../harness/proposals.ts';

let world: Installation;
let team: Team;
beforeEach(async () => {
  world = await startInstallation();
  team = await startTeam(world);
});
afterEach(() => world.stop());

const refresh = (id: string) => refreshProposal(world.context, world.serverPool, id);

test('a lease is part of what people sign, and of what they are shown', async () => {
  const proposal = await propose(world, team.rosa, { leaseHours: LEASE_HOURS });
  const { act, presentation } = await know(world, proposal);
  expect(act.leaseEndsAt).toBe(presentation.lease?.endsAt);
  expect(Date.parse(act.leaseEndsAt ?? '') - world.context.now()).toBeGreaterThan((LEASE_HOURS - 1) * MS_PER_HOUR);
  expect(presentation.lease?.sentence).toMatch(/Nothing is undone then/);
  // Choosing among what was offered is no contribution.
  expect((await know(world, proposal)).current.contributors).toEqual([]);
});

test('a lease that was not offered, or that its kind may not have, makes no proposal', async () => {
  const codes = [];
  for (const wish of [
    { leaseHours: 13 },
    { leaseHours: 24, operation: 'erase' },
    { leaseHours: 24, operation: 'grant' },
  ]) {
    const tried = await tryPropose(world, team.rosa, wish);
    codes.push(tried.ok ? 'made' : tried.failure.code);
  }
  expect(codes).toEqual(['proposal.lease', 'proposal.lease', 'proposal.lease']);
});

test('when it ends, a release is proposed by the installation itself, first in the inbox, and nothing is undone', async () => {
  await contained(world, team);
  expect(await look(world)).toBe(0);
  passLease(world);
  await propose(world, team.rosa, { targetName: 'app_kim' });
  expect(await look(world)).toBe(1);
  const release = await know(world, await releaseOf(world));
  expect(release.stored.origin.kind).toBe('lease');
  expect(release.current.contributors).toEqual([]);
  expect(release.state).toBe('in_review');
  expect(world.target.account('app_jo').isOpen).toBe(false);
  const { shown } = await rankInbox(world.context, 10, undefined, team.sam.person);
  expect(shown[0]?.id).toBe(release.stored.id);
  expect(shown[0]?.waiting.reasons[0]).toBe('lease_over');
});

test('signed like every undo, the release opens the account, and the lease is over', async () => {
  const { proposal } = await contained(world, team);
  passLease(world);
  await look(world);
  const release = await releaseOf(world);
  await review(world, team.sam, release);
  expect((await execute(world, release)).kind).toBe('concluded');
  expect(world.target.account('app_jo').isOpen).toBe(true);
  const view = await viewProposal(world.context, proposal, team.sam.person);
  expect(view?.lease?.state).toBe('over');
  world.advance(LEASE_ASKED_AGAIN_MS * 2);
  expect(await look(world)).toBe(0);
});

test('of servers that look at the same moment, and of ones that start again, one asks once', async () => {
  await contained(world, team);
  passLease(world);
  const asked = await Promise.all(Array.from({ length: 4 }, () => look(world)));
  expect(asked.reduce((sum, one) => sum + one)).toBe(1);
  expect(await look(world)).toBe(0);
  expect(await turns(world)).toHaveLength(1);
  const { rows } = await world.database.ownerPool.query(`SELECT id FROM proposal WHERE origin->>'kind' = 'lease'`);
  expect(rows).toHaveLength(1);
});

test('where the target changed since, nobody is left to find out: it is told, shown, and tried again', async () => {
  const { proposal } = await contained(world, team);
  passLease(world);
  // Somebody opened it by hand: the undo has nothing to do.
  world.target.account('app_jo').isOpen = true;
  expect(await look(world)).toBe(0);
  expect(await look(world)).toBe(0);
  const said = await turns(world);
  expect(said.map(({ number, release_id, code }) => [number, release_id, code])).toEqual([
    [1, '', 'proposal.refused_by_plan'],
  ]);
  const view = await viewProposal(world.context, proposal, team.sam.person);
  expect(view?.lease?.state).toBe('stuck');
  expect((await listLeases(world.context)).rows.map(row => row.proposal)).toEqual([proposal]);
  world.target.account('app_jo').isOpen = false;
  world.advance(LEASE_TRIED_EVERY_MS);
  expect(await look(world)).toBe(1);
  expect((await listLeases(world.context)).rows).toEqual([]);
});

test('a target that does not answer is said once, however often it is tried', async () => {
  await contained(world, team);
  passLease(world);
  world.target.isUnreadable = true;
  for (let i = 0; i < 3; i++) {
    await look(world);
    world.advance(LEASE_TRIED_EVERY_MS);
  }
  expect((await turns(world)).map(({ code }) => code)).toEqual(['responder.unreachable']);
});

test('a release that people reject keeps it contained, and they are asked again a day later', async () => {
  const { proposal } = await contained(world, team);
  passLease(world);
  await look(world);
  await review(world, team.sam, await releaseOf(world), {
    verdict: 'reject',
    reason: 'they are still being looked for',
  });
  await refresh(await releaseOf(world));
  expect(await look(world)).toBe(0);
  const view = await viewProposal(world.context, proposal, team.sam.person);
  expect(view?.lease?.state).toBe('kept');
  expect(view?.lease?.againAt).toBeDefined();
  world.advance(LEASE_ASKED_AGAIN_MS);
  expect(await look(world)).toBe(1);
  expect(await turns(world)).toHaveLength(2);
});

test('a release that nobody decides on is proposed again as soon as it expired', async () => {
  await contained(world, team);
  passLease(world);
  await look(world);
  const first = await releaseOf(world);
  world.advance(9 * MS_PER_HOUR);
  await refresh(first);
  expect((await know(world, first)).state).toBe('expired');
  expect(await look(world)).toBe(1);
  expect(await releaseOf(world)).not.toBe(first);
});

test('an undo that somebody asked for before is the release', async () => {
  const { proposal } = await contained(world, team);
  world.advance((LEASE_HOURS - 1) * MS_PER_HOUR);
  const undo = await tryUndo(world, team.rosa, proposal);
  if (!undo.ok) throw new Error(undo.failure.code);
  world.advance(MS_PER_HOUR);
  expect(await look(world)).toBe(1);
  expect((await turns(world)).map(({ release_id }) => release_id)).toEqual([undo.value]);
});

test('what was never carried out, or failed, has no lease that ends', async () => {
  const proposal = await propose(world, team.rosa, { leaseHours: LEASE_HOURS });
  await review(world, team.sam, proposal);
  passLease(world);
  expect(await look(world)).toBe(0);
  const outcome = await execute(world, proposal);
  expect(outcome.kind).not.toBe('concluded');
  expect(failedChecks(outcome)).toEqual([]);
  expect(world.target.effects).toHaveLength(0);
});
