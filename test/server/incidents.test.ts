import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAP = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product');

describe('incidents', () => {
  let server: TestServer;
  let admin: Browser;
  const placed = async () => {
    const { rows } = await server.db.ownerPool.query<{ vendor_id: string; id: string; incident_id: string }>(
      'SELECT vendor_id, id, incident_id FROM alert',
    );
    return new Map(rows.map(row => [row.vendor_id, row]));
  };
  const membership = async () => [...(await placed())].map(([id, row]) => `${id} ${row.incident_id}`).sort();
  const ingest = (records: readonly object[]) =>
    send(server, 'POST', `/api/v1/ingest?map=${MAP}`, { authorization: `Bearer ${server.cliToken}` }, lines(records));
  const alert = (id: string, who: string, minute: number) => ({
    id,
    time: `2026-03-01T10:${String(minute).padStart(2, '0')}:00Z`,
    rule: `Rule ${id}`,
    host: `${who}-pc`,
    user: who,
    severity: 'high',
    product: 'Examplar',
  });

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    await ingest([
      alert('x1', 'xavier', 1),
      alert('x2', 'xavier', 2),
      alert('x3', 'xavier', 3),
      alert('y1', 'yolanda', 1),
      alert('y2', 'yolanda', 2),
    ]);
  });
  afterAll(() => server.close());

  const incidentOf = async (id: string) => (await placed()).get(id)?.incident_id ?? '';
  const lastEvent = async (incident: string, kind: string) => {
    const detail = await admin.get(`/api/v1/incidents/${incident}`);
    return detail.body.events.find((event: { kind: string; canUndo: boolean }) => event.kind === kind && event.canUndo)
      ?.seq;
  };

  test('are merged, and undoing it brings back exactly what was before', async () => {
    const before = await membership();
    const [x, y] = [await incidentOf('x1'), await incidentOf('y1')];
    expect(x).not.toBe(y);
    expect((await admin.post(`/api/v1/incidents/${x}/merge`, { from: y, because: 'same campaign' })).status).toBe(200);
    expect(await incidentOf('y1')).toBe(x);
    expect((await admin.get(`/api/v1/incidents/${y}`)).body.mergedInto).toBe(x);
    expect((await admin.get('/api/v1/incidents')).body.rows.map((row: { id: string }) => row.id)).not.toContain(y);
    const seq = await lastEvent(x, 'merged');
    expect((await admin.post(`/api/v1/incidents/${x}/undo`, { event: seq })).status).toBe(200);
    expect(await membership()).toEqual(before);
    expect((await admin.post(`/api/v1/incidents/${x}/undo`, { event: seq })).body.code).toBe('incident.cannot_undo');
    expect((await admin.get(`/api/v1/incidents/${y}`)).body.mergedInto).toBeUndefined();
  });

  test('are kept as a report and a timeline: files, in which nothing of a record is markup or a formula', async () => {
    const hostile = '=HYPERLINK("http://a.example") <img src=x> [a](http://a.example)\u202e\n# heading';
    await ingest([{ ...alert('z1', 'zoe', 1), rule: hostile }]);
    const z = await incidentOf('z1');
    const report = await admin.get(`/api/v1/incidents/${z}/report.md`);
    expect(report.headers['content-type']).toBe('text/markdown; charset=utf-8');
    expect(report.headers['content-disposition']).toBe(`attachment; filename="${z}.md"`);
    expect(report.text.startsWith(`# Incident \` ${z} \`\n`)).toBe(true);
    expect(report.text).toContain('[a](http://a.example)\\u202e\\u000a# heading');
    for (const line of report.text.split('\n')) expect(line.replaceAll(/`+ .*? `+/g, '')).not.toMatch(/[[<]|http/);
    const timeline = await admin.get(`/api/v1/incidents/${z}/timeline.csv`);
    expect(timeline.headers['content-disposition']).toBe(`attachment; filename="${z}.csv"`);
    expect(timeline.text.split('\r\n')).toHaveLength(3);
    expect(timeline.text).toContain(`"'=HYPERLINK(""http://a.example"")`);
    expect((await admin.get('/api/v1/incidents/inc_none/report.md')).status).toBe(404);
  });

  test('are split, what joins the split-off alerts follows them, and undo brings all of it back', async () => {
    const x = await incidentOf('x1');
    const moved = (await placed()).get('x3');
    const split = await admin.post(`/api/v1/incidents/${x}/split`, { alerts: [moved?.id] });
    expect(split.status).toBe(200);
    const into = await incidentOf('x3');
    expect(into).not.toBe(x);
    const row = (await admin.get(`/api/v1/incidents/${into}`)).body.row;
    expect(row).toMatchObject({ alertCount: 1 });
    const seq = await lastEvent(x, 'split');
    await admin.post(`/api/v1/incidents/${x}/undo`, { event: seq });
    expect(await incidentOf('x3')).toBe(x);
    expect((await admin.get(`/api/v1/incidents/${x}`)).body.row.alertCount).toBe(3);
  });

  test('let one alert go, but never the last', async () => {
    const y = await incidentOf('y1');
    const [y1, y2] = [(await placed()).get('y1')?.id, (await placed()).get('y2')?.id];
    expect((await admin.post(`/api/v1/incidents/${y}/detach`, { alert: y2 })).status).toBe(200);
    expect(await incidentOf('y2')).not.toBe(y);
    expect((await admin.post(`/api/v1/incidents/${y}/detach`, { alert: y1 })).body.code).toBe('incident.cannot_undo');
    expect((await admin.post(`/api/v1/incidents/${y}/detach`, { alert: y2 })).body.code).toBe('not_found');
  });

  test('have an owner and notes, and each change is in the log without its words', async () => {
    const x = await incidentOf('x1');
    await admin.post(`/api/v1/incidents/${x}/own`, { owner: 'me' });
    await admin.post(`/api/v1/incidents/${x}/note`, { text: 'asked Xavier by phone' });
    const detail = (await admin.get(`/api/v1/incidents/${x}`)).body;
    expect(detail.row.owner).toBe('Ada Administrator');
    expect(detail.events[0]).toMatchObject({
      kind: 'noted',
      text: 'asked Xavier by phone',
      by: 'Ada Administrator',
      canUndo: false,
    });
    expect((await admin.get('/api/v1/incidents?owner=me')).body.rows).toHaveLength(1);
    await expect
      .poll(async () => (await admin.get('/api/v1/log/entries?type=incident.changed&limit=1')).body.rows[0]?.says)
      .toContain('note');
    const log = (await admin.get('/api/v1/log/entries?type=incident.changed')).body.rows;
    expect(JSON.stringify(log)).not.toContain('phone');
    expect((await admin.post(`/api/v1/incidents/${x}/own`, { owner: 'usr_nobody' })).body.code).toBe('not_found');
  });

  test('are told of as they change, to whoever listens', async () => {
    const heard: string[] = [];
    const request = get(
      {
        host: '127.0.0.1',
        port: server.port,
        path: '/api/v1/events',
        headers: { host: `localhost:${server.port}`, cookie: admin.cookie },
      },
      response => {
        response.setEncoding('utf8').on('data', (chunk: string) => heard.push(chunk));
      },
    );
    request.on('error', () => undefined);
    try {
      await expect.poll(() => heard.join('')).toContain('hello');
      await ingest([alert('z1', 'zoe', 9)]);
      await expect.poll(() => heard.join(''), { timeout: 10_000 }).toContain('event: incidents');
      await expect.poll(() => heard.join(''), { timeout: 10_000 }).toContain('event: log');
    } finally {
      request.destroy();
    }
  });

  test('page through the queue without showing one twice or leaving one out', async () => {
    await ingest(Array.from({ length: 30 }, (_, i) => alert(`p${i}`, `person${i}`, i)));
    const all = (await admin.get('/api/v1/incidents?limit=500')).body.rows.map((row: { id: string }) => row.id);
    for (const sort of ['severity', 'last_seen', 'first_seen', 'alerts']) {
      const seen: string[] = [];
      let cursor = '';
      do {
        const page: { rows: { id: string }[]; next?: string } = (
          await admin.get(`/api/v1/incidents?limit=7&sort=${sort}${cursor === '' ? '' : `&cursor=${cursor}`}`)
        ).body;
        seen.push(...page.rows.map(row => row.id));
        cursor = page.next ?? '';
      } while (cursor !== '');
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.toSorted()).toEqual(all.toSorted());
    }
    expect((await admin.get('/api/v1/incidents?cursor=bm90anNvbg')).body.code).toBe('request.malformed');
  });
});
