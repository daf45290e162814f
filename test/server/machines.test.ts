import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listMachines } from '../../src/app/machines.ts';
import { MS_PER_DAY } from '../../src/base/time.ts';
import type { MachineRow } from '../../src/model/machine.ts';
import { checkLog } from '../harness/check-log.ts';
import { answerFor } from '../harness/custody.ts';
import {
  type Installation,
  invite,
  type Member,
  SYSTEM,
  startInstallation,
  startTeam,
  type Team,
} from '../harness/installation.ts';
import { changePerson } from '../harness/person-changes.ts';
import { execute, failedChecks, propose, review } from '../harness/proposals.ts';
import { TENANT } from '../harness/tenant.ts';
import { firstAdministrator, send, startTestServer, type TestServer } from './harness.ts';

const DECIDING = ['propose', 'review', 'execute'] as const;

describe('a machine identity', () => {
  let world: Installation;
  let team: Team;
  let abe: Member;
  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    abe = await invite(world, team.admin, 'Abe Owner', ['owner']);
    // What the executor says that it is connected to.
    await world.executorPool.query(`INSERT INTO executor_status (tenant_id, id, body, at) VALUES ($1, 1, $2, now())`, [
      TENANT,
      JSON.stringify({ systems: [world.connected.config] }),
    ]);
  });
  afterAll(() => world.stop());
  const rowOf = async (identity: string): Promise<MachineRow> => {
    const row = (await listMachines(world.context, world.executorFolder)).find(one => one.identity === identity);
    if (row === undefined) throw new Error(`no row of ${identity}`);
    return row;
  };
  const act = async (targetName: string) => {
    const proposal = await propose(world, team.rosa, { targetName });
    await review(world, team.sam, proposal);
    const outcome = await execute(world, proposal);
    return [outcome.kind, ...failedChecks(outcome)];
  };

  test('of ours is listed with somebody who answers for it, and none holds two of proposing, reviewing and executing', async () => {
    const rows = await listMachines(world.context, world.executorFolder);
    expect(rows.map(({ identity }) => identity)).toEqual(
      expect.arrayContaining(['server', 'executor', 'ai', 'log-key', 'operator-cli', `responder:${SYSTEM}`]),
    );
    for (const { identity, powers, ownerName } of rows) {
      expect(ownerName, identity).toBe('Ada First');
      expect(DECIDING.filter(power => powers.includes(power)).length, identity).toBeLessThan(2);
      expect(powers, identity).not.toContain('review');
    }
  });

  test('is of whoever signs for it, until they leave; then its credential is not opened, and another signature opens it', async () => {
    const identity = `responder:${SYSTEM}`;
    await answerFor(world, abe, identity);
    expect(await rowOf(identity)).toMatchObject({ ownerName: 'Abe Owner', isByDefault: false, state: 'active' });
    await changePerson(world, [team.admin, team.rosa], { kind: 'remove', about: abe });
    expect(await rowOf(identity)).toMatchObject({ owner: '', state: 'ownerless', isDisabled: true });
    expect(await act('app_jo')).toEqual(['refused', 'execution.credential_ownerless']);
    // A server that hides who signed, so that it were the first administrator's again.
    await world.database.ownerPool.query('CREATE TABLE hidden AS TABLE machine_custody; DELETE FROM machine_custody');
    expect(await act('app_kim')).toEqual(['refused', 'execution.credential_ownerless']);
    await world.database.ownerPool.query('INSERT INTO machine_custody SELECT * FROM hidden; DROP TABLE hidden');
    await answerFor(world, team.sam, identity);
    expect(await rowOf(identity)).toMatchObject({ ownerName: 'Sam Responder', state: 'active' });
    expect((await act('app_jo'))[0]).toBe('concluded');
  });

  test('stands in the log, which is verified', async () => {
    expect((await checkLog(world)).checks.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
  });

  test('is over when the time is that somebody signed for', async () => {
    await answerFor(world, team.sam, 'operator-cli', { days: 1 });
    world.advance(2 * MS_PER_DAY);
    expect(await rowOf('operator-cli')).toMatchObject({ state: 'expired', isDisabled: true });
  });
});

describe('the secret of a machine', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.close());

  test('opens no page and no session, and a delivery at its own door alone', async () => {
    const admin = await firstAdministrator(server);
    const { token } = (await admin.post('/api/v1/sources', { id: 'okta', kind: 'auto' })).body;
    expect(token).toHaveLength(43);
    const as = (secret: string) => ({ authorization: `Bearer ${secret}` });
    expect((await send(server, 'GET', '/api/v1/incidents', as(token))).body.code).toBe('session.missing');
    expect((await send(server, 'GET', '/api/v1/incidents', { cookie: `countersign_session=${token}` })).status).toBe(
      401,
    );
    const body = JSON.stringify({ identity: 'source:okta', days: 1, from: [] });
    const headers = { ...as(server.cliToken), 'content-type': 'application/json' };
    expect((await send(server, 'POST', '/api/v1/machines/begin', headers, body)).body.code).toBe('access.machine');
    expect((await send(server, 'GET', '/api/v1/machines', as(server.cliToken))).status).toBe(200);
  });
});
