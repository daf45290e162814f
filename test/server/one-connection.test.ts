import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endDelegation } from '../../src/app/delegations.ts';
import { stopActs } from '../../src/app/kill-switch.ts';
import { withdrawProposal } from '../../src/app/proposals/review.ts';
import { tryBatch } from '../harness/batches.ts';
import { tryDelegate } from '../harness/delegations.ts';
import {
  type Installation,
  invite,
  type Member,
  must,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { propose, review, revise, studyFor } from '../harness/proposals.ts';
import { executeAs, findAgain } from '../harness/second-looks.ts';
import { TENANT } from '../harness/tenant.ts';

/*
 * A transaction that asks for a second connection while it holds one waits for itself as soon as as many run at once as there
 * are connections. With a pool of one connection that is the first one.
 */
describe('with one connection to the database', () => {
  let world: Installation;
  let team: Team;
  let olga: Member;
  let pool: pg.Pool;
  beforeAll(async () => {
    const made = await startInstallation();
    pool = new pg.Pool({
      connectionString: made.database.serverUrl,
      max: 1,
      connectionTimeoutMillis: 3_000,
      options: `-c countersign.tenant=${TENANT}`,
    });
    world = { ...made, context: { ...made.context, pool } };
    team = await startTeam(world);
    olga = await invite(world, team.admin, 'Olga Owner', ['owner']);
  });
  afterAll(async () => {
    await pool.end();
    await world.stop();
  });

  test('people review, stop, look again, hand over, edit and take back: nothing waits for a connection that it holds itself', async () => {
    const proposal = await propose(world, team.rosa, { otherOperations: ['lock'] });
    const study = await studyFor(world, { otherOperations: ['lock'] });
    must(await revise(world, team.rosa, study, proposal, 'opt_lock'));
    await review(world, team.sam, proposal, { verdict: 'ask_for_more' });
    await review(world, team.sam, proposal);
    await executeAs(world, proposal, 'chosen');
    must(await findAgain(world, olga, proposal));
    const two = await propose(world, team.rosa, { targetName: 'svc_ci' });
    await review(world, olga, two, { verdict: 'break_glass' }).catch(() => undefined);
    await review(world, team.sam, two, { verdict: 'break_glass' });
    const back = await propose(world, team.rosa, { targetName: 'app_kim' });
    must(await withdrawProposal(world.context, team.rosa.person, back, 'no longer needed'));
    const given = must(await tryDelegate(world, olga, team.sam));
    must(await endDelegation(world.context, olga.person, given));
    expect(await tryBatch(world, team.sam, [proposal])).toMatchObject({ ok: false });
    must(await stopActs(world.context, team.admin.person.id, 'something is wrong'));
  });
});
