import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProposalView } from '../../src/model/api.ts';
import { Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';
import { startOwnExecutor } from './own-executor.ts';
import { signReview } from './signing.ts';

const MAP = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product');
const WAIT_MS = 30_000;

describe('an incident', { timeout: 60_000 }, () => {
  let server: TestServer;
  let executor: Awaited<ReturnType<typeof startOwnExecutor>>;
  let admin: Browser;
  let rosa: Browser;
  beforeAll(async () => {
    server = await startTestServer();
    executor = await startOwnExecutor(server);
    admin = await firstAdministrator(server);
    rosa = new Browser(server);
    await rosa.enrol(await admin.invite('Rosa Responder', ['responder']), 'Rosa Responder');
    await rosa.signIn();
  });
  afterAll(async () => {
    await executor.stop();
    await server.close();
  });

  let minute = 0;
  const alertOf = async (who: string, severity: string) => {
    const id = `${who}-${++minute}`;
    const record = {
      id,
      time: `2026-03-01T10:${String(minute).padStart(2, '0')}:00Z`,
      rule: 'Suspicious login',
      host: `${who}-pc`,
      user: who,
      severity,
      product: 'Examplar',
    };
    const sent = { authorization: `Bearer ${server.cliToken}` };
    await send(server, 'POST', `/api/v1/ingest?map=${MAP}`, sent, lines([record]));
    const { rows } = await server.db.ownerPool.query('SELECT incident_id FROM alert WHERE vendor_id = $1', [id]);
    return rows[0].incident_id as string;
  };
  const isListed = async (id: string, state: 'open' | 'closed') =>
    (await admin.get(`/api/v1/incidents?state=${state}`)).body.rows.some((row: { id: string }) => row.id === id);
  /** The row of the queue is a copy, written a moment after the act. */
  const stands = (id: string, state: 'open' | 'closed') =>
    expect.poll(() => isListed(id, state), { timeout: WAIT_MS }).toBe(true);
  const close = (by: Browser, incident: string, outcome = 'benign') =>
    by.post('/api/v1/proposals', { kind: 'close', incident, outcome });
  const sign = (by: Browser, view: ProposalView, verdict = 'approve') =>
    signReview(by, view, {
      verdict,
      reason: 'the backup job logs in from its new host since this week, the change is announced',
    });
  const settled = (id: string, state: string) =>
    expect
      .poll(async () => (await admin.get(`/api/v1/proposals/${id}`)).body.row.state, { timeout: WAIT_MS })
      .toBe(state);

  test('of low severity is closed on the word of whoever proposed it, leaves the queue, and an alert that joins it opens it again', async () => {
    const incident = await alertOf('lena', 'low');
    const view: ProposalView = (await close(rosa, incident)).body;
    expect(view.row).toMatchObject({ tier: 'T1', incident, needed: 1 });
    expect(await isListed(incident, 'open')).toBe(true);
    expect((await sign(rosa, view)).status).toBe(200);
    await settled(view.row.id, 'verified');
    await stands(incident, 'closed');
    expect(await isListed(incident, 'open')).toBe(false);
    expect((await admin.get(`/api/v1/incidents/${incident}`)).body.closure).toMatchObject({
      isClosed: true,
      outcome: 'benign',
      proposal: view.row.id,
      alertsSince: 0,
    });
    expect((await close(rosa, incident)).body).toMatchObject({ code: 'proposal.refused_by_plan' });
    expect(await alertOf('lena', 'low')).toBe(incident);
    expect([await isListed(incident, 'open'), await isListed(incident, 'closed')]).toEqual([true, false]);
    expect((await admin.get(`/api/v1/incidents/${incident}`)).body.closure).toMatchObject({
      isClosed: false,
      alertsSince: 1,
    });
  });

  test('of high severity is not closed by whoever proposed it; another responder signs', async () => {
    const incident = await alertOf('hanna', 'high');
    const view: ProposalView = (await close(admin, incident, 'handled')).body;
    expect(view.row.tier).toBe('T2');
    expect(view.presentation.reasons).toContain('severe_incident');
    expect((await sign(admin, view)).body.code).toBe('review.contributor');
    expect((await sign(rosa, view)).status).toBe(200);
    await settled(view.row.id, 'verified');
    await stands(incident, 'closed');
  });

  test('that was closed is opened again by its undo, which is reviewed as strictly', async () => {
    const incident = await alertOf('ulla', 'high');
    const closing: ProposalView = (await close(admin, incident)).body;
    await sign(rosa, closing);
    await settled(closing.row.id, 'verified');
    const undo: ProposalView = (await admin.post('/api/v1/proposals', { kind: 'undo', of: closing.row.id })).body;
    expect(undo.row.tier).toBe('T2');
    expect((await sign(rosa, undo)).status).toBe(200);
    await settled(undo.row.id, 'verified');
    await stands(incident, 'open');
    expect((await admin.get(`/api/v1/incidents/${incident}`)).body.closure).toBeUndefined();
  });

  test('is closed by no token, as no outcome that is not of the list, and not where there is none', async () => {
    const incident = await alertOf('tina', 'low');
    const body = JSON.stringify({ kind: 'close', incident, outcome: 'benign' });
    const headers = { authorization: `Bearer ${server.cliToken}`, 'content-type': 'application/json' };
    expect((await send(server, 'POST', '/api/v1/proposals', headers, body)).status).toBeGreaterThanOrEqual(401);
    expect((await close(rosa, incident, 'because')).body.code).toBe('request.malformed');
    expect((await close(rosa, 'inc_none')).body.code).toBe('not_found');
    expect(await isListed(incident, 'open')).toBe(true);
  });
});
