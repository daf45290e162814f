import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listSecondLooks } from '../../src/app/proposals/second-look.ts';
import { viewProposal } from '../../src/app/proposals/view.ts';
import { MS_PER_DAY } from '../../src/base/time.ts';
import { checkLog } from '../harness/check-log.ts';
import {
  type Installation,
  invite,
  type Member,
  must,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { know, propose, review } from '../harness/proposals.ts';
import { executeAs, findAgain } from '../harness/second-looks.ts';

describe('an act that one person signed', () => {
  let world: Installation;
  let team: Team;
  let olga: Member;
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    olga = await invite(world, team.admin, 'Olga Owner', ['owner']);
  });
  afterAll(() => world.stop());
  const owed = async (member: Member) =>
    (await listSecondLooks(world.context, member.person)).rows
      .filter(({ mine }) => mine === 'can_find')
      .map(({ proposal }) => proposal);

  test('is put to those who had no part in it where chance chose it, and asked of nobody else', async () => {
    const chosen = await propose(world, team.rosa);
    await review(world, team.sam, chosen);
    await executeAs(world, chosen, 'chosen');
    const passed = await propose(world, team.rosa, { targetName: 'app_kim' });
    await review(world, team.sam, passed);
    await executeAs(world, passed, 'not chosen');
    expect(await owed(olga)).toEqual([chosen]);
    expect(await owed(team.sam)).toEqual([]);
    expect(await owed(team.rosa)).toEqual([]);
    for (const member of [team.sam, team.rosa])
      expect(await findAgain(world, member, chosen)).toMatchObject({ failure: { code: 'review.not_eligible' } });
    expect(await findAgain(world, olga, passed)).toMatchObject({ failure: { code: 'proposal.wrong_state' } });
  });

  test('stays what it is whatever they find; what they find is signed, in the log, and asked once', async () => {
    const [chosen] = await owed(olga);
    if (chosen === undefined) throw new Error('nothing is owed');
    must(await findAgain(world, olga, chosen, 'unjustified'));
    expect((await know(world, chosen)).state).toBe('verified');
    const view = await viewProposal(world.context, chosen, olga.person);
    expect(view?.secondLook).toEqual({ found: [{ by: 'Olga Owner', finds: 'unjustified' }], mine: 'found' });
    expect(await owed(olga)).toEqual([]);
    await world.settleLog();
    expect((await checkLog(world)).checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });

  test('is not asked for any more after fourteen days', async () => {
    world.target.add({ id: 'id-li', name: 'app_li' });
    const late = await propose(world, team.rosa, { targetName: 'app_li' });
    await review(world, team.sam, late, {});
    await executeAs(world, late, 'chosen');
    const before = await owed(olga);
    world.advance(15 * MS_PER_DAY);
    expect(await owed(olga)).toEqual([]);
    expect(before.length).toBeLessThanOrEqual(1);
  });
});
