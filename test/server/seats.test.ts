import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endDelegation, listDelegations } from '../../src/app/delegations.ts';
import { listProposals } from '../../src/app/proposals/view.ts';
import { MS_PER_DAY } from '../../src/base/time.ts';
import type { InventoryRecord } from '../../src/model/inventory.ts';
import { checkLog } from '../harness/check-log.ts';
import { tryDelegate } from '../harness/delegations.ts';
import {
  type Installation,
  invite,
  type Member,
  must,
  signInventory,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { execute, failedChecks, know, propose, review, tryReview } from '../harness/proposals.ts';

/** The machine identities that are acted on, whose owner is this person, or nobody who is enrolled. */
function machineOf(owner: string, system: string): InventoryRecord {
  return {
    kind: 'nhi',
    name: 'ci',
    aliases: [],
    accounts: ACCOUNTS.map(name => ({ system, name })),
    owner,
    privileged: 'no',
    criticality: 'low',
    dependents: [],
  };
}

const ACCOUNTS = ['svc_1', 'svc_2', 'svc_3', 'svc_4'];

describe('a seat that is somebody’s by name', () => {
  let world: Installation;
  let team: Team;
  let olga: Member;
  let noor: Member;
  let version = 2;
  const own = (owner: string) => {
    version += 1;
    return signInventory(world, team.admin, [machineOf(owner, world.connected.config.system)], version);
  };
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    olga = await invite(world, team.admin, 'Olga Owner', ['owner']);
    noor = await invite(world, team.admin, 'Noor Second', ['owner']);
    for (const name of ACCOUNTS) world.target.add({ id: `id-${name}`, name, isMachine: 'yes' });
  });
  afterAll(() => world.stop());
  const ofOlga = () => own(`person:${olga.person.id}`);
  let used = 0;
  const proposed = () => {
    used += 1;
    return propose(world, team.admin, { targetName: `svc_${used}` });
  };
  const filled = async (proposal: string) =>
    (await know(world, proposal)).tally.slots.map(({ slot, filledBy }) => `${slot} ${filledBy ?? 'open'}`);

  test('is filled by the owner that the inventory names, and by no other second person', async () => {
    await ofOlga();
    const proposal = await proposed();
    const { presentation } = await know(world, proposal);
    expect(presentation.seats).toEqual([
      { slot: 'responder', people: [] },
      { slot: 'identity_owner', people: [olga.person.id] },
    ]);
    await review(world, team.rosa, proposal);
    expect(await tryReview(world, team.sam, proposal)).toMatchObject({ failure: { code: 'review.no_seat' } });
    const rows = await listProposals(world.context, ['in_review'], 50, undefined, team.sam.person);
    const row = rows.rows.find(({ id }) => id === proposal);
    expect(row?.mySeat).toBe('no_seat');
    expect(row?.blocks.map(({ text }) => text)).toContain('needs the owner of this identity');
    expect(await execute(world, proposal)).toEqual({ kind: 'not_approved' });
    await review(world, olga, proposal);
    expect(await filled(proposal)).toEqual([`responder ${team.rosa.person.id}`, `identity_owner ${olga.person.id}`]);
    expect((await execute(world, proposal)).kind).toBe('concluded');
  });

  test('is anybody’s second seat where the inventory names nobody who is enrolled', async () => {
    await own('Platform');
    const unnamed = await proposed();
    expect((await know(world, unnamed)).presentation.seats).toBeUndefined();
    await review(world, team.sam, unnamed, { verdict: 'reject' });
  });

  test('is somebody else’s once the inventory says so: what was signed before has to be signed by them', async () => {
    await ofOlga();
    const proposal = await proposed();
    await review(world, team.rosa, proposal);
    await review(world, olga, proposal);
    await own(`person:${noor.person.id}`);
    const outcome = await execute(world, proposal);
    expect([outcome.kind, ...failedChecks(outcome)]).toEqual(['stale', 'execution.quorum_changed']);
  });

  test('is filled by whom its owner lets stand in, until they end it or it ends, and the log says so', async () => {
    await ofOlga();
    const given = must(await tryDelegate(world, olga, noor));
    expect(await listDelegations(world.context)).toMatchObject([{ fromName: 'Olga Owner', toName: 'Noor Second' }]);
    const proposal = await proposed();
    await review(world, team.rosa, proposal);
    await review(world, noor, proposal);
    const { slots } = (await know(world, proposal)).tally;
    expect(slots.at(-1)).toMatchObject({ filledBy: noor.person.id, insteadOf: olga.person.id });
    must(await endDelegation(world.context, noor.person, given));
    expect(await execute(world, proposal)).toEqual({ kind: 'not_approved' });
    expect(await listDelegations(world.context)).toEqual([]);
    await review(world, team.sam, proposal, { verdict: 'reject' });

    must(await tryDelegate(world, olga, noor, 2));
    world.advance(3 * MS_PER_DAY);
    expect(await listDelegations(world.context)).toEqual([]);
    await world.settleLog();
    const report = await checkLog(world);
    expect(report.checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });

  test('is handed to nobody who could not review such an act, not to oneself, and for no more than fourteen days', async () => {
    const nina = await invite(world, team.admin, 'Nina Analyst', ['analyst']);
    expect(await tryDelegate(world, olga, nina)).toMatchObject({ failure: { code: 'delegation.not_eligible' } });
    expect(await tryDelegate(world, olga, olga)).toMatchObject({ failure: { code: 'delegation.not_eligible' } });
    must(await tryDelegate(world, olga, noor, 90));
    const [view] = await listDelegations(world.context);
    expect(Date.parse(view?.until ?? '') - Date.parse(view?.since ?? '')).toBe(14 * MS_PER_DAY);
  });
});
