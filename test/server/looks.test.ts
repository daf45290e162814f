import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EvidenceView, IncidentPage, Since } from '../../src/model/api.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const MAP = encodeURIComponent(
  'id=id,time=time,title=rule,host=host,user=user,severity=severity,product=product,command_line=cmd',
);

describe('what changed since somebody last looked', () => {
  let server: TestServer;
  let admin: Browser;
  const ingest = (records: readonly object[]) =>
    send(server, 'POST', `/api/v1/ingest?map=${MAP}`, { authorization: `Bearer ${server.cliToken}` }, lines(records));
  const alert = (id: string, minute: number, more: object = {}) => ({
    id,
    time: `2026-03-01T10:${String(minute).padStart(2, '0')}:00Z`,
    rule: `Rule ${id}`,
    host: 'pc-1',
    user: 'xavier',
    severity: 'medium',
    product: 'Examplar',
    ...more,
  });
  let incident = '';
  const since = async () => (await admin.get(`/api/v1/incidents/${incident}/since`)).body as Since;
  const look = () => admin.post(`/api/v1/incidents/${incident}/looked`, {});
  /** Makes the last look older than one visit. */
  const leave = () =>
    server.db.ownerPool.query(
      `UPDATE incident_look SET at = at - interval '1 hour', before_at = before_at - interval '1 hour'`,
    );

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
    await ingest([alert('a', 1), alert('b', 2)]);
    incident = ((await admin.get('/api/v1/incidents')).body as IncidentPage).rows[0]?.id ?? '';
  });
  afterAll(() => server.close());

  test('is nothing on the first look, and nothing where nothing changed', async () => {
    expect(await since()).toEqual({ changes: [], more: 0 });
    expect((await look()).status).toBe(204);
    await leave();
    const told = await since();
    expect(told.lookedAt).toMatch(/^2/);
    expect(told.changes).toEqual([]);
  });

  test('is told with the next visit, and stays on screen through a reload of it', async () => {
    await ingest([alert('c', 3, { severity: 'critical', user: 'yolanda' })]);
    const told = (await since()).changes.map(change => change.text);
    expect(told).toContain('Severity went from medium to critical.');
    expect(told).toContain('1 more alert: 3 now.');
    expect(told.some(text => text.startsWith('yolanda is new here'))).toBe(true);
    await look();
    expect((await since()).changes.map(change => change.text)).toEqual(told);
    await leave();
    expect((await since()).changes).toEqual([]);
  });

  test('is a matter of one person: a token has no looks', async () => {
    const headers = { authorization: `Bearer ${server.cliToken}` };
    for (const [method, path] of [
      ['GET', 'since'],
      ['POST', 'looked'],
    ] as const)
      expect((await send(server, method, `/api/v1/incidents/${incident}/${path}`, headers)).status).toBe(403);
  });

  test('the evidence says what its command line does', async () => {
    const command = `powershell -w hidden -enc ${Buffer.from('whoami; net user', 'utf16le').toString('base64')}`;
    await ingest([alert('d', 4, { cmd: command })]);
    const { rows } = await server.db.ownerPool.query<{ evidence_id: string }>(
      `SELECT evidence_id FROM alert WHERE vendor_id = 'd'`,
    );
    const evidence = (await admin.get(`/api/v1/evidence/${rows[0]?.evidence_id}`)).body as EvidenceView;
    expect(evidence.explained).toMatchObject([{ field: 'command_line', pointer: '/cmd', value: command }]);
    expect(evidence.explained[0]?.explanation.decoded[0]?.text).toBe('whoami; net user');
    expect(evidence.explained[0]?.explanation.seen.map(one => one.behaviour)).toEqual([
      'encoded_command',
      'hidden_window',
      'discover_account',
    ]);
  });
});
