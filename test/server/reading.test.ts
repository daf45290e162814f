import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAIL = [
  'Received: from x ([203.0.113.7]) by in.example.org; Mon, 2 Mar 2026 01:00:01 +0000',
  'From: =?utf-8?Q?K=C3=AFm?= <kim@example.com>',
  'To: sam@example.org',
  'Subject: =?utf-8?Q?a=00b?=',
  '__proto__: x',
  'Content-Type: text/html; charset=iso-8859-1',
  '',
  'Gr\xfc\xdfe \x00 <a href="https://evil.example.net/">x</a>',
].join('\r\n');

describe('odd deliveries over HTTP', () => {
  let server: TestServer;
  let admin: Browser;
  let token: string;
  const ingest = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
    send(server, 'POST', '/api/v1/ingest', { authorization: `Bearer ${server.cliToken}`, ...headers }, body);
  const push = (body: string | Uint8Array, headers: Record<string, string> = {}) =>
    send(server, 'POST', '/ingest/odd', { authorization: `Bearer ${token}`, ...headers }, body);
  const evidence = async (
    bytes: Uint8Array,
  ): Promise<{ body: { warnings: string[]; columns?: unknown } } | undefined> =>
    (
      await server.db.ownerPool.query(
        'SELECT a.body FROM alert a JOIN evidence e ON e.id = a.evidence_id WHERE e.bytes = $1',
        [Buffer.from(bytes)],
      )
    ).rows[0];
  const latin = (text: string): Uint8Array => Uint8Array.from(text, letter => letter.charCodeAt(0));

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    token = (await admin.post('/api/v1/sources', { id: 'odd', kind: 'auto', fieldMap: {} })).body.token;
  });
  afterAll(() => server.close());

  test('an envelope that is pushed gives its alerts, each with its own bytes and what only the delivery says', async () => {
    const one =
      '{"labels":{"alertname":"A","instance":"web-1:9100"},"startsAt":"2026-03-02T01:00:00Z","fingerprint":"f1"}';
    const body = `{"receiver":"soc","alerts":[${one}, ${one.replace('f1', 'f2')}],"version":"4","groupKey":"g"}`;
    expect((await push(body)).body).toEqual({ records: 2, kept: 2, duplicate: 0, quarantined: 0 });
    expect((await evidence(latin(one)))?.body.warnings).toEqual([
      'the delivery that it came in says {"receiver":"soc","groupKey":"g"}',
    ]);
  });

  test('a message is one alert with its exact bytes, whatever its header and body hold', async () => {
    expect((await push(latin(MAIL))).body).toEqual({ records: 1, kept: 1, duplicate: 0, quarantined: 0 });
    const row = await evidence(latin(MAIL));
    expect(row?.body.columns).toMatchObject({ links: ['https://evil.example.net/'] });
  });

  test('UTF-16 and Windows-1252 are kept as they came, with a word about how they were read', async () => {
    const text = '{"user":"Zo\xeb","host":"h-16","time":"2026-03-02T01:00:00Z"}';
    expect((await ingest(Buffer.from(`\ufeff${text}\n`, 'utf16le'))).body).toMatchObject({ records: 1, kept: 1 });
    expect((await ingest(latin(`${text}\n`))).body).toMatchObject({ records: 1, kept: 1 });
    expect((await evidence(Buffer.from(text, 'utf16le')))?.body.warnings).toContain('read as UTF-16, little end first');
    expect((await evidence(latin(text)))?.body.warnings).toContain(
      '1 bytes are not UTF-8 and were read as Windows-1252',
    );
  });

  test('what no encoding reads, an array a million deep and a line of 40 MB are set aside with their reason, once', async () => {
    const before = (await admin.get('/api/v1/quarantine')).body.rows.length;
    expect((await ingest(Uint8Array.of(0x61, 0x0a, 0x62, 0x81, 0x0a))).body).toMatchObject({ quarantined: 1 });
    expect((await ingest(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`)).body).toMatchObject({ quarantined: 1 });
    expect((await ingest(`${'x'.repeat(40_000_000)}\n{"user":"after","host":"h"}\n`)).body).toMatchObject({
      records: 2,
      kept: 1,
      quarantined: 1,
    });
    expect((await admin.get('/api/v1/quarantine')).body.rows.length).toBe(before + 3);
  });

  test('a gzip that is cut short is refused, and loses nothing when it comes whole', async () => {
    const whole = gzipSync(
      lines(Array.from({ length: 3_000 }, (_, i) => ({ user: `u-${i}`, host: 'cut', pad: `${i * 7_919}` }))),
    );
    const gzip = { 'content-encoding': 'gzip' };
    for (const post of [ingest, push]) {
      expect((await post(whole.subarray(0, whole.length - 500), gzip)).status).toBe(400);
      const { body } = await post(whole, gzip);
      expect(body).toMatchObject({ records: 3_000, quarantined: 0 });
      expect(body.kept + body.duplicate).toBe(3_000);
    }
    const { rows } = await server.db.ownerPool.query(
      `SELECT count(*)::int AS n FROM alert WHERE body #>> '{fields,host}' = 'cut'`,
    );
    expect(rows[0].n).toBe(6_000);
  });

  test('several gzips in one body are one delivery, and one that swells beyond its bound is refused', async () => {
    const two = Buffer.concat([gzipSync('{"user":"m-1","host":"h"}\n'), gzipSync('{"user":"m-2","host":"h"}\n')]);
    expect((await push(two, { 'content-encoding': 'gzip' })).body).toMatchObject({ records: 2, kept: 2 });
    const bomb = gzipSync(Buffer.alloc(80_000_000));
    expect((await push(bomb, { 'content-encoding': 'gzip' })).status).toBe(413);
  });

  test('clocks of 1970 and 2099, and one host for everything, are kept like any other and lose no neighbour', async () => {
    const records = ['1970-01-01T00:00:00Z', '2099-12-31T23:59:59Z', '2026-03-02T01:00:00Z'].flatMap(time =>
      Array.from({ length: 50 }, (_, i) => ({ time, host: 'the-one', user: `c-${i}`, rule: `r-${i % 5}` })),
    );
    expect((await ingest(lines(records))).body).toEqual({ records: 150, kept: 150, duplicate: 0, quarantined: 0 });
  });
});
