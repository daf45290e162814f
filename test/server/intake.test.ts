import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAP = 'id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product';

function record(id: number, extra: object = {}) {
  return {
    id: `a-${id}`,
    time: '2026-03-01T10:00:00Z',
    rule: 'Odd sign-in',
    host: 'web-1',
    user: 'mallory',
    severity: 'high',
    product: 'Examplar',
    ...extra,
  };
}

describe('intake over HTTP', () => {
  let server: TestServer;
  let admin: Browser;
  const ingest = (text: string, query = `?map=${encodeURIComponent(MAP)}`) =>
    send(server, 'POST', `/api/v1/ingest${query}`, { authorization: `Bearer ${server.cliToken}` }, text);

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
  });
  afterAll(() => server.close());

  test('keeps each record once, however often it is sent', async () => {
    const text = lines([record(1), record(2), record(3)]);
    expect((await ingest(text)).body).toEqual({ records: 3, kept: 3, duplicate: 0, quarantined: 0 });
    expect((await ingest(text)).body).toEqual({ records: 3, kept: 0, duplicate: 3, quarantined: 0 });
    const { rows } = await server.db.ownerPool.query('SELECT count(*)::int AS n FROM alert');
    expect(rows[0].n).toBe(3);
  });

  test('shows what was kept as an incident, with its evidence as it came', async () => {
    const page = await admin.get('/api/v1/incidents');
    expect(page.status).toBe(200);
    expect(page.body.rows.length).toBeGreaterThan(0);
    const detail = await admin.get(`/api/v1/incidents/${page.body.rows[0].id}`);
    expect(detail.status).toBe(200);
    expect(detail.body.options.length).toBeGreaterThanOrEqual(2);
    const alerts = await admin.get(`/api/v1/incidents/${page.body.rows[0].id}/alerts`);
    const evidence = await admin.get(`/api/v1/evidence/${alerts.body.rows[0].evidence}`);
    expect(JSON.parse(evidence.body.raw)).toMatchObject({ rule: 'Odd sign-in' });
  });
});
