import { afterEach, beforeEach, expect, test } from 'vitest';
import { readActs } from '../../src/app/acts.ts';
import { REMEDIATION_ACTIVITY } from '../../src/connector/remediation-check.ts';
import type { AuditEntry } from '../../src/model/audit-entry.ts';
import { type Installation, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { contained } from '../harness/leases.ts';
import { execute, propose, review } from '../harness/proposals.ts';
import { firstAdministrator, send, startTestServer } from '../server/harness.ts';

let world: Installation;
let team: Team;
beforeEach(async () => {
  world = await startInstallation();
  team = await startTeam(world);
});
afterEach(() => world.stop());

async function acts(after = -1, limit = 100) {
  await world.settleLog();
  return readActs(world.context, { after, limit }, '0.1.0', world.ports.operation);
}

test('an act is told to other products once it stands in the log, with what people signed and how it came out', async () => {
  const { proposal, execution } = await contained(world, team);
  const told = await acts();
  expect(told.map(act => REMEDIATION_ACTIVITY.parse(JSON.parse(JSON.stringify(act))).status_code)).toEqual([
    'succeeded',
    'verified',
  ]);
  for (const act of told) {
    expect(act).toMatchObject({
      class_uid: 7001,
      status_id: 1,
      metadata: { correlation_uid: execution },
      unmapped: { proposal },
    });
    const { rows } = await world.database.ownerPool.query<{ entry: Buffer }>(
      'SELECT entry FROM audit_entry WHERE idx = $1',
      [act.metadata.sequence],
    );
    const entry: AuditEntry = JSON.parse(rows[0]?.entry.toString('utf8') ?? '');
    expect(entry).toMatchObject({ type: 'execution.concluded', execution, proposal, outcome: act.status_code });
  }
});

test('an act of which the target said yes and did nothing is told as what people have to look at', async () => {
  world.target.isLying = true;
  await contained(world, team);
  expect((await acts()).at(-1)).toMatchObject({ status: 'Partial', status_code: 'not_in_effect', severity: 'Medium' });
});

test('an act that was refused before it was begun is no remediation', async () => {
  const proposal = await propose(world, team.rosa);
  await review(world, team.sam, proposal);
  world.target.account('app_jo').version += 1;
  world.target.account('app_jo').isOpen = false;
  expect((await execute(world, proposal)).kind).not.toBe('concluded');
  expect(await acts()).toEqual([]);
});

test('whoever goes on from the last one that they read misses none and reads none twice', async () => {
  await contained(world, team);
  await contained(world, team, { targetName: 'app_kim' });
  const all = await acts();
  const one: (typeof all)[number][] = [];
  for (let after = -1; ; ) {
    const page = await acts(after, 1);
    const [act] = page;
    if (act === undefined) break;
    one.push(act);
    after = act.metadata.sequence;
  }
  expect(one).toEqual(all);
  expect(all.length).toBeGreaterThan(2);
});

test('acts are told to whoever may read the log, as lines of JSON, and to nobody else', async () => {
  const server = await startTestServer();
  try {
    const admin = await firstAdministrator(server);
    const answer = await admin.get('/api/v1/acts?after=3');
    expect([answer.status, answer.text]).toEqual([200, '']);
    expect((await send(server, 'GET', '/api/v1/acts')).status).toBe(401);
    expect((await admin.get('/api/v1/acts?before=3')).status).toBe(400);
  } finally {
    await server.close();
  }
});
