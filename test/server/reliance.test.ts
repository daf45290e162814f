import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RelianceView } from '../../src/model/reliance.ts';
import { Browser, firstAdministrator, send, startTestServer, type TestServer } from './harness.ts';

const DECISIONS = 30;

describe('figures of reviewing over the door', () => {
  let server: TestServer;
  let admin: Browser;
  let rosa: Browser;
  const idOf = (browser: Browser) => browser.me?.person?.id ?? '';
  const read = async (browser: Browser) => (await browser.get('/api/v1/reliance')).body as RelianceView;

  /** Rows as reviews leave them, some days ago, so that what is said of the team has them in it. */
  async function decide(person: string, verdict: 'approve' | 'reject', seconds: number): Promise<void> {
    await server.db.ownerPool.query(
      `WITH made AS (SELECT 'prp_' || $1 || n AS id, now() - interval '3 days' + n * interval '1 minute' AS at FROM generate_series(1, ${DECISIONS}) AS n),
       revised AS (INSERT INTO revision SELECT 'default', id, 1, '{}', '', '{}', '{}', '', 'T2', '', '{}', '[]', at, at + interval '4 hours', '' FROM made),
       shown AS (INSERT INTO decision_telemetry SELECT 'default', id, 1, $1, 'shown', at, '{"asks":false,"of":"directory/disable","claims":6,"cited":6}' FROM made)
       INSERT INTO review SELECT 'default', 'rev_' || id, id, 1, $1, $2, '', '', '{}', id, '', at + $3 * interval '1 second', '' FROM made`,
      [person, verdict, seconds],
    );
  }

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    rosa = new Browser(server);
    await rosa.enrol(await admin.invite('Rosa', ['responder']), 'Rosa');
    await rosa.signIn();
    await decide(idOf(rosa), 'approve', 2);
    await decide(idOf(admin), 'reject', 90);
  });
  afterAll(() => server.close());

  test('are one’s own, with how many they are of', async () => {
    const { own } = await read(rosa);
    expect(own.figures).toMatchObject({
      decisions: DECISIONS,
      overrideRate: { kind: 'known', value: 0, n: DECISIONS },
      dwell: { kind: 'known', p50: 2 },
      overReliance: { kind: 'unknown', n: 0 },
    });
    expect((await read(admin)).own.figures.overrideRate).toMatchObject({ value: 1 });
  });

  test('of somebody else cannot be asked for, by no parameter, path or role', async () => {
    for (const path of [`?person=${idOf(rosa)}`, `?person_id=${idOf(rosa)}`])
      expect((await admin.get(`/api/v1/reliance${path}`)).status).toBe(400);
    for (const path of [`/${idOf(rosa)}`, `/people/${idOf(rosa)}`])
      expect((await admin.get(`/api/v1/reliance${path}`)).status).toBe(404);
    const text = JSON.stringify(await read(admin));
    expect(text).not.toMatch(/usr_/);
    expect(text).not.toContain('Rosa');
  });

  test('are for people: no token and no stranger reads or writes any of them', async () => {
    const headers = { authorization: `Bearer ${server.cliToken}` };
    expect((await send(server, 'GET', '/api/v1/reliance', headers)).status).toBe(403);
    expect((await send(server, 'GET', '/api/v1/reliance')).status).toBe(401);
    for (const path of ['shown', 'pre-judgement', 'dwell', 'judgement'])
      expect((await send(server, 'POST', `/api/v1/reliance/${path}`, headers, '{}')).status).toBe(403);
  });

  test('of a team are withheld below five people, and told from five on, naming nobody', async () => {
    expect((await read(admin)).team).toMatchObject({ all: { kind: 'too_few_people' } });
    for (const person of ['usr_c', 'usr_d']) await decide(person, 'approve', 60);
    expect((await read(admin)).team).toMatchObject({ all: { kind: 'too_few_people' } });
    await decide('usr_e', 'approve', 60);
    const { team } = await read(admin);
    expect(team.all).toMatchObject({
      kind: 'shown',
      figures: { decisions: DECISIONS * 5, overrideRate: { kind: 'known', value: 0.2 } },
    });
    expect(team.byKind.map(({ of }) => of)).toEqual(['directory/disable']);
    expect(JSON.stringify(team)).not.toMatch(/usr_/);
  });

  test('come with the load ahead, as far as it can be told', async () => {
    const { forecast } = await read(admin);
    expect(forecast.tiers.map(({ tier, wait }) => [tier, wait.kind])).toEqual([
      ['T1', 'cannot_tell'],
      ['T2', 'hours'],
      ['T3', 'cannot_tell'],
    ]);
    expect(forecast.observedHours).toBeGreaterThan(70);
    expect(forecast.observedHours).toBeLessThan(73);
  });

  test('take times on screen in whole seconds up to an hour, and of known parts only', async () => {
    const at = { proposal: 'prp_0', revision: 1 };
    for (const sections of [{ evidence: 1.5 }, { evidence: 3_601 }, { evidence: -1 }, { password: 1 }])
      expect((await rosa.post('/api/v1/reliance/dwell', { ...at, sections })).status).toBe(400);
  });
});
