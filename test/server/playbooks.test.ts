import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DryRunAnswer, PlaybookRow, PlaybookView, RunView } from '../../src/model/api.ts';
import { Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';
import { startOwnExecutor } from './own-executor.ts';
import { signReview } from './signing.ts';

const WAIT_MS = 30_000;
const CLOSE = `
playbook: Close what was looked at
version: "1"
steps:
  - { step: ask-close, ask: close }
  - { step: close, act: close_incident, on: incident.self }
  - { step: said, notify: It is closed. }
`;

describe('a playbook over the doors of the server', { timeout: 60_000 }, () => {
  let server: TestServer;
  let executor: Awaited<ReturnType<typeof startOwnExecutor>>;
  let admin: Browser;
  let rosa: Browser;
  let olga: Browser;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    const enrolled = async (name: string, role: 'responder' | 'owner') => {
      const browser = new Browser(server);
      await browser.enrol(await admin.invite(name, [role]), name);
      await browser.signIn();
      return browser;
    };
    rosa = await enrolled('Rosa Responder', 'responder');
    olga = await enrolled('Olga Owner', 'owner');
    // After everybody is enrolled: whom an executor meets on its first day, it lets sign for two at once.
    executor = await startOwnExecutor(server);
  });
  afterAll(async () => {
    await executor.stop();
    await server.close();
  });

  test('is checked, shown with what stands, and started by nobody without a session', async () => {
    const bypass = CLOSE.replace('  - { step: ask-close, ask: close }\n', '');
    const checked = await admin.post('/api/v1/playbooks/check', { text: bypass });
    expect(checked.body).toMatchObject({ ok: false, bypasses: [{ step: 'close', path: ['close'] }] });
    expect((await admin.post('/api/v1/playbooks/check', { text: CLOSE })).body).toMatchObject({
      ok: true,
      tier: 'T1',
    });
    const brought = await admin.post('/api/v1/proposals', { kind: 'playbook', text: bypass });
    expect([brought.status, brought.body.code]).toEqual([422, 'playbook.refused']);
    expect((await admin.get('/api/v1/playbooks')).body).toEqual([]);
    const token = { authorization: `Bearer ${server.cliToken}` };
    const body = JSON.stringify({ name: 'x', sha256: '0'.repeat(64), incident: 'inc_1' });
    const started = await send(
      server,
      'POST',
      '/api/v1/playbooks/runs',
      { ...token, 'content-type': 'application/json' },
      body,
    );
    expect(started.status).toBe(403);
    expect((await rosa.post('/api/v1/playbooks/runs', JSON.parse(body))).status).toBe(404);
  });

  const sign = async (by: Browser, id: string) =>
    signReview(by, (await by.get(`/api/v1/proposals/${id}`)).body, {
      reason: 'read from start to end, it asks where it has to, and the team has gone through it',
    });
  const settled = (id: string, state: string) =>
    expect
      .poll(async () => (await admin.get(`/api/v1/proposals/${id}`)).body.row.state, { timeout: WAIT_MS })
      .toBe(state);

  test('is adopted by two people, asks by itself, lives through a restart of the server, and ends once its act was seen', async () => {
    const brought = await admin.post('/api/v1/proposals', { kind: 'playbook', text: CLOSE });
    expect([brought.status, brought.body.row?.tier]).toEqual([200, 'T3']);
    const adoption = brought.body.row.id;
    const [proposed]: PlaybookRow[] = (await rosa.get('/api/v1/playbooks')).body;
    expect(proposed).toMatchObject({ state: 'proposed', signedBy: [], adoptedAt: '' });
    for (const browser of [rosa, olga]) expect((await sign(browser, adoption)).status).toBe(200);
    await settled(adoption, 'verified');
    const [row]: PlaybookRow[] = (await rosa.get('/api/v1/playbooks')).body;
    expect(row).toMatchObject({
      name: 'close-what-was-looked-at',
      tier: 'T1',
      steps: 3,
      state: 'adopted',
      isNextProposed: false,
      signedBy: ['Rosa Responder', 'Olga Owner'],
      runs: { running: 0, waiting: 0, failed: 0, done: 0 },
    });

    const map = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product');
    const alert = {
      id: 'a1',
      time: '2026-03-01T10:00:00Z',
      rule: 'Login',
      host: 'pc',
      user: 'lena',
      severity: 'low',
      product: 'Examplar',
    };
    await send(
      server,
      'POST',
      `/api/v1/ingest?map=${map}`,
      { authorization: `Bearer ${server.cliToken}` },
      lines([alert]),
    );
    const incident = (await admin.get('/api/v1/incidents?state=open')).body.rows[0].id;
    const started = await admin.post('/api/v1/playbooks/runs', { name: row?.name, sha256: row?.sha256, incident });
    expect(started.status).toBe(200);
    const view = async (): Promise<RunView> => (await rosa.get(`/api/v1/playbooks/runs/${started.body.id}`)).body;
    const isPut = async (id: string | undefined) =>
      id !== undefined && (await rosa.get(`/api/v1/proposals/${id}`)).status === 200;
    await expect.poll(async () => isPut((await view()).steps[0]?.proposal), { timeout: WAIT_MS }).toBe(true);
    const proposal = (await view()).steps[0]?.proposal ?? '';
    const shown: PlaybookView = (await rosa.get('/api/v1/playbooks/files/close-what-was-looked-at')).body;
    expect(shown).toMatchObject({
      shown: { stands: true, state: 'verified', proposal: adoption },
      text: CLOSE,
      check: { ok: true, humanSteps: 1 },
      runs: [{ id: started.body.id, startedByName: 'Ada Administrator', waitsFor: [{ step: 'ask-close', proposal }] }],
    });
    expect(shown.pictures[0]?.lines.map(line => `${line.look} ${line.name}`)).toEqual([
      'human ask-close',
      'effect close',
      'plain said',
    ]);
    const [waiting]: PlaybookRow[] = (await rosa.get('/api/v1/playbooks')).body;
    expect(waiting?.runs).toEqual({ running: 0, waiting: 1, failed: 0, done: 0 });
    await server.restart();
    expect((await view()).steps).toEqual([{ step: 'ask-close', is: 'waiting', proposal }]);
    expect((await sign(rosa, proposal)).status).toBe(200);
    await expect.poll(async () => (await view()).end, { timeout: WAIT_MS }).toEqual({ as: 'done', why: '' });
    expect((await view()).steps.map(({ step }) => step)).toEqual(['ask-close', 'close', 'said']);
    await settled(proposal, 'verified');
    const { rows } = await server.db.ownerPool.query(`SELECT FROM proposal WHERE origin ->> 'kind' = 'playbook'`);
    expect(rows).toHaveLength(1);
  });

  test('tells by a dry run what it would do, with a token too, and what is wrong with a file that does not load', async () => {
    const token = { authorization: `Bearer ${server.cliToken}`, 'content-type': 'application/json' };
    const dryRun = async (body: object): Promise<DryRunAnswer> =>
      (await send(server, 'POST', '/api/v1/playbooks/dry-run', token, JSON.stringify(body))).body;
    const told = await dryRun({ text: CLOSE, people: 'reject' });
    if (!told.ok) throw new Error(JSON.stringify(told));
    const [first] = told.rows;
    expect([first?.end, first?.steps.map(({ place, is }) => `${place} ${is}`)]).toEqual([
      'stopped',
      ['ask-close would'],
    ]);
    expect(first?.steps[0]?.proposes).toMatchObject({ tier: 'T1', seats: [{ slot: 'responder', people: [] }] });
    expect(await dryRun({ text: CLOSE.replace('ask: close', 'notify: hello') })).toMatchObject({
      ok: false,
      bypasses: [{ step: 'close', path: ['ask-close', 'close'] }],
    });
    expect(await dryRun({ text: CLOSE, sha256: '0'.repeat(64) })).toMatchObject({ code: 'request.malformed' });
    expect(await dryRun({ text: CLOSE, incident: 'inc_0' })).toMatchObject({ code: 'not_found' });
  });

  test('a run that somebody stops asks nothing more: what it asked is withdrawn, who stopped it stands in the log, and it stops once', async () => {
    const [row]: PlaybookRow[] = (await rosa.get('/api/v1/playbooks')).body;
    const incident = (await admin.get('/api/v1/incidents?state=closed')).body.rows[0]?.id;
    const { rows } = await server.db.ownerPool.query<{ id: string }>('SELECT id FROM incident LIMIT 1');
    const on = incident ?? rows[0]?.id;
    const started = await admin.post('/api/v1/playbooks/runs', { name: row?.name, sha256: row?.sha256, incident: on });
    expect(started.status).toBe(200);
    const stop = `/api/v1/playbooks/runs/${started.body.id}/stop`;
    const token = { authorization: `Bearer ${server.cliToken}`, 'content-type': 'application/json' };
    expect((await send(server, 'POST', stop, token, '{}')).status).toBe(403);
    expect((await admin.post(stop, {})).body.end).toEqual({ as: 'stopped', why: 'stopped by Ada Administrator' });
    expect((await admin.post(stop, {})).body.code).toBe('playbook.over');
    await expect
      .poll(async () => (await admin.get('/api/v1/log/entries?type=playbook.halted')).body.rows.length)
      .toBe(1);
    const [entry] = (await admin.get('/api/v1/log/entries?type=playbook.halted')).body.rows;
    expect(entry.says).toContain(`stopped the run ${started.body.id}`);
  });
});
