import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leafHash, rootOfLeaves } from '../../src/audit/tree.ts';
import { bytesToHex, sha256, utf8 } from '../../src/base/bytes.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAP = 'id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product';

function alert(id: number, extra: object = {}) {
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
  const ingest = (body: string | Uint8Array, headers: Record<string, string> = {}, map = MAP) =>
    send(
      server,
      'POST',
      `/api/v1/ingest?map=${encodeURIComponent(map)}`,
      { authorization: `Bearer ${server.cliToken}`, ...headers },
      body,
    );
  const count = async (sql: string): Promise<number> =>
    (await server.db.ownerPool.query(`SELECT count(*)::int AS n FROM ${sql}`)).rows[0].n;

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
  });
  afterAll(() => server.close());

  test('keeps each record once, however often and however concurrently it is sent', async () => {
    const text = lines([alert(1), alert(2), alert(3)]);
    const answers = await Promise.all([
      ingest(text),
      ingest(text),
      ingest(text),
      ingest(gzipSync(text), { 'content-encoding': 'gzip' }),
    ]);
    const sum = (name: string) => answers.reduce((total, answer) => total + answer.body[name], 0);
    expect({ records: sum('records'), kept: sum('kept'), duplicate: sum('duplicate') }).toEqual({
      records: 12,
      kept: 3,
      duplicate: 9,
    });
    expect(await count('alert')).toBe(3);
    expect(await count('evidence')).toBe(3);
  });

  test('keeps a newer version of an alert beside the first, and says so', async () => {
    const first = lines([alert(10)]);
    const second = lines([alert(10, { severity: 'critical' })]);
    expect((await ingest(first)).body.kept).toBe(1);
    expect((await ingest(second)).body.kept).toBe(1);
    expect((await ingest(second)).body.duplicate).toBe(1);
    const { rows } = await server.db.ownerPool.query(
      `SELECT duplicate_of FROM alert WHERE vendor_id = 'a-10' ORDER BY id`,
    );
    expect(rows[0].duplicate_of === null || rows[1].duplicate_of !== null).toBe(true);
    expect(rows).toHaveLength(2);
  });

  test('sets aside what it cannot read, once and with its bytes, and loses none of the rest', async () => {
    const before = await count('quarantine');
    const text = `${lines([alert(20)])}{"broken": \n${lines([alert(21)])}`;
    expect((await ingest(text)).body).toEqual({ records: 3, kept: 2, duplicate: 0, quarantined: 1 });
    expect((await ingest(text)).body).toEqual({ records: 3, kept: 0, duplicate: 3, quarantined: 0 });
    expect(await count('quarantine')).toBe(before + 1);
    const page = await admin.get('/api/v1/quarantine');
    expect(page.body.rows[0]).toMatchObject({ source: 'file', code: 'source.rejected_input', excerpt: '{"broken": ' });
  });

  test('keeps bytes that no text column can hold exactly as they came', async () => {
    const text = lines([alert(30, { user: 'nul\u0000and\ud800lone' })]);
    expect((await ingest(text)).body.kept).toBe(1);
    const { rows } = await server.db.ownerPool.query(
      `SELECT e.bytes, e.sha256 FROM evidence e JOIN alert a ON a.evidence_id = e.id WHERE a.vendor_id = 'a-30'`,
    );
    expect(rows[0].bytes.toString()).toBe(text.trimEnd());
    expect(rows[0].sha256.toString('hex')).toBe(bytesToHex(sha256(rows[0].bytes)));
  });

  test('writes one entry into the log for a batch, with the root over its records in order', async () => {
    const records = [alert(40), alert(41), alert(42)].map(one => JSON.stringify(one));
    await ingest(records.join('\n'));
    const root = bytesToHex(rootOfLeaves(records.map(text => leafHash(sha256(utf8(text))))));
    const { rows } = await server.db.ownerPool.query(
      "SELECT encode(root, 'hex') AS root, records, kept FROM intake_batch ORDER BY received_at DESC, id DESC LIMIT 1",
    );
    expect(rows[0]).toEqual({ root, records: 3, kept: 3 });
    await expect
      .poll(async () => (await admin.get('/api/v1/log/entries?type=intake.batch&limit=1')).body.rows[0]?.text)
      .toContain(root);
  });

  test('loses nothing and doubles nothing when the database is cut off in the middle of it', async () => {
    const text = lines(
      Array.from({ length: 5_000 }, (_, i) => alert(10_000 + i, { user: `u${i % 50}`, rule: `r${i % 7}` })),
    );
    const before = await count('alert');
    const cut = (async () => {
      for (let i = 0; i < 6; i++) {
        await new Promise(resolve => setTimeout(resolve, 60));
        await server.db.ownerPool
          .query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign-server' AND datname = current_database()`,
          )
          .catch(() => undefined);
      }
    })();
    await ingest(text);
    await cut;
    // Whatever was answered, sending it again until it is taken makes it whole.
    await expect.poll(async () => (await ingest(text)).status, { timeout: 20_000 }).toBe(200);
    expect(await count('alert')).toBe(before + 5_000);
    expect(await count('(SELECT DISTINCT alert_key FROM alert) k')).toBe(before + 5_000);
    const { rows } = await server.db.ownerPool.query(
      `SELECT sum(CASE event ->> 'kind' WHEN 'opened' THEN 1 ELSE jsonb_array_length(event -> 'alerts') END)::int AS n
         FROM incident_event WHERE event ->> 'kind' IN ('opened', 'joined')`,
    );
    expect(rows[0].n).toBe(await count('alert'));
  });

  test('counts every alert in exactly one row of the queue', async () => {
    const { rows } = await server.db.ownerPool.query(
      `SELECT (SELECT sum(alert_count)::int FROM incident) AS in_rows, (SELECT count(*)::int FROM alert) AS alerts,
              (SELECT count(*)::int FROM incident i WHERE alert_count <> (SELECT count(*) FROM alert a WHERE a.incident_id = i.id)) AS wrong`,
    );
    expect(rows[0].in_rows).toBe(rows[0].alerts);
    expect(rows[0].wrong).toBe(0);
  });

  test('goes on after a restart where it was: a related alert joins the incident that stood before', async () => {
    await ingest(
      lines([alert(60, { user: 'rare-person', host: 'rare-host', rule: 'Rare rule A', time: '2026-03-02T09:00:00Z' })]),
    );
    await server.restart();
    await ingest(
      lines([alert(61, { user: 'rare-person', host: 'rare-host', rule: 'Rare rule B', time: '2026-03-02T09:05:00Z' })]),
    );
    const { rows } = await server.db.ownerPool.query(
      `SELECT DISTINCT incident_id FROM alert WHERE vendor_id IN ('a-60', 'a-61')`,
    );
    expect(rows).toHaveLength(1);
  });

  test('shows what was kept as an incident, with its evidence as it came', async () => {
    const page = await admin.get('/api/v1/incidents?q=rare-person');
    const [row] = page.body.rows;
    const detail = await admin.get(`/api/v1/incidents/${row.id}`);
    expect(detail.body.options.length).toBeGreaterThanOrEqual(2);
    expect(detail.body.summary.headline.verdict).toEqual({ kind: 'verified' });
    const alerts = await admin.get(`/api/v1/incidents/${row.id}/alerts`);
    const evidence = await admin.get(`/api/v1/evidence/${alerts.body.rows[0].evidence}`);
    expect(JSON.parse(evidence.body.raw)).toMatchObject({ user: 'rare-person' });
    const timeline = await admin.get(`/api/v1/incidents/${row.id}/timeline`);
    expect(timeline.body.entries).toHaveLength(2);
  });

  test('is found by searching once the index has caught up, by a word or a part of one', async () => {
    await expect
      .poll(async () => (await admin.get('/api/v1/search?q=rare-pers')).body.hits.length, { timeout: 20_000 })
      .toBeGreaterThan(0);
    await expect
      .poll(async () => (await admin.get('/api/v1/search?q=rare-person')).body.hits.length)
      .toBeGreaterThan(0);
    expect((await admin.get('/api/v1/search?q=nothing-like-this')).body.hits).toEqual([]);
    expect((await admin.get(`/api/v1/search?q=${encodeURIComponent("%' OR 1=1 --")}`)).body.hits).toEqual([]);
  });

  describe('from a source that pushes', () => {
    let token: string;
    let hmacSecret: string;
    beforeAll(async () => {
      const made = await admin.post('/api/v1/sources', {
        id: 'edr-prod',
        kind: 'auto',
        fieldMap: { id: 'id', host: 'host', user: 'user', title: 'rule', time: 'time' },
      });
      ({ token, hmacSecret } = made.body);
    });
    const push = (body: string, headers: Record<string, string>) =>
      send(server, 'POST', '/ingest/edr-prod', headers, body);
    const signed = (body: string, id: string, at = Math.floor(Date.now() / 1_000), secret = hmacSecret) => ({
      'x-countersign-timestamp': String(at),
      'x-countersign-delivery': id,
      'x-countersign-signature': `sha256=${createHmac('sha256', secret).update(`${at}.${id}.`).update(body).digest('hex')}`,
    });

    test('takes a delivery with the source’s own token, and no other', async () => {
      const body = lines([alert(100)]);
      expect((await push(body, { authorization: `Bearer ${token}` })).body).toMatchObject({ records: 1, kept: 1 });
      expect((await push(body, { authorization: 'Bearer guessed' })).body.code).toBe('source.bad_signature');
      expect((await push(body, {})).body.code).toBe('source.bad_signature');
      expect((await send(server, 'POST', '/ingest/nobody', { authorization: `Bearer ${token}` }, body)).body.code).toBe(
        'source.unknown',
      );
    });

    test('takes a signed delivery once', async () => {
      const body = lines([alert(110)]);
      const headers = signed(body, 'd-1');
      expect((await push(body, headers)).body).toMatchObject({ kept: 1 });
      expect(await push(body, headers)).toMatchObject({ status: 409, body: { code: 'source.replayed' } });
    });

    test('refuses a delivery that is old, altered, or signed with another secret', async () => {
      const body = lines([alert(120)]);
      const now = Math.floor(Date.now() / 1_000);
      for (const headers of [
        signed(body, 'd-2', now - 301),
        signed(body, 'd-3', now + 301),
        signed(lines([alert(121)]), 'd-4'),
        signed(body, 'd-5', now, 'guessed'),
        { ...signed(body, 'd-6'), 'x-countersign-delivery': 'd-7' },
      ]) {
        expect((await push(body, headers)).body.code).toBe('source.bad_signature');
      }
      expect((await push(body, signed(body, 'd-8', now - 290))).status).toBe(200);
    });

    test('gives its token no way to anything else', async () => {
      for (const path of ['/api/v1/incidents', '/api/v1/people', '/metrics']) {
        expect((await send(server, 'GET', path, { authorization: `Bearer ${token}` })).status).toBe(401);
      }
      expect(
        (await send(server, 'POST', '/api/v1/ingest', { authorization: `Bearer ${token}` }, lines([alert(130)])))
          .status,
      ).toBe(401);
    });

    test('keeps the same vendor id of two sources as two alerts', async () => {
      await push(lines([alert(1)]), { authorization: `Bearer ${token}` });
      expect(await count(`alert WHERE vendor_id = 'a-1'`)).toBe(2);
    });
  });
});
