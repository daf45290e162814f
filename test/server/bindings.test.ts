import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const WAIT_MS_MAX = 20_000;
const MAP = encodeURIComponent(
  'id=id,time=time,title=rule,host=host,user=user,src_ip=src_ip,severity=severity,product=product',
);

describe('who held an address', () => {
  let server: TestServer;
  let admin: Browser;
  const ingest = (records: readonly object[]) =>
    send(server, 'POST', `/api/v1/ingest?map=${MAP}`, { authorization: `Bearer ${server.cliToken}` }, lines(records));
  const rows = async () =>
    (
      await server.db.ownerPool.query<{ subject: string; object: string; kind: string; alert_id: string }>(
        'SELECT subject, object, kind, alert_id FROM entity_binding ORDER BY subject, object, kind, at',
      )
    ).rows;
  const waitFor = async (holds: () => Promise<boolean>) => {
    for (const until = Date.now() + WAIT_MS_MAX; !(await holds()); await sleep(50))
      if (Date.now() > until) throw new Error('it did not come about in time');
  };
  const signIn = (id: string, user: string, time: string) => ({
    id,
    time,
    rule: 'User signed in',
    action: 'user.session.start',
    outcome: 'success',
    user,
    src_ip: '192.0.2.44',
    severity: 'low',
    product: 'Examplar VPN',
  });

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
  });
  afterAll(() => server.close());

  test('is indexed behind intake, once for alike records, and told in an incident that is not theirs', async () => {
    await ingest([
      signIn('v1', 'dana', '2026-03-01T08:00:00Z'),
      signIn('v2', 'dana', '2026-03-01T08:01:00Z'),
      {
        id: 'x1',
        time: '2026-03-01T23:30:00Z',
        rule: 'Odd request',
        host: 'web-1',
        src_ip: '192.0.2.44',
        severity: 'high',
        product: 'Examplar WAF',
      },
    ]);
    await waitFor(async () => (await rows()).length > 0);
    expect((await rows()).filter(({ kind }) => kind === 'sign_in')).toEqual([
      expect.objectContaining({ subject: 'ip:192.0.2.44', object: 'user:dana' }),
    ]);
    const { rows: odd } = await server.db.ownerPool.query<{ incident_id: string }>(
      `SELECT incident_id FROM alert WHERE vendor_id = 'x1'`,
    );
    const { body } = await admin.get(`/api/v1/incidents/${odd[0]?.incident_id}`);
    const address = body.entities.find((entity: { label: string }) => entity.label === '192.0.2.44');
    expect(address.resolution.text).toContain('signed in at 192.0.2.44: dana');
    expect(address.resolution.verdict).toBe('stale');
    expect(body.summary.identified.map((claim: { verdict: { kind: string } }) => claim.verdict.kind)).toEqual([
      'verified',
    ]);
    const timeline = await admin.get(`/api/v1/incidents/${odd[0]?.incident_id}/timeline`);
    expect(timeline.body.clocks.map((one: { clock: string }) => one.clock)).toContain('Examplar WAF');
  });

  test('is the same when the index is built again from the alerts', async () => {
    const before = await rows();
    await server.db.ownerPool.query('DELETE FROM entity_binding');
    await server.db.ownerPool.query('DELETE FROM entity_binding_place');
    await server.restart();
    await waitFor(async () => (await rows()).length >= before.length);
    expect(await rows()).toEqual(before);
  });

  test('goes on where it was after a restart, and what came in meanwhile is found', async () => {
    await server.restart();
    await ingest([signIn('v3', 'ole', '2026-03-01T09:00:00Z')]);
    await waitFor(async () => (await rows()).some(({ object }) => object === 'user:ole'));
  });

  test('cannot be changed or deleted by the server', async () => {
    await expect(server.db.serverPool.query('DELETE FROM entity_binding')).rejects.toThrow(/permission denied/);
    await expect(server.db.serverPool.query(`UPDATE entity_binding SET object = 'user:x'`)).rejects.toThrow(
      /permission denied/,
    );
  });

  test('is kept within limits whatever names a sender makes up', async () => {
    await ingest([
      signIn('w1', 'x'.repeat(5_000), '2026-03-01T10:00:00Z'),
      signIn('w2', 'nul\u0000\ud800', '2026-03-01T10:00:00Z'),
      signIn('w3', 'after', '2026-03-01T10:00:00Z'),
    ]);
    await waitFor(async () => (await rows()).some(({ object }) => object === 'user:after'));
    expect((await rows()).every(({ object }) => object.length <= 200)).toBe(true);
  });
});
