import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listMachines } from '../../src/app/machines.ts';
import { viewPower, viewPowers } from '../../src/app/powers.ts';
import { MS_PER_DAY } from '../../src/base/time.ts';
import { answerPlanRequests } from '../../src/executor/planning.ts';
import { PowerLooks } from '../../src/executor/power-looks.ts';
import type { PowerRow } from '../../src/model/api-powers.ts';
import type { RightSeen } from '../../src/ports/responder.ts';
import { answerFor } from '../harness/custody.ts';
import { type Installation, SYSTEM, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { execute, failedChecks, propose, review } from '../harness/proposals.ts';
import { TARGET_RESPONDER, targetResponder } from '../harness/target.ts';
import { TENANT } from '../harness/tenant.ts';
import { firstAdministrator, send, startTestServer } from './harness.ts';

/** What the target says of our credentials, or that it says nothing. */
type Rights = readonly RightSeen[] | 'silent';

describe('a connected system', () => {
  let world: Installation;
  let team: Team;
  let rights: Rights = [];
  /** Every credential that a look was given. */
  const opened: string[] = [];
  beforeAll(async () => {
    world = await startInstallation({
      responder: target => ({
        ...targetResponder(target),
        async rights(_system, context) {
          opened.push((await context.readCredential()).reveal());
          if (rights === 'silent') throw new Error('nobody answered');
          return { ok: true, value: rights };
        },
      }),
    });
    team = await startTeam(world);
  });
  afterAll(() => world.stop());

  const heard = async (systems: readonly object[] = [world.connected.config]) => {
    await world.executorPool.query(
      `INSERT INTO executor_status (tenant_id, id, body, at) VALUES ($1, 1, $2, $3)
         ON CONFLICT (tenant_id, id) DO UPDATE SET body = excluded.body, at = excluded.at`,
      [TENANT, JSON.stringify({ systems, program: '0.1.0', log: { ok: true } }), new Date(world.context.now())],
    );
  };
  const look = async () => {
    const { RESPONDERS } = await import('../../src/responders/index.ts');
    await new PowerLooks({
      pool: world.executorPool,
      storage: world.storage,
      responders: RESPONDERS,
      startedSystems: [],
      now: world.context.now,
    }).begin();
  };
  const rowOf = async (system = SYSTEM): Promise<PowerRow> => {
    const row = (await viewPowers(world.context, team.sam.person)).systems.find(one => one.system === system);
    if (row === undefined) throw new Error(`no row of ${system}`);
    return row;
  };
  const doing = async (name: PowerRow['doings'][number]['doing']) =>
    (await rowOf()).doings.find(row => row.doing === name);
  const act = async (targetName: string) => {
    const proposal = await propose(world, team.rosa, { targetName });
    await review(world, team.sam, proposal);
    const outcome = await execute(world, proposal);
    return [outcome.kind, ...failedChecks(outcome)];
  };

  test('that nobody asked anything yet is unknown, and every right of it too', async () => {
    await heard();
    const row = await rowOf();
    expect(row).toMatchObject({ condition: 'unknown', lookedAt: '', open: 0 });
    expect(row.reasons).toContain('never_heard');
    expect(row.doings.map(({ wellAt, illAt }) => wellAt + illAt)).toEqual(['', '', '']);
    expect(row.rights.total).toBeGreaterThan(0);
    expect(row.rights.unknown).toBe(row.rights.total);
    const detail = await viewPower(world.context, { responder: TARGET_RESPONDER, system: SYSTEM });
    if (!detail.ok) throw new Error(detail.failure.detail);
    expect(new Set(detail.value.rights.map(({ granted }) => granted))).toEqual(new Set(['unknown']));
    const { operations } = targetResponder(world.target).manifest;
    expect(detail.value.operations.map(({ name }) => name)).toEqual(operations.map(({ name }) => name));
    expect(detail.value.operations.find(({ name }) => name === 'lock')?.floor).toBe('T2');
  });

  test('tells when planning, acting and observing went well last, and what waits on it', async () => {
    const proposal = await propose(world, team.rosa, { targetName: 'app_jo' });
    expect((await rowOf()).open).toBe(1);
    await review(world, team.sam, proposal);
    expect((await execute(world, proposal)).kind).toBe('concluded');
    for (const name of ['plan', 'execute', 'observe'] as const)
      expect(Date.parse((await doing(name))?.wellAt ?? ''), name).toBeGreaterThan(0);
    const row = await rowOf();
    expect(row).toMatchObject({ condition: 'well', reasons: ['rights_unknown'] });
    const { budget } = await viewPowers(world.context, team.sam.person);
    expect(budget).toEqual([{ kind: 'disable_account', begun: 1, most: 20 }]);
    const machine = (await listMachines(world.context, world.executorFolder)).find(
      ({ identity }) => identity === `responder:${SYSTEM}`,
    );
    expect(machine?.lastUsedAt).not.toBe('');
  });

  test('that does not answer a look is failing, until it answers one', async () => {
    const ask = async () => {
      await world.serverPool.query('INSERT INTO plan_request (tenant_id, id, request, at) VALUES ($1, $2, $3, now())', [
        TENANT,
        `plr_${Math.random()}`,
        JSON.stringify({
          responder: TARGET_RESPONDER,
          system: SYSTEM,
          operation: 'lock',
          target: { name: 'app_kim' },
        }),
      ]);
      await answerPlanRequests(world.executorPool, TENANT, world.ports);
    };
    world.target.isUnreadable = true;
    await ask();
    world.target.isUnreadable = false;
    expect(await rowOf()).toMatchObject({ condition: 'failing', reasons: ['plan_failing', 'rights_unknown'] });
    expect(await doing('plan')).toMatchObject({
      code: 'responder.unreachable',
      shown: "The target system didn't answer.",
    });
    await ask();
    expect((await rowOf()).condition).toBe('well');
  });

  test('shows what its credentials may do there, by a look with the one that reads and never the one that writes', async () => {
    const { manifest } = targetResponder(world.target);
    const [forbidden = ''] = manifest.scopes.forbidden;
    const all = (['read', 'write'] as const).flatMap(credential => [
      ...manifest.scopes[credential].map(scope => ({ credential, scope, need: 'needed', granted: 'yes' }) as const),
      ...manifest.scopes.forbidden.map(scope => ({ credential, scope, need: 'forbidden', granted: 'no' }) as const),
    ]);
    rights = all.map(right => ({
      ...right,
      because: '',
      granted: right.credential === 'write' && right.scope === forbidden ? 'yes' : right.granted,
    }));
    await look();
    expect(await rowOf()).toMatchObject({ condition: 'attention', reasons: ['right_too_much'] });
    rights = all.map(right => ({ ...right, because: '' }));
    await look();
    expect(await rowOf()).toMatchObject({ condition: 'well', reasons: [], rights: { kind: 'seen' } });
    rights = rights.slice(1);
    await look();
    expect((await rowOf()).reasons).toEqual(['rights_unknown']);
    rights = 'silent';
    await look();
    expect(await rowOf()).toMatchObject({
      condition: 'failing',
      rights: { kind: 'failed', code: 'responder.unreachable' },
    });
    rights = all.map(right => ({ ...right, because: '' }));
    await look();
    expect(new Set(opened)).toEqual(new Set([world.connected.readCredential]));
  });

  test('leaves no secret where the server reads it', async () => {
    const { rows } = await world.serverPool.query(
      `SELECT coalesce(jsonb_agg(body)::text, '') || (SELECT coalesce(jsonb_agg(to_jsonb(s))::text, '') FROM power_seen s) AS text FROM power_look`,
    );
    const { readCredential, writeCredential } = world.connected;
    for (const secret of [readCredential, writeCredential]) expect(rows[0]?.text).not.toContain(secret);
  });

  test('can be written of by the executor alone', async () => {
    for (const table of ['power_seen', 'power_look'])
      await expect(world.serverPool.query(`DELETE FROM ${table}`)).rejects.toThrow(/permission denied/);
    await expect(world.serverPool.query(`UPDATE power_seen SET went = 'well'`)).rejects.toThrow(/permission denied/);
  });

  test('is unknown while the executor is silent, whatever was known of it', async () => {
    world.advance(60_000);
    expect(await rowOf()).toMatchObject({ condition: 'unknown', reasons: ['executor_silent'] });
    await heard();
    expect((await rowOf()).condition).toBe('well');
  });

  test('whose secret is old is told of, and after a year not acted on, until the secret is another', async () => {
    await answerFor(world, team.admin, `responder:${SYSTEM}`, { days: 365 });
    world.advance(181 * MS_PER_DAY);
    await heard();
    await look();
    expect((await rowOf()).reasons).toContain('rotation_due');
    expect((await act('app_kim'))[0]).toBe('concluded');
    world.advance(184 * MS_PER_DAY - 60_000);
    await heard();
    await answerFor(world, team.admin, `responder:${SYSTEM}`, { days: 365 });
    world.advance(2 * MS_PER_DAY);
    await heard();
    expect(await rowOf()).toMatchObject({ credential: { state: 'overdue', isDisabled: true } });
    expect((await rowOf()).reasons).toContain('credential_disabled');
    world.target.account('app_jo').isOpen = true;
    expect(await act('app_jo')).toEqual(['refused', 'execution.credential_overdue']);
  });
});

test('200 systems, each signed for by somebody, are all told of at once', async () => {
  const world = await startInstallation();
  try {
    const { sam } = await startTeam(world);
    const systems = Array.from({ length: 200 }, (_, at) => ({ responder: 'postgres-role', system: `db-${at}` }));
    await world.executorPool.query(`INSERT INTO executor_status (tenant_id, id, body, at) VALUES ($1, 1, $2, now())`, [
      TENANT,
      JSON.stringify({ systems, log: { ok: true } }),
    ]);
    for (const { system } of systems) await answerFor(world, sam, `responder:${system}`);
    const { systems: rows } = await viewPowers(world.context, sam.person);
    expect(rows.filter(({ credential }) => credential.ownerName === 'Sam Responder')).toHaveLength(200);
  } finally {
    await world.stop();
  }
}, 120_000);

test('the door shows it to whoever may read, and to nobody else', async () => {
  const server = await startTestServer();
  try {
    const admin = await firstAdministrator(server);
    expect((await admin.get('/api/v1/powers')).body).toMatchObject({ executor: { isHeard: false }, systems: [] });
    expect((await send(server, 'GET', '/api/v1/powers', {})).body.code).toBe('session.missing');
    const token = { authorization: `Bearer ${server.cliToken}` };
    expect((await send(server, 'GET', '/api/v1/powers', token)).status).toBe(200);
  } finally {
    await server.close();
  }
});
