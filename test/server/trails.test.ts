import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrailsView } from '../../src/model/trail.ts';
import { tenantPool } from '../harness/tenant.ts';
import { type Browser, firstAdministrator, send, startTestServer, type TestServer } from './harness.ts';

describe('what targets say was done in our name', () => {
  let server: TestServer;
  let admin: Browser;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    await asExecutor();
  });
  afterAll(() => server.close());

  /** What an executor writes down: one target that was read a moment ago, one that nobody could read, one that keeps no log. */
  async function asExecutor(): Promise<void> {
    const pool = tenantPool(server.db.executorUrl);
    const systems = [
      { system: 'orders-db', responder: 'postgres-role', settings: {}, trail: 'a table' },
      { system: 'hr-db', responder: 'postgres-role', settings: {}, trail: 'a table' },
      { system: 'cache', responder: 'redis-user', settings: {}, trail: '' },
      { system: 'countersign', responder: 'countersign', settings: {}, trail: '' },
    ];
    const tenant = "current_setting('countersign.tenant')";
    await pool.query(`INSERT INTO executor_status (tenant_id, id, body, at) VALUES (${tenant}, 1, $1, now())`, [
      { systems, log: { ok: true } },
    ]);
    await pool.query(`INSERT INTO target_trail (tenant_id, system, responder, tried_at, asked_at, begun_at, read_at, because) VALUES
      (${tenant}, 'orders-db', 'postgres-role', now() - interval '1 day', now(), now() - interval '1 day', now(), ''),
      (${tenant}, 'hr-db', 'postgres-role', now() - interval '1 day', now(), now() - interval '1 day', now() - interval '1 hour', 'No answer.')`);
    await pool.query(
      `INSERT INTO trail_finding (tenant_id, system, number, kind, found_at, execution_id, body, pending_id) VALUES
        (${tenant}, 'orders-db', 1, 'unknown_change', now() - interval '40 days', '', $1, 'pnd_1'),
        (${tenant}, 'orders-db', 2, 'unknown_change', now(), '', $2, 'pnd_2')`,
      [1, 3].map(count =>
        JSON.stringify({ because: 'no_act', text: 'lock: jo', target: '1:2', operation: 'lock', count }),
      ),
    );
    await pool.end();
  }

  test('stands at one address, by system: what is read, what is not, and what keeps no log', async () => {
    const { systems, findings }: TrailsView = (await admin.get('/api/v1/trails')).body;
    expect(systems.map(({ system, state, unknownChanges }) => [system, state, unknownChanges])).toEqual([
      ['cache', 'none', 0],
      ['hr-db', 'silent', 0],
      ['orders-db', 'read', 3],
    ]);
    // What is older than thirty days stands in the log.
    expect(findings).toMatchObject([
      { system: 'orders-db', number: 2, kind: 'unknown_change', count: 3, text: 'lock: jo' },
    ]);
  });

  test('is looked at by a person, who writes down what it was: then it stands behind, and in the log', async () => {
    const at = '/api/v1/trails/orders-db/2/seen';
    for (const why of ['', '  ', 'x'.repeat(1_001)]) expect((await admin.post(at, { why })).status).toBe(400);
    expect((await admin.post('/api/v1/trails/orders-db/9/seen', { why: 'who knows' })).status).toBe(404);
    expect((await admin.post('/api/v1/trails/orders-db/2x/seen', { why: 'who knows' })).status).toBe(400);
    expect((await send(server, 'POST', at, { why: 'nobody' })).status).toBeGreaterThanOrEqual(401);
    const { status, body } = await admin.post(at, { why: 'Ole did it by hand, <b>see</b> the ticket' });
    expect(status).toBe(200);
    const { systems, findings } = body as TrailsView;
    expect(findings[0]?.seen).toMatchObject({ why: 'Ole did it by hand, <b>see</b> the ticket' });
    expect(systems.find(({ system }) => system === 'orders-db')?.unknownChanges).toBe(0);
    const again = await admin.post(at, { why: 'I looked, too' });
    expect([again.status, again.body]).toMatchObject([409, { code: 'trail.seen_before' }]);
    const { rows } = await server.db.ownerPool.query<{ entry: Buffer }>(
      `SELECT entry FROM audit_pending WHERE position('"type":"trail.seen"'::bytea in entry) > 0
       UNION ALL SELECT entry FROM audit_entry WHERE position('"type":"trail.seen"'::bytea in entry) > 0`,
    );
    expect(rows.map(({ entry }) => JSON.parse(entry.toString('utf8')))).toMatchObject([
      { system: 'orders-db', number: '2', whyCommit: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    // What they wrote may name somebody, so it stands beside the log and not in it.
    expect(rows[0]?.entry.toString('utf8')).not.toContain('Ole');
  });

  test('stands in front again where something is found after that', async () => {
    const pool = tenantPool(server.db.executorUrl);
    const body = JSON.stringify({ because: 'no_act', text: 'lock: kim', target: '1:3', operation: 'lock', count: 1 });
    await pool.query(
      `INSERT INTO trail_finding (tenant_id, system, number, kind, found_at, execution_id, body, pending_id)
       VALUES (current_setting('countersign.tenant'), 'orders-db', 3, 'unknown_change', now() - interval '1 day', '', $1, 'pnd_3')`,
      [body],
    );
    await pool.end();
    const { systems, findings }: TrailsView = (await admin.get('/api/v1/trails')).body;
    expect(findings.map(({ number, seen }) => [number, seen === undefined])).toEqual([
      [3, true],
      [2, false],
    ]);
    expect(systems.find(({ system }) => system === 'orders-db')?.unknownChanges).toBe(1);
  });

  test('cannot be marked by what an executor, or whoever holds its login, writes', async () => {
    const pool = tenantPool(server.db.executorUrl);
    const mark = pool.query(
      `INSERT INTO trail_seen (tenant_id, system, number, person_id, why_commit, at, pending_id)
       VALUES (current_setting('countersign.tenant'), 'orders-db', 3, 'usr_x', '', now(), 'pnd_x')`,
    );
    await expect(mark).rejects.toThrow('permission denied');
    await pool.end();
  });

  test('is told to nobody who is not signed in', async () => {
    expect((await send(server, 'GET', '/api/v1/trails')).status).toBe(401);
  });

  test('is counted for whoever watches the figures, without a name', async () => {
    const { text } = await admin.get('/metrics');
    expect(text).toContain('countersign_trails{state="silent"} 1');
    expect(text).toContain('countersign_trails{state="none"} 1');
    expect(text).toContain('countersign_trails{state="read"} 1');
    expect(text).toContain('countersign_unsigned_changes 1');
    expect(text).not.toContain('orders-db');
  });
});
