import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { runServer } from '../../src/api/serve.ts';
import { examineReport } from '../../src/app/doctor.ts';
import { freePort, send } from '../server/harness.ts';
import { type Reader, startReader } from './reader.ts';
import {
  type Asked,
  graphAlert,
  graphAlerts,
  type Made,
  oktaEvent,
  oktaLog,
  paged,
  startVendor,
  type Vendor,
} from './vendor.ts';

const WAIT = { timeout: 25_000, interval: 50 };
const NOW = Date.now();
const MINUTE = 60_000;

describe('a product that is read', { timeout: 60_000 }, () => {
  let reader: Reader;
  const vendors: Vendor[] = [];
  const vendor = async (...args: Parameters<typeof startVendor>) => {
    const started = await startVendor(...args);
    vendors.push(started);
    return started;
  };
  const ask = (path: string) => send(reader.server, 'GET', path, { authorization: `Bearer ${reader.server.cliToken}` });
  beforeAll(async () => {
    reader = await startReader();
  });
  afterAll(() => reader.close());
  afterEach(async () => {
    await reader.forget();
    for (const one of vendors.splice(0)) await one.close();
  });

  test('is read to its end and then from there, and records that share the time at the edge of a page are kept once each', async () => {
    const events = Array.from({ length: 25 }, (_, id) => oktaEvent(id, NOW - 10 * MINUTE + Math.floor(id / 9) * 1_000));
    const okta = await vendor(oktaLog(events, () => 4, { isForgotten: false }));
    await reader.read({
      source: 'okta-a',
      poller: 'okta',
      url: okta.url,
      parser: 'okta',
      startFrom: NOW - 60 * MINUTE,
    });
    await expect.poll(() => reader.kept('okta-a'), WAIT).toHaveLength(25);
    for (let id = 25; id < 31; id++) events.push(oktaEvent(id, NOW - 10 * MINUTE + 2_000));
    await expect.poll(() => reader.kept('okta-a'), WAIT).toHaveLength(31);
    expect(new Set(await reader.kept('okta-a')).size).toBe(31);
    expect(await reader.gaps('okta-a')).toEqual([]);
  });

  test('that forgets our cursor is read again from before what was known: nothing is lost or doubled, and it is said', async () => {
    const events = Array.from({ length: 10 }, (_, id) => oktaEvent(id, NOW - 5 * MINUTE + id * 100));
    const known = { isForgotten: false };
    const okta = await vendor(oktaLog(events, () => 4, known));
    await reader.read({
      source: 'okta-b',
      poller: 'okta',
      url: okta.url,
      parser: 'okta',
      startFrom: NOW - 60 * MINUTE,
    });
    await expect.poll(() => reader.kept('okta-b'), WAIT).toHaveLength(10);
    known.isForgotten = true;
    events.push(oktaEvent(10, NOW - 5 * MINUTE + 901));
    await expect.poll(() => reader.kept('okta-b'), WAIT).toHaveLength(11);
    await expect.poll(() => reader.gaps('okta-b'), WAIT).toHaveLength(1);
    const [gap] = await reader.gaps('okta-b');
    expect(gap).toMatchObject({ kind: 'reread', why: expect.stringContaining('60 s before') });
  });

  test('whose records are older than it keeps them has a gap that is written down and shown as missing telemetry', async () => {
    const okta = await vendor(oktaLog([oktaEvent(1, NOW - MINUTE)], () => 4, { isForgotten: false }));
    const startFrom = NOW - 120 * 24 * 60 * MINUTE;
    await reader.read({ source: 'okta-c', poller: 'okta', url: okta.url, parser: 'okta', startFrom });
    await expect.poll(() => reader.gaps('okta-c'), WAIT).toHaveLength(1);
    const [gap] = await reader.gaps('okta-c');
    expect(gap?.kind).toBe('missing');
    expect(gap?.gap_from.getTime()).toBe(startFrom);
    expect(await reader.kept('okta-c')).toHaveLength(1);
    const { body } = await ask('/api/v1/coverage');
    expect(body.streams).toContainEqual(
      expect.objectContaining({ stream: '*|okta-c', status: 'silent', from: startFrom }),
    );
    const row = (await ask('/api/v1/sources')).body.find((one: { id: string }) => one.id === 'okta-c');
    expect(row.deliveries[0].gaps[0]).toMatchObject({ kind: 'missing', why: expect.stringContaining('90 days') });
    expect(row).toMatchObject({ alerts: 1, status: 'heard' });
  });

  test('with a refused credential says so with the fix, keeps its place, and is read again with a new one', async () => {
    const okta = await vendor(oktaLog([oktaEvent(1, NOW - MINUTE)], () => 4, { isForgotten: false }));
    const wish = { source: 'okta-d', poller: 'okta', url: okta.url, parser: 'okta' };
    await reader.read({ ...wish, credential: 'expired-token' });
    await expect.poll(async () => (await reader.state('okta-d'))?.['trouble'], WAIT).toBe('unauthorised');
    const state = await reader.state('okta-d');
    expect(state?.['fix']).toContain('okta.logs.read');
    expect(JSON.stringify(state)).not.toContain('expired-token');
    const { health } = (await ask('/api/v1/me')).body;
    const item = health.find((one: { name: string }) => one.name === 'sources');
    expect(item).toMatchObject({ status: 'degraded', text: expect.stringContaining('okta-d is not heard just now') });
    const findings = examineReport({
      hasAdministrator: true,
      possibleT3Reviewers: 2,
      killSwitch: { isOn: false },
      health,
    });
    expect(findings).toContainEqual({
      status: 'warn',
      text: item.text,
      fix: expect.stringContaining('countersign source key okta-d'),
    });
    const row = (await ask('/api/v1/sources')).body.find((one: { id: string }) => one.id === 'okta-d');
    expect(row.deliveries).toMatchObject([
      { how: 'poll', trouble: { fix: expect.stringContaining('okta.logs.read') } },
    ]);
    await reader.read(wish);
    await expect.poll(() => reader.kept('okta-d'), WAIT).toHaveLength(1);
    expect(await reader.state('okta-d')).toMatchObject({ trouble: null, fix: '' });
  });

  test('that asks for patience is left alone for as long, and one that breaks off or fails is asked again', async () => {
    const okta = await vendor(oktaLog([oktaEvent(1, NOW - MINUTE)], () => 4, { isForgotten: false }));
    const times: number[] = [];
    const answers = [
      { status: 429, headers: { 'retry-after': '2' }, body: {} },
      { status: 503, body: 'no' },
      'cut' as const,
      { status: 429, headers: { 'x-rate-limit-reset': String(Math.ceil(Date.now() / 1_000) + 1) }, body: {} },
    ];
    okta.interfere = () => {
      times.push(Date.now());
      return answers.shift();
    };
    await reader.read({ source: 'okta-e', poller: 'okta', url: okta.url, parser: 'okta' });
    await expect.poll(() => reader.kept('okta-e'), WAIT).toHaveLength(1);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(1_990);
    expect(times.length).toBeGreaterThanOrEqual(5);
  });

  test('that names a next page on another host is refused, and neither question nor credential goes there', async () => {
    const thief = await vendor(() => ({ body: [] }));
    const okta = await vendor(oktaLog([oktaEvent(1, NOW - MINUTE)], () => 4, { isForgotten: false }));
    for (const [source, link] of [
      ['okta-f', `${thief.url}/api/v1/logs?after=1`],
      ['okta-g', `//${new URL(thief.url).host}/api/v1/logs`],
      ['okta-h', `http://user:pw@${new URL(okta.url).host}/api/v1/logs`],
      ['okta-i', 'file:///etc/passwd'],
    ] as const) {
      const lying = await vendor(() => ({
        headers: { link: `<${link}>; rel="next"` },
        body: [oktaEvent(7, NOW - MINUTE).body],
      }));
      await reader.read({ source, poller: 'okta', url: lying.url, parser: 'okta' });
      await expect.poll(async () => (await reader.state(source))?.['trouble'], WAIT).toBe('refused');
    }
    const redirecting = await vendor(() => ({ status: 302, headers: { location: thief.url }, body: '' }));
    await reader.read({ source: 'okta-j', poller: 'okta', url: redirecting.url, parser: 'okta' });
    await expect.poll(async () => (await reader.state('okta-j'))?.['trouble'], WAIT).toBe('refused');
    expect(thief.asked).toEqual([]);
  });

  test('that dates a record into the future does not keep us from reading what comes before it', async () => {
    const events = [oktaEvent(1, NOW - MINUTE), oktaEvent(2, Date.UTC(2099, 0, 1))];
    const known = { isForgotten: false };
    const okta = await vendor(oktaLog(events, () => 4, known));
    await reader.read({ source: 'okta-k', poller: 'okta', url: okta.url, parser: 'okta' });
    await expect.poll(() => reader.kept('okta-k'), WAIT).toHaveLength(2);
    events.push(oktaEvent(3, Date.now()));
    known.isForgotten = true;
    await expect.poll(() => reader.kept('okta-k'), WAIT).toHaveLength(3);
  });

  test('that is Microsoft Graph is read with or without its links, and an updated alert becomes a newer version', async () => {
    for (const hasLinks of [true, false]) {
      const source = hasLinks ? 'graph-a' : 'graph-b';
      const alerts: Made[] = Array.from({ length: hasLinks ? 23 : 1_203 }, (_, id) =>
        graphAlert(id, NOW - 30 * MINUTE + Math.floor(id / 7)),
      );
      const graph = await vendor(graphAlerts(alerts, 5, () => hasLinks));
      await reader.read({
        source,
        poller: 'microsoft-graph',
        url: graph.url,
        settings: { tenant: 'tenant-1', client: 'client-1', login: graph.url },
      });
      await expect.poll(() => reader.kept(source), WAIT).toHaveLength(alerts.length);
      alerts.push(graphAlert(3, NOW - 29 * MINUTE, { status: 'resolved' }));
      await expect.poll(() => reader.kept(source), WAIT).toHaveLength(alerts.length);
    }
  });

  test('that is CrowdStrike, GitHub, Elasticsearch or any JSON over HTTP is read page by page to the same end', async () => {
    const made = (id: number): Made => {
      const at = NOW - 20 * MINUTE + Math.floor(id / 5) * 1_000;
      const iso = new Date(at).toISOString();
      return {
        at,
        body: {
          id: `x-${id}`,
          time: iso,
          title: 'Odd sign-in',
          host: 'web-1',
          severity: 'low',
          updated_timestamp: iso,
          '@timestamp': iso,
        },
      };
    };
    const records = Array.from({ length: 33 }, (_, id) => made(id));
    const page = paged(records, 10);
    const falcon = await vendor(asked => {
      if (asked.url.pathname === '/oauth2/token') return { status: 201, body: { access_token: 'falcon-token' } };
      if (asked.headers.authorization !== 'Bearer falcon-token') return { status: 401, body: {} };
      const { filter, sort, after } = JSON.parse(asked.body);
      expect(sort).toBe('updated_timestamp|asc');
      const from = Date.parse(/^updated_timestamp:>='(.+)'$/.exec(filter)?.[1] ?? '');
      const found = page(from, Number(after ?? 0));
      const pagination = { limit: 10, ...(found.next === undefined ? {} : { after: String(found.next) }) };
      return { body: { meta: { pagination }, resources: found.page.map(one => one.body) } };
    });
    const github = await vendor((asked, origin) => {
      if (asked.url.pathname !== '/orgs/acme/audit-log') return { status: 404, body: {} };
      const from = Date.parse(
        /^created:>=(.+)$/.exec(asked.url.searchParams.get('phrase') ?? asked.url.searchParams.get('p') ?? '')?.[1] ??
          '',
      );
      const found = page(from, Number(asked.url.searchParams.get('after') ?? 0));
      const next = new URL(asked.url, origin);
      next.searchParams.set('after', String(found.next));
      return {
        headers:
          found.next === undefined ? {} : { link: `<${next.href}>; rel="next", <${origin}/?before=>; rel="prev"` },
        body: found.page.map(one => one.body),
      };
    });
    const search = await vendor((asked: Asked) => {
      const { query, size, search_after: after } = JSON.parse(asked.body);
      const from = Date.parse(query.range['@timestamp'].gte);
      const found = paged(records, size)(from, after === undefined ? 0 : Number(after[1]) + 1);
      const hits = found.page.map(one => ({
        _id: String(one.body['id']),
        _source: one.body,
        sort: [one.at, records.indexOf(one)],
      }));
      return { body: { took: 1, timed_out: false, hits: { hits } } };
    });
    const plain = await vendor(asked => {
      const found = page(
        Date.parse(asked.url.searchParams.get('from') ?? ''),
        Number(asked.url.searchParams.get('page') ?? 0),
      );
      return {
        body: {
          data: { list: found.page.map(one => one.body) },
          more: found.next === undefined ? null : String(found.next),
        },
      };
    });
    await reader.read({ source: 'falcon', poller: 'crowdstrike', url: falcon.url, settings: { client: 'c' } });
    await reader.read({ source: 'github', poller: 'github-audit', url: github.url, settings: { owner: 'orgs/acme' } });
    await reader.read({ source: 'search', poller: 'elastic', url: search.url, settings: { index: 'alerts' } });
    await reader.read({
      source: 'plain',
      poller: 'http-json',
      url: `${plain.url}/base`,
      settings: { path: '/events?from={since}', records: 'data.list', next: 'more', parameter: 'page' },
    });
    for (const source of ['falcon', 'github', 'search', 'plain'])
      await expect.poll(() => reader.kept(source), { ...WAIT, message: source }).toHaveLength(33);
    expect(plain.asked[0]?.url.pathname).toBe('/base/events');
    records.push(made(33));
    for (const source of ['falcon', 'github', 'search', 'plain'])
      await expect.poll(() => reader.kept(source), { ...WAIT, message: source }).toHaveLength(34);
  });

  test('never has its cursor ahead of what is durable: while the database refuses alerts it stands, and then nothing is missing', async () => {
    const events = Array.from({ length: 12 }, (_, id) => oktaEvent(id, NOW - 10 * MINUTE + id));
    const okta = await vendor(oktaLog(events, () => 4, { isForgotten: false }));
    const { ownerPool } = reader.server.db;
    await ownerPool.query(
      `CREATE FUNCTION refuse_some() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF NEW.vendor_id LIKE '%000000000006' THEN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END IF; RETURN NEW; END $$`,
    );
    await ownerPool.query(
      'CREATE TRIGGER refuse_some BEFORE INSERT ON alert FOR EACH ROW EXECUTE FUNCTION refuse_some()',
    );
    await reader.read({
      source: 'okta-l',
      poller: 'okta',
      url: okta.url,
      parser: 'okta',
      startFrom: NOW - 60 * MINUTE,
    });
    await expect.poll(async () => (await reader.state('okta-l'))?.['trouble'], WAIT).toBe('intake');
    expect(await reader.kept('okta-l')).toHaveLength(4);
    expect(JSON.parse(String((await reader.state('okta-l'))?.['cursor'])).page).toContain('after=4');
    await ownerPool.query('DROP TRIGGER refuse_some ON alert');
    await expect.poll(() => reader.kept('okta-l'), WAIT).toHaveLength(12);
    expect(new Set(await reader.kept('okta-l')).size).toBe(12);
  });

  test('is read by one server at a time where two share a database, and by the other once that one has ended', async () => {
    const events = [oktaEvent(1, NOW - MINUTE)];
    const okta = await vendor(oktaLog(events, () => 4, { isForgotten: false }));
    const other = await runServer({ ...reader.server.secrets, port: await freePort() });
    try {
      await reader.read({ source: 'okta-m', poller: 'okta', url: okta.url, parser: 'okta' });
      await expect.poll(() => reader.kept('okta-m'), WAIT).toHaveLength(1);
      okta.asked.length = 0;
      await sleep(5_000);
      // Once a second; two readers would ask twice as often.
      expect(okta.asked.length).toBeLessThanOrEqual(7);
      await reader.server.restart();
      events.push(oktaEvent(2, NOW - MINUTE + 1));
      await expect.poll(() => reader.kept('okta-m'), WAIT).toHaveLength(2);
    } finally {
      await other.stop();
    }
  });
});
