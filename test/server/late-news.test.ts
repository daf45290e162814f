import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LateArrivals, lateNewsOf } from '../../src/app/late-news.ts';
import { viewProposal } from '../../src/app/proposals/view.ts';
import { MS_PER_HOUR, MS_PER_MINUTE, rfc3339, unixMsFrom } from '../../src/base/time.ts';
import { alertOf } from '../../src/core/study/testing.ts';
import { type Installation, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { INCIDENT, propose, review } from '../harness/proposals.ts';

const TENANT = 'default';

describe('records that arrive after an incident was judged', () => {
  let world: Installation;
  let team: Team;
  let start: number;

  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    start = world.context.now() - 3 * MS_PER_HOUR;
    await judged(INCIDENT, 'db1', start);
    await judged('inc_elsewhere', 'web9', start);
    await judged('inc_yesterday', 'db1', start - 24 * MS_PER_HOUR);
  });
  afterAll(() => world.stop());

  /** An incident of one alert, of which we heard when it happened. */
  async function judged(id: string, host: string, at: number): Promise<void> {
    const { ownerPool } = world.database;
    const time = new Date(at);
    await ownerPool.query(
      `INSERT INTO incident (tenant_id, id, title, severity, severity_rank, alert_count, sources, entities, first_seen, last_seen, updated_at)
       VALUES ($1, $2, 't', 'high', 4, 1, '{}', '[]', $3, $3, $3)`,
      [TENANT, id, time],
    );
    await ownerPool.query(
      `INSERT INTO incident_event (tenant_id, incident_id, event, at, by) VALUES ($1, $2, '{"kind":"opened"}', $3, 'correlator')`,
      [TENANT, id, time],
    );
    await ownerPool.query(
      `INSERT INTO alert (tenant_id, id, alert_key, evidence_id, source, product, title, rule, severity, activity_at, received_at, batch_id, body, incident_id, because)
       VALUES ($1, 'alr_' || $2, $2, 'evd_1', 's', 'Testwatch', 't', 'r', 'high', $3, $3, 'bat_1', $4, $2, '[]')`,
      [TENANT, id, time, { fields: { host }, entities: [{ kind: 'host', value: host }] }],
    );
  }

  const late = (count: number, minutes: number, host = 'db1') =>
    Array.from({ length: count }, (_, n) => {
      const at = unixMsFrom(start + minutes * MS_PER_MINUTE + n);
      const alert = alertOf({ time: rfc3339(at), rule: 'late', host }, n);
      return { alert: { ...alert, receivedAt: world.context.now() } };
    });

  test('re-open it, once for each stream, with how many and for when, in the log too; others stay closed', async () => {
    const arrivals = new LateArrivals();
    arrivals.hear(late(5, 10));
    expect(await arrivals.flush(world.context)).toEqual([INCIDENT]);
    expect(await arrivals.flush(world.context)).toEqual([]);
    const [news, ...more] = await lateNewsOf(world.context, INCIDENT);
    expect(more).toEqual([]);
    expect(news).toMatchObject({
      stream: 'db1|Testwatch',
      records: 5,
      from: rfc3339(unixMsFrom(start + 10 * MS_PER_MINUTE)),
    });
    expect(await lateNewsOf(world.context, 'inc_elsewhere')).toEqual([]);
    expect(await lateNewsOf(world.context, 'inc_yesterday')).toEqual([]);
    const { rows } = await world.database.ownerPool.query<{ entry: Buffer }>(
      `SELECT entry FROM audit_pending UNION ALL SELECT entry FROM audit_entry`,
    );
    const entries = rows.map(row => JSON.parse(row.entry.toString()));
    expect(entries.filter(entry => entry.change === 'reopened')).toMatchObject([
      { type: 'incident.changed', incident: INCIDENT, by: 'coverage', detail: { records: '5' } },
    ]);
  });

  test('that come as they happen re-open nothing', async () => {
    const arrivals = new LateArrivals();
    arrivals.hear(late(5, 179));
    expect(await arrivals.flush(world.context)).toEqual([]);
  });

  test('mark a proposal that was decided without them, and void nothing', async () => {
    const proposal = await propose(world, team.rosa, {});
    const before = await viewProposal(world.context, proposal, team.sam.person);
    expect(before?.lateNews).toEqual({ isDecided: false, streams: [] });
    await review(world, team.sam, proposal);
    const arrivals = new LateArrivals();
    arrivals.hear(late(7, 20));
    await arrivals.flush(world.context);
    const after = await viewProposal(world.context, proposal, team.sam.person);
    expect(after?.lateNews).toMatchObject({ isDecided: true, streams: [{ stream: 'db1|Testwatch', records: 7 }] });
    expect(after?.row.state).toBe('approved');
    expect(after?.row.revision).toBe(before?.row.revision);
  });
});
