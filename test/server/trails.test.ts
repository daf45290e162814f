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

  test('is told to nobody who is not signed in', async () => {
    expect((await send(server, 'GET', '/api/v1/trails')).status).toBe(401);
  });

  test('is counted for whoever watches the figures, without a name', async () => {
    const { text } = await admin.get('/metrics');
    expect(text).toContain('countersign_trails{state="silent"} 1');
    expect(text).toContain('countersign_trails{state="none"} 1');
    expect(text).toContain('countersign_trails{state="read"} 1');
    expect(text).toContain('countersign_unsigned_changes 3');
    expect(text).not.toContain('orders-db');
  });
});
