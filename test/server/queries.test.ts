import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAP = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product');
const SEVERITIES = ['low', 'medium', 'high', 'critical'];

describe('what pages ask of many alerts', () => {
  let server: TestServer;
  const ask = async (path: string) =>
    (await send(server, 'GET', path, { authorization: `Bearer ${server.cliToken}` })).body;
  const ingest = (records: readonly object[]) =>
    send(server, 'POST', `/api/v1/ingest?map=${MAP}`, { authorization: `Bearer ${server.cliToken}` }, lines(records));
  const alert = (id: string, who: string, minute: number, rule = `Rule ${id}`) => ({
    id,
    time: new Date(Date.UTC(2026, 2, 1, 10, minute)).toISOString(),
    rule,
    host: `${who}-pc`,
    user: who,
    severity: SEVERITIES[minute % SEVERITIES.length],
    product: 'Examplar',
  });
  const asServer = async <T>(sql: string, values: readonly unknown[]): Promise<readonly T[]> => {
    const client = await server.db.serverPool.connect();
    try {
      await client.query("SELECT set_config('countersign.tenant', 'default', false)");
      return (await client.query(sql, [...values])).rows;
    } finally {
      client.release();
    }
  };

  beforeAll(async () => {
    server = await startTestServer();
    await ingest(
      Array.from({ length: 60 }, (_, n) => alert(`q${n}`, `Person${n}`, n, n === 7 ? 'Odd 100% rule_name' : undefined)),
    );
  });
  afterAll(() => server.close());

  interface Row {
    readonly id: string;
    readonly severity: string;
    readonly entities: readonly { readonly label: string }[];
  }
  const pagesOf = async (filter: string): Promise<{ rows: Row[]; totals: number[] }> => {
    const rows: Row[] = [];
    const totals: number[] = [];
    let cursor = '';
    do {
      const page = await ask(`/api/v1/incidents?limit=7&${filter}${cursor === '' ? '' : `&cursor=${cursor}`}`);
      rows.push(...page.rows);
      totals.push(page.total);
      cursor = page.next ?? '';
    } while (cursor !== '');
    return { rows, totals };
  };

  test('a filter of the queue lets pass each incident once, in every order, and every page gives their number', async () => {
    const all = (await ask('/api/v1/incidents?limit=500')).rows as Row[];
    expect(all).toHaveLength(60);
    for (const sort of ['severity', 'last_seen', 'first_seen', 'alerts']) {
      const wanted = all.filter(row => row.severity === 'high' || row.severity === 'low').map(row => row.id);
      const { rows, totals } = await pagesOf(`sort=${sort}&severity=high,low`);
      expect(rows.map(row => row.id).toSorted()).toEqual(wanted.toSorted());
      expect(new Set(totals)).toEqual(new Set([30]));
    }
    expect(await ask('/api/v1/incidents?severity=unknown')).toMatchObject({ rows: [], total: 0, openTotal: 60 });
  });

  test('the text of the queue is a part of a title, a name or an id, in any case and taken as it stands', async () => {
    const found = async (q: string) => (await pagesOf(`q=${encodeURIComponent(q)}`)).rows.length;
    expect(await found('pErSoN1')).toBe(11);
    expect(await found('person59-PC')).toBe(1);
    expect(await found('100% rule_name')).toBe(1);
    expect(await found('1%0')).toBe(0);
    expect(await found('person_')).toBe(0);
    // The names of members of what is stored are no text of it.
    expect(await found('label')).toBe(0);
    const [first] = (await ask('/api/v1/incidents?limit=1')).rows;
    expect((await pagesOf(`q=${first.id}`)).rows.map(row => row.id)).toEqual([first.id]);
  });

  test('a text is found wherever it stands in a row, however long the row is, and counted once', async () => {
    const [first] = (await ask('/api/v1/incidents?limit=1')).rows;
    // Four bytes each: as much as an entry of the index can ever be asked to hold.
    const title = `begins so ${'\u{1F980}'.repeat(5_000)} and ends thus`;
    await server.db.ownerPool.query('UPDATE incident SET title = $2 WHERE id = $1', [first.id, title]);
    for (const q of ['begins so', 'ENDS THUS', first.id]) {
      const page = await ask(`/api/v1/incidents?q=${encodeURIComponent(q)}`);
      expect([page.total, page.rows.map((row: { id: string }) => row.id)]).toEqual([1, [first.id]]);
    }
    await server.db.ownerPool.query('UPDATE incident SET title = $2 WHERE id = $1', [first.id, first.title]);
  });

  test('searching gives the newest first, and as many as there are where there are no more than wanted', async () => {
    await expect.poll(async () => (await ask('/api/v1/search?q=Examplar')).indexLag, { timeout: 20_000 }).toBe(0);
    const many = await ask('/api/v1/search?q=Examplar&limit=2');
    expect(many.hits.map((hit: { title: string }) => hit.title)).toEqual(['Rule q59', 'Rule q58']);
    expect(many.isPartial).toBe(false);
    // Older than the newest that are looked through for two hits.
    const old = await ask('/api/v1/search?q=erson3-p&limit=2');
    expect(old.hits.map((hit: { title: string }) => hit.title)).toEqual(['Rule q3']);
    expect(old.isPartial).toBe(false);
    expect((await ask('/api/v1/search?q=Person3&limit=50')).hits.length).toBe(11);
    expect((await ask('/api/v1/search?q=rule_name')).hits.length).toBe(1);
    expect((await ask('/api/v1/search?q=nobody-like-it')).hits).toEqual([]);
  });

  test('an index that holds more hits than are looked at says so', async () => {
    for (const by of ['search_words', 'search_part']) {
      const cut = await asServer<{ is_cut: boolean }>(`SELECT * FROM ${by}('Examplar', 5, 10)`, []);
      expect(cut.map(row => row.is_cut)).toEqual([true, true, true, true, true]);
      const whole = await asServer<{ is_cut: boolean }>(`SELECT * FROM ${by}('Examplar', 500, 60)`, []);
      expect(whole.filter(row => !row.is_cut)).toHaveLength(60);
    }
  });

  test('what an incident is studied by follows its alerts: those that came just now, and those that went elsewhere', async () => {
    await ingest([alert('s1', 'sven', 1), alert('s2', 'sven', 2)]);
    const [{ incident_id: id }] = (
      await server.db.ownerPool.query("SELECT incident_id FROM alert WHERE vendor_id = 's1'")
    ).rows;
    const studied = async () => (await ask(`/api/v1/incidents/${id}`)).summary.headline.count;
    const entries = async () => (await ask(`/api/v1/incidents/${id}/timeline`)).entries.length;
    expect([await studied(), await entries()]).toEqual([2, 2]);
    await ingest([alert('s3', 'sven', 3)]);
    // Asked by several at once, it is worked out for all of them.
    const [a, b, listed] = await Promise.all([studied(), studied(), entries()]);
    expect([a, b, listed]).toEqual([3, 3, 3]);
    const admin = await firstAdministrator(server);
    const [s3] = (await server.db.ownerPool.query("SELECT id FROM alert WHERE vendor_id = 's3'")).rows;
    expect((await admin.post(`/api/v1/incidents/${id}/split`, { alerts: [s3.id] })).status).toBe(200);
    expect([await studied(), await entries()]).toEqual([2, 2]);
  });
});
