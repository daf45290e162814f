import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Answer,
  type Browser,
  firstAdministrator,
  lines,
  send,
  startTestServer,
  type TestServer,
} from '../server/harness.ts';

const alert = (id: string) => ({
  id,
  time: '2026-03-01T10:00:00Z',
  title: 'Odd sign-in',
  host: 'web-1',
  severity: 'low',
});
const seconds = () => Math.floor(Date.now() / 1_000);

function signed(secret: string, body: string, id: string, at = seconds()): Record<string, string> {
  const sum = createHmac('sha256', secret).update(`${at}.${id}.`).update(body).digest('hex');
  return {
    'x-countersign-timestamp': String(at),
    'x-countersign-delivery': id,
    'x-countersign-signature': `sha256=${sum}`,
  };
}

const hub = (secret: string, body: string, id: string) => ({
  'x-github-delivery': id,
  'x-github-event': 'secret_scanning_alert',
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

describe('a product that pushes', { timeout: 60_000 }, () => {
  let server: TestServer;
  let admin: Browser;
  const configure = async (id: string, extra: object = {}) =>
    (await admin.post('/api/v1/sources', { id, fieldMap: { id: 'id', time: 'time', title: 'title' }, ...extra })).body;
  const push = (id: string, body: string, headers: Record<string, string>): Promise<Answer> =>
    send(server, 'POST', `/ingest/${id}`, headers, body);
  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
  });
  afterAll(() => server.close());

  test('is heard with its secrets of before for a day after they were replaced, unless they were ended at once', async () => {
    const first = await configure('rotating');
    expect(first.oldUntil).toBeUndefined();
    const second = await configure('rotating');
    const hours = (Date.parse(second.oldUntil) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24);
    const body = lines([alert('r-1')]);
    for (const [number, { token, hmacSecret }] of [first, second].entries()) {
      expect((await push('rotating', body, { authorization: `Bearer ${token}` })).status).toBe(200);
      expect((await push('rotating', body, signed(hmacSecret, body, `d-${number}`))).status).toBe(200);
    }
    await server.db.ownerPool.query(
      `UPDATE source_config SET old_until = now() - interval '1 second' WHERE id = 'rotating'`,
    );
    expect((await push('rotating', body, { authorization: `Bearer ${first.token}` })).status).toBe(401);
    expect((await push('rotating', body, signed(first.hmacSecret, body, 'd-9'))).status).toBe(401);
    const third = await configure('rotating', { oldSecrets: 'end_now' });
    expect(third.oldUntil).toBeUndefined();
    expect((await push('rotating', body, { authorization: `Bearer ${second.token}` })).status).toBe(401);
    expect((await push('rotating', body, { authorization: `Bearer ${third.token}` })).status).toBe(200);
  });

  test('that was cut off may send the same signed delivery again, whole: nothing is lost, doubled or refused', async () => {
    const { token, hmacSecret } = await configure('cut-off');
    const body = lines(Array.from({ length: 2_500 }, (_, id) => alert(`c-${id}`)));
    const { ownerPool } = server.db;
    await ownerPool.query(
      `CREATE FUNCTION refuse_second() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF NEW.delivery_id LIKE '%#1' THEN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END IF; RETURN NEW; END $$`,
    );
    await ownerPool.query(
      'CREATE TRIGGER refuse_second BEFORE INSERT ON intake_batch FOR EACH ROW EXECUTE FUNCTION refuse_second()',
    );
    const refused = await push('cut-off', body, signed(hmacSecret, body, 'd-cut'));
    expect(refused).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    await ownerPool.query('DROP TRIGGER refuse_second ON intake_batch');
    const again = await push('cut-off', body, signed(hmacSecret, body, 'd-cut'));
    expect(again.body).toEqual({ records: 2_500, kept: 1_500, duplicate: 1_000, quarantined: 0 });
    expect((await push('cut-off', body, signed(hmacSecret, body, 'd-cut'))).body.code).toBe('source.replayed');
    const named = { authorization: `Bearer ${token}`, 'x-countersign-delivery': 'same' };
    for (const kept of [1, 0]) {
      const answer = await push('cut-off', lines([alert('c-again')]), named);
      expect(answer.body).toMatchObject({ records: 1, kept });
    }
  });

  test('as GitHub does is heard by its own signature where it was set up so, once, and nowhere else', async () => {
    const github = await configure('github', { scheme: 'github' });
    const other = await configure('not-github');
    const body = JSON.stringify(alert('g-1'));
    const headers = hub(github.hmacSecret, body, '72d3162e-cc78-11e3-81ab-4c9367dc0958');
    expect((await push('github', body, { ...headers, 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` })).status).toBe(
      401,
    );
    expect((await push('github', `${body} `, headers)).status).toBe(401);
    expect((await push('github', body, headers)).body).toMatchObject({ records: 1, kept: 1 });
    expect((await push('github', body, headers)).body.code).toBe('source.replayed');
    // A signature without a time is weaker: it opens only what was set up for it.
    expect((await push('not-github', body, hub(other.hmacSecret, body, 'x'))).status).toBe(401);
    expect((await push('github', body, signed(github.hmacSecret, body, 'y'))).status).toBe(401);
  });

  test('as Alertmanager does may give its token as the password of Basic, and Okta proves its hook by a challenge', async () => {
    const { token } = await configure('hooks');
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`countersign:${password}`).toString('base64')}`,
    });
    expect((await push('hooks', lines([alert('h-1')]), basic(token))).status).toBe(200);
    expect((await push('hooks', lines([alert('h-1')]), basic('guessed'))).status).toBe(401);
    const challenge = (authorization: string) =>
      send(server, 'GET', '/ingest/hooks', { authorization, 'x-okta-verification-challenge': 'abc-123' });
    expect((await challenge(token)).body).toEqual({ verification: 'abc-123' });
    expect((await challenge('guessed')).body).toMatchObject({ code: 'source.bad_signature' });
  });

  test('as Microsoft Graph does is told its validation token as plain text that no browser runs', async () => {
    await configure('graph-hook');
    const attack = '<script>alert(1)</script>';
    const answer = await send(server, 'POST', `/ingest/graph-hook?validationToken=${encodeURIComponent(attack)}`, {});
    expect(answer).toMatchObject({
      status: 200,
      text: attack,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    });
    const long = await send(server, 'POST', `/ingest/graph-hook?validationToken=${'x'.repeat(2_000)}`, {});
    expect(long.status).toBe(401);
  });

  test('too much at once is told when to come back, and loses nothing by coming back', async () => {
    const { token } = await configure('busy');
    const locker = await server.db.ownerPool.connect();
    await locker.query('BEGIN');
    await locker.query('LOCK TABLE intake_batch IN ACCESS EXCLUSIVE MODE');
    let waits = 0;
    const deliver = async (id: number): Promise<void> => {
      for (;;) {
        const answer = await push('busy', lines([alert(`b-${id}`)]), { authorization: `Bearer ${token}` });
        if (answer.status === 200) return;
        expect([429, 503]).toContain(answer.status);
        expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
        waits += 1;
        await sleep(100);
      }
    };
    const sending = Promise.all(Array.from({ length: 40 }, (_, id) => deliver(id)));
    await expect.poll(() => waits, { timeout: 10_000 }).toBeGreaterThan(20);
    await locker.query('ROLLBACK');
    locker.release();
    await sending;
    const { rows } = await server.db.ownerPool.query(`SELECT count(*)::int AS n FROM alert WHERE vendor_id LIKE 'b-%'`);
    expect(rows[0].n).toBe(40);
  });
});
