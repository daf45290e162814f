import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { incidentEventOf } from '../../src/app/incident-events.ts';
import { foldMembership } from '../../src/core/intake/incident.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAP = encodeURIComponent(
  'id=id,time=time,title=rule,host=host,user=user,src_ip=ip,domain=domain,severity=severity,product=product',
);
const START = Date.UTC(2026, 2, 1);
const HOUR = 3_600_000;

interface Sketch {
  readonly at: number;
  readonly rule: string;
  readonly host: string | undefined;
  readonly user: string | undefined;
  readonly ip: string | undefined;
  readonly domain: string | undefined;
}

const some = (...values: readonly string[]) => fc.option(fc.constantFrom(...values), { nil: undefined });
const sketches: fc.Arbitrary<readonly Sketch[]> = fc.uniqueArray(
  fc.record({
    at: fc.integer({ min: 0, max: 59 * 60 }).map(second => second * 1000),
    rule: fc.constantFrom('dump', 'scan', 'shell', 'login'),
    host: some('web1', 'web2', 'db1', 'db2', 'pc1'),
    user: some('ann', 'bob', 'cyd', 'dee', 'eve', 'fay'),
    ip: some('192.0.2.1', '192.0.2.2', '192.0.2.3'),
    domain: some('a.example', 'b.example', 'c.example'),
  }),
  { minLength: 60, maxLength: 90, selector: one => JSON.stringify(one) },
);

/** A round's alerts: named by what they say, days after those of the round before, so that rounds do not meet. */
function recordsOf(round: number, list: readonly Sketch[]): readonly object[] {
  return list.map((sketch, n) => ({
    ...sketch,
    at: undefined,
    id: `r${round}-${n}`,
    time: new Date(START + round * 24 * 5 * HOUR + sketch.at).toISOString(),
    severity: 'high',
    product: 'Examplar',
  }));
}

describe('alerts that arrive out of order', () => {
  let shuffled: TestServer;
  let sorted: TestServer;
  let admin: Browser;
  beforeAll(async () => {
    shuffled = await startTestServer();
    sorted = await startTestServer();
    admin = await firstAdministrator(shuffled);
  });
  afterAll(async () => {
    await shuffled.close();
    await sorted.close();
  });

  const ingest = async (server: TestServer, records: readonly object[]) => {
    const answer = await send(
      server,
      'POST',
      `/api/v1/ingest?map=${MAP}`,
      { authorization: `Bearer ${server.cliToken}` },
      lines(records),
    );
    expect(answer.body).toMatchObject({ records: records.length, kept: records.length });
  };
  const placed = async (server: TestServer, prefix: string) =>
    (
      await server.db.ownerPool.query<{ vendor_id: string; id: string; incident_id: string }>(
        'SELECT vendor_id, id, incident_id FROM alert WHERE vendor_id LIKE $1 ORDER BY vendor_id',
        [`${prefix}%`],
      )
    ).rows;
  const partition = async (server: TestServer, prefix: string) => {
    const incidents = new Map<string, string[]>();
    for (const { vendor_id, incident_id } of await placed(server, prefix))
      incidents.set(incident_id, [...(incidents.get(incident_id) ?? []), vendor_id]);
    return [...incidents.values()].map(ids => ids.join(' ')).sort();
  };
  /** What the rows and the alerts say is what the events say. */
  const expectOneTruth = async (server: TestServer) => {
    const { db } = server;
    const events = await db.ownerPool.query('SELECT seq, event FROM incident_event ORDER BY seq');
    const fold = foldMembership(events.rows.map(row => ({ seq: Number(row.seq), event: incidentEventOf(row.event) })));
    const alerts = (await db.ownerPool.query('SELECT id, incident_id FROM alert')).rows;
    expect(alerts.filter(one => fold.incidentOf.get(one.id) !== one.incident_id)).toEqual([]);
    const wrong = await db.ownerPool.query(
      `SELECT i.id, i.alert_count, i.merged_into, count(a.id)::int AS n FROM incident i LEFT JOIN alert a ON a.incident_id = i.id
        GROUP BY i.id, i.alert_count, i.merged_into HAVING (i.merged_into IS NULL AND i.alert_count <> count(a.id)) OR (i.merged_into IS NOT NULL AND count(a.id) > 0)`,
    );
    expect(wrong.rows).toEqual([]);
    const dangling = await db.ownerPool.query(
      'SELECT id FROM alert WHERE duplicate_of IS NOT NULL AND duplicate_of NOT IN (SELECT id FROM alert WHERE duplicate_of IS NULL)',
    );
    expect(dangling.rows).toEqual([]);
  };

  test('stand in the incidents in which they would stand had they come in order, and events, rows and alerts agree', {
    timeout: 240_000,
  }, async () => {
    let round = 0;
    await fc.assert(
      fc.asyncProperty(
        sketches,
        fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
        fc.infiniteStream(fc.nat()),
        async (list, sizes, dice) => {
          const prefix = `r${round}-`;
          const records = recordsOf(round++, list);
          const arrived = records
            .map(record => ({ record, place: dice.next().value ?? 0 }))
            .sort((a, b) => a.place - b.place)
            .map(({ record }) => record);
          for (let at = 0; at < arrived.length; ) {
            const size = sizes.next().value ?? 1;
            await ingest(shuffled, arrived.slice(at, at + size));
            at += size;
          }
          await ingest(
            sorted,
            records.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
          );
          expect(await partition(shuffled, prefix)).toEqual(await partition(sorted, prefix));
          await expectOneTruth(shuffled);
        },
      ),
      { numRuns: 6, endOnFailure: true },
    );
  });

  test('leave alone what a person split off, before and after a restart', async () => {
    const alert = (id: string, minute: number, user: string, host: string) => ({
      id,
      time: new Date(Date.UTC(2027, 0, 1, 10, minute)).toISOString(),
      rule: `Rule ${id}`,
      host,
      user,
      severity: 'high',
      product: 'Examplar',
    });
    await ingest(shuffled, [alert('p1', 10, 'pat', 'pc-pat'), alert('p2', 12, 'pat', 'pc-pat')]);
    const [p1, p2] = await placed(shuffled, 'p');
    expect(p1?.incident_id).toBe(p2?.incident_id);
    await admin.post(`/api/v1/incidents/${p1?.incident_id}/split`, { alerts: [p2?.id] });
    const parted = async () => {
      const rows = new Map((await placed(shuffled, 'p')).map(row => [row.vendor_id, row.incident_id]));
      expect(rows.get('p1')).not.toBe(rows.get('p2'));
      return rows;
    };
    await parted();
    // Comes late, has the same in common with both: it goes to one, and joins the two no more.
    await ingest(shuffled, [alert('p3', 11, 'pat', 'pc-pat')]);
    await parted();
    await shuffled.restart();
    await ingest(shuffled, [alert('p4', 13, 'pat', 'pc-pat'), alert('p5', 9, 'pat', 'pc-pat')]);
    const rows = await parted();
    expect(new Set([rows.get('p1'), rows.get('p2')])).toContain(rows.get('p4'));
    const { rows: because } = await shuffled.db.ownerPool.query<{ because: readonly { kind: string }[] }>(
      `SELECT because FROM alert WHERE vendor_id IN ('p3', 'p4', 'p5')`,
    );
    expect(because.flatMap(row => row.because.map(one => one.kind))).toContain('kept_apart');
    await expectOneTruth(shuffled);
  });
});
