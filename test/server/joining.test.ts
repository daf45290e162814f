import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FingerprintTrial, JoiningView } from '../../src/model/api.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAP = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,url=url,severity=severity');

describe('how alerts are joined', () => {
  let server: TestServer;
  let admin: Browser;
  let made = 0;
  const ingest = async (records: readonly object[]) => {
    const answer = await send(
      server,
      'POST',
      `/api/v1/ingest?map=${MAP}`,
      { authorization: `Bearer ${server.cliToken}` },
      lines(records),
    );
    expect(answer.body.kept).toBe(records.length);
  };
  const visit = (minute: number, url: string, extra: object = {}) => ({
    id: `v-${made++}`,
    time: new Date(Date.UTC(2026, 2, 1, 8, minute)).toISOString(),
    rule: 'Blocked page',
    host: 'pc-1',
    user: 'kim',
    severity: 'low',
    url,
    ...extra,
  });
  const duplicates = async () =>
    (await server.db.ownerPool.query('SELECT count(*)::int AS n FROM alert WHERE duplicate_of IS NOT NULL')).rows[0].n;

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
  });
  afterAll(() => server.close());

  test('a change of what makes duplicates is tried on what is stored, saved only as tried, and told in the log', async () => {
    await ingest([
      visit(0, 'https://a.example/x'),
      visit(1, 'https://b.example/y'),
      visit(2, 'https://b.example/y'),
      visit(3, 'https://a.example/x'),
    ]);
    expect(await duplicates()).toBe(3);
    const change = { parts: ['rule', 'host', 'url'], groupMinutes: 60 };
    const path = '/api/v1/fingerprints/generic';
    const before = await admin.post(path, { ...change, tried: 'never' });
    expect(before.body.code).toBe('fingerprint.not_tried');

    const trial: FingerprintTrial = (await admin.post(`${path}/preview`, change)).body;
    expect(trial).toMatchObject({ alerts: 4, shownNow: 1, shownThen: 2, folded: [] });
    expect(trial.unfolded).toHaveLength(1);
    expect(trial.unfolded[0]).toMatchObject({ title: 'Blocked page' });
    expect(await duplicates()).toBe(3);

    const other = await admin.post(path, { ...change, groupMinutes: 61, tried: trial.tried });
    expect(other.body.code).toBe('fingerprint.not_tried');
    expect((await admin.post(path, { ...change, tried: trial.tried })).body).toEqual({ version: 'generic-1' });
    // The same trial again was of what no longer stands.
    expect((await admin.post(path, { ...change, tried: trial.tried })).body.code).toBe('fingerprint.not_tried');

    await ingest([visit(4, 'https://c.example/z'), visit(5, 'https://c.example/z')]);
    expect(await duplicates()).toBe(4);
    const { rows } = await server.db.ownerPool.query<{ because: readonly { text: string }[] }>(
      `SELECT because FROM alert WHERE vendor_id = 'v-5'`,
    );
    expect(rows[0]?.because[0]?.text).toContain('(fingerprint generic-1)');
    const view: JoiningView = (await admin.get('/api/v1/joining')).body;
    expect(view.fingerprints.find(row => row.source === 'generic')).toMatchObject({
      version: 'generic-1',
      parts: ['rule', 'host', 'url'],
      changedBy: 'Ada Administrator',
    });
    await expect
      .poll(async () => (await admin.get('/api/v1/log/entries?type=fingerprint.changed&limit=1')).body.rows[0]?.says)
      .toContain('generic-1');

    await server.restart();
    await ingest([visit(6, 'https://c.example/z'), visit(6, 'https://d.example/w', { user: 'lee' })]);
    expect(await duplicates()).toBe(5);
  });

  test.each([
    ['no entity is part of it', { parts: ['rule', 'title'], groupMinutes: 60 }],
    ['neither rule nor title is', { parts: ['host', 'url'], groupMinutes: 60 }],
    ['a part is there twice', { parts: ['rule', 'host', 'host'], groupMinutes: 60 }],
    ['a part is unknown', { parts: ['rule', 'moon'], groupMinutes: 60 }],
    ['it would fold for longer than a day', { parts: ['rule', 'host'], groupMinutes: 1_441 }],
  ])('is refused where %s', async (_why, change) => {
    expect((await admin.post('/api/v1/fingerprints/generic/preview', change)).body.code).toBe('request.malformed');
  });

  test('says which values join nothing, and of an alert what it was not joined to and why', async () => {
    const at = (hour: number, minute: number) => new Date(Date.UTC(2026, 2, 1, 9 + hour, minute)).toISOString();
    const seen = (n: number, time: string, user: string, host: string) => ({
      id: `s-${n}`,
      time,
      rule: `Rule ${n}`,
      host,
      user,
      severity: 'low',
    });
    await ingest(Array.from({ length: 12 }, (_, n) => seen(n, at(n, 0), 'scanner', `pc-${n}`)));
    const view: JoiningView = (await admin.get('/api/v1/joining')).body;
    expect(view.overCommon.find(one => one.value === 'user:scanner')?.because).toContain('different hours');
    await ingest([seen(50, at(12, 0), 'scanner', 'pc-50'), seen(60, at(11, 30), 'nia', 'pc-11')]);
    const { rows } = await server.db.ownerPool.query<{
      vendor_id: string;
      because: readonly { kind: string; text: string }[];
    }>(`SELECT vendor_id, because FROM alert WHERE vendor_id IN ('s-50', 's-60')`);
    const why = new Map(rows.map(row => [row.vendor_id, row.because]));
    expect(why.get('s-50')?.map(one => one.kind)).toEqual(['first', 'not_joined']);
    expect(why.get('s-50')?.[1]?.text).toContain('user:scanner is over-common');
    expect(why.get('s-60')?.[1]?.text).toMatch(
      /host:pc-11 in common with "Rule 11", 30 min apart, which joins within 5 min only/,
    );
  });
});
