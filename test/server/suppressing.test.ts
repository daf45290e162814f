import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProposalView } from '../../src/model/api.ts';
import { Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';
import { startOwnExecutor } from './own-executor.ts';
import { signReview } from './signing.ts';

const MAP = encodeURIComponent('id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product');
const WAIT_MS = 30_000;

describe('a rule that is suppressed for one user', { timeout: 60_000 }, () => {
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
  const alertOf = async (who: string, over: { rule?: string; severity?: string; day?: string } = {}) => {
    const id = `${who}-${++minute}`;
    const { rule = 'Suspicious login', severity = 'low', day = '2026-03-01' } = over;
    const record = {
      id,
      time: `${day}T10:${String(minute).padStart(2, '0')}:00Z`,
      rule,
      host: `${who}-pc`,
      user: who,
      severity,
      product: 'Examplar',
    };
    const sent = { authorization: `Bearer ${server.cliToken}` };
    await send(server, 'POST', `/api/v1/ingest?map=${MAP}`, sent, lines([record]));
    const { rows } = await server.db.ownerPool.query(
      `SELECT a.id, a.incident_id AS incident, s.outcome, a.source, a.rule
         FROM alert a LEFT JOIN alert_suppression s ON s.alert_id = a.id WHERE vendor_id = $1`,
      [id],
    );
    return rows[0] as { id: string; incident: string; outcome: string | null };
  };
  const isListed = async (id: string, state: 'open' | 'suppressed') =>
    (await admin.get(`/api/v1/incidents?state=${state}`)).body.rows.some((row: { id: string }) => row.id === id);
  const suppress = (alert: string, value: string, over: object = {}) =>
    admin.post('/api/v1/proposals', {
      kind: 'suppress',
      alert,
      entity: { kind: 'user', value },
      days: 7,
      why: 'the backup job logs in every night',
      ...over,
    });
  const sign = (by: Browser, view: ProposalView, verdict = 'approve') =>
    signReview(by, view, {
      verdict,
      reason: 'the backup job of this account is noisy this week, the change is announced',
    });
  const settled = (id: string, state: string) =>
    expect
      .poll(async () => (await admin.get(`/api/v1/proposals/${id}`)).body.row.state, { timeout: WAIT_MS })
      .toBe(state);

  const suppressed = async (who: string) => {
    const first = await alertOf(who);
    const view: ProposalView = (await suppress(first.id, who)).body;
    expect((await sign(rosa, view)).status).toBe(200);
    await settled(view.row.id, 'verified');
    return { first, view };
  };

  test('takes a responder who did not propose it, shows what it would have hidden, and hides nothing before it is signed', async () => {
    const first = await alertOf('lena');
    const view: ProposalView = (await suppress(first.id, 'lena')).body;
    expect(view.row).toMatchObject({ tier: 'T2', incident: first.incident });
    expect(view.presentation.blast.direct.join(' ')).toContain('set aside 1 alert, the gravest low');
    expect((await sign(admin, view)).body.code).toBe('review.contributor');
    expect(await alertOf('lena')).toMatchObject({ outcome: null });
    expect((await sign(rosa, view)).status).toBe(200);
    await settled(view.row.id, 'verified');
  });

  test('keeps its alerts and lists them, out of the queue, until people end it, and then they count', async () => {
    const { first, view } = await suppressed('hanna');
    const same = await alertOf('hanna');
    expect(same).toMatchObject({ outcome: 'suppressed', incident: first.incident });
    expect(await isListed(first.incident, 'open')).toBe(true);
    const [row] = (await admin.get('/api/v1/suppressions')).body;
    expect(row).toMatchObject({
      scope: { rule: 'Suspicious login', kind: 'user', value: 'hanna' },
      isInForce: true,
      hidden: 1,
      proposal: view.row.id,
      missed: [{ alert: same.id }],
    });
    expect(row.by).not.toBe('');
    const listed = (await admin.get(`/api/v1/incidents/${first.incident}/alerts`)).body.rows;
    expect(listed.find((one: { id: string }) => one.id === same.id)?.suppression ?? 'folded').toMatch(
      /suppressed|folded/,
    );
    const undo: ProposalView = (await admin.post('/api/v1/proposals', { kind: 'undo', of: view.row.id })).body;
    expect(undo.row.tier).toBe('T2');
    expect((await sign(rosa, undo)).status).toBe(200);
    await settled(undo.row.id, 'verified');
    expect(await alertOf('hanna')).toMatchObject({ outcome: null });
    expect((await admin.get('/api/v1/suppressions')).body[0]).toMatchObject({ isInForce: false, hidden: 1 });
  });

  test('opens no incident in the queue, and one that counts brings it back', async () => {
    const { first } = await suppressed('ulla');
    const later = await alertOf('ulla', { day: '2026-03-20' });
    expect(later.outcome).toBe('suppressed');
    expect(later.incident).not.toBe(first.incident);
    expect([await isListed(later.incident, 'open'), await isListed(later.incident, 'suppressed')]).toEqual([
      false,
      true,
    ]);
    // Graver than any that people looked at: it counts.
    const graver = await alertOf('ulla', { severity: 'high', day: '2026-03-20' });
    expect(graver).toMatchObject({ outcome: 'graver', incident: later.incident });
    expect([await isListed(later.incident, 'open'), await isListed(later.incident, 'suppressed')]).toEqual([
      true,
      false,
    ]);
  });

  test('is never proposed without an entity, for ever, by a token, or of a rule that watches the log', async () => {
    const { id } = await alertOf('tina');
    const { id: audit } = await alertOf('tina', { rule: 'Audit log was disabled' });
    expect((await suppress(id, 'somebody else')).body.code).toBe('not_found');
    expect((await suppress(id, '')).body.code).toBe('request.malformed');
    expect((await suppress(id, 'tina', { days: 15 })).body.code).toBe('request.malformed');
    expect((await suppress(id, 'tina', { days: 0 })).body.code).toBe('request.malformed');
    expect((await suppress(audit, 'tina')).body.code).toMatch(/^proposal\./);
    const body = JSON.stringify({
      kind: 'suppress',
      alert: id,
      entity: { kind: 'user', value: 'tina' },
      days: 1,
      why: 'x',
    });
    const headers = { authorization: `Bearer ${server.cliToken}`, 'content-type': 'application/json' };
    expect((await send(server, 'POST', '/api/v1/proposals', headers, body)).status).toBeGreaterThanOrEqual(401);
  });

  test('takes two people where it reports high severity', async () => {
    const { id } = await alertOf('greta', { severity: 'high' });
    const view: ProposalView = (await suppress(id, 'greta')).body;
    expect(view.row).toMatchObject({ tier: 'T3', needed: 2 });
    expect(view.presentation.reasons).toContain('grave_rule');
  });
});
