import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceDryRun, SourcePreview } from '../../src/model/api.ts';
import { type Browser, firstAdministrator, lines, send, startTestServer, type TestServer } from './harness.ts';

const RECORD = {
  happened: '2026-03-02T10:00:00Z',
  verb: 'signed in',
  who: 'kim@example.com',
  client: { ip: '192.0.2.7' },
  severity: 'high',
};

describe('previewing how records are read', () => {
  let server: TestServer;
  let admin: Browser;
  const preview = async (body: object): Promise<SourcePreview> =>
    (await admin.post('/api/v1/sources/preview', body)).body;
  const count = async (table: string): Promise<number> =>
    (await server.db.ownerPool.query(`SELECT count(*)::int AS n FROM ${table}`)).rows[0].n;

  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
  });
  afterAll(() => server.close());

  test('says what auto takes each record for, what is proposed for each path, and what is made of it', async () => {
    const shown = await preview({ records: { text: lines([RECORD, RECORD]) } });
    expect(shown).toMatchObject({ records: 2, omittedRecords: 0 });
    expect(shown.recognised).toMatchObject([{ source: 'generic', records: 2 }]);
    const ip = shown.paths.find(({ path }) => path === 'client.ip');
    expect(ip).toMatchObject({ presence: 1, proposed: { field: 'src_ip' }, examples: ['192.0.2.7'] });
    expect(ip?.proposed?.confidence).toBeGreaterThan(0.8);
    const [sample] = shown.samples;
    expect(sample?.result).toMatchObject({
      ok: true,
      fields: { src_ip: '192.0.2.7' },
      pointers: { src_ip: '/client/ip' },
    });
  });

  test('a mapping settles what its paths mean: the preview says nothing of how sure it is of them', async () => {
    const fieldMap = { user: 'who', time: 'happened', src_ip: 'client.ip' };
    const [sample] = (await preview({ records: { text: lines([RECORD]) }, fieldMap })).samples;
    if (sample?.result.ok !== true) throw new Error('refused');
    expect(sample.result.fields).toMatchObject({ user: 'kim@example.com', time: '2026-03-02T10:00:00.000Z' });
    expect(Object.keys(sample.result.confidence)).not.toContain('src_ip');
    expect(Object.keys(sample.result.confidence)).toContain('severity');
  });

  test('a record that cannot be read is shown with its reason, beside the others', async () => {
    const shown = await preview({ records: { text: `${JSON.stringify(RECORD)}\n{"broken"\n` } });
    expect(shown.samples.map(({ result }) => result.ok)).toEqual([true, false]);
    expect((await preview({ records: { text: '' } })).records).toBe(0);
  });

  test('keeps nothing, and looks at no more than its bounds', async () => {
    const before = [
      await count('alert'),
      await count('evidence'),
      await count('quarantine'),
      await count('source_config'),
    ];
    const shown = await preview({ records: { text: 'a=1 b=2\n'.repeat(600) } });
    expect(shown).toMatchObject({ records: 500, omittedRecords: 100 });
    expect(shown.samples).toHaveLength(20);
    const huge = await admin.post('/api/v1/sources/preview', { records: { text: 'x'.repeat(400_001) } });
    expect(huge.status).toBe(400);
    expect([
      await count('alert'),
      await count('evidence'),
      await count('quarantine'),
      await count('source_config'),
    ]).toEqual(before);
  });

  test('refuses a field, a kind and a source that do not exist', async () => {
    const text = { text: 'x' };
    for (const [path, body, code] of [
      ['preview', { records: text, fieldMap: { shoe_size: 'a' } }, 'request.malformed'],
      ['preview', { records: text, kind: 'nothing-such' }, 'source.unknown'],
      ['nobody/preview', { fieldMap: {} }, 'source.unknown'],
    ] as const)
      expect((await admin.post(`/api/v1/sources/${path}`, body)).body.code).toBe(code);
  });

  test('is an administrator’s: a machine’s token and nobody at all are refused', async () => {
    const body = JSON.stringify({ records: { text: 'x' } });
    for (const headers of [{}, { authorization: `Bearer ${server.cliToken}` }])
      expect((await send(server, 'POST', '/api/v1/sources/preview', headers, body)).status).toBeGreaterThanOrEqual(401);
  });

  test('a dry run says which of the source’s kept records would change, and in which fields, and changes none', async () => {
    const made = await admin.post('/api/v1/sources', { id: 'portal', kind: 'generic', fieldMap: { title: 'verb' } });
    const token = made.body.token as string;
    const sent = lines([RECORD, { ...RECORD, verb: 'signed out' }, { verb: 'restarted', severity: 'low' }]);
    const pushed = await send(server, 'POST', '/ingest/portal', { authorization: `Bearer ${token}` }, sent);
    expect(pushed.body).toMatchObject({ kept: 3 });
    const asked = { kind: 'generic', fieldMap: { title: 'verb', user: 'who', time: 'happened' } };
    const run: SourceDryRun = (await admin.post('/api/v1/sources/portal/preview', asked)).body;
    expect(run).toMatchObject({ records: 3, changed: 2, refusedBefore: 0, refusedAfter: 0 });
    expect(run.fields.find(({ field }) => field === 'user')).toMatchObject({
      added: 2,
      removed: 0,
      example: { after: 'kim@example.com' },
    });
    const same: SourceDryRun = (
      await admin.post('/api/v1/sources/portal/preview', { kind: 'generic', fieldMap: { title: 'verb' } })
    ).body;
    expect(same).toMatchObject({ records: 3, changed: 0, fields: [] });
    const newest = await preview({ records: { newest: 'unrecognised' } });
    expect(newest.records).toBe(3);
  });

  test('a mapping is saved beside the secrets that the source has, which go on', async () => {
    const made = await admin.post('/api/v1/sources', { id: 'intranet', kind: 'generic' });
    const token = made.body.token as string;
    const saved = await admin.post('/api/v1/sources', {
      id: 'intranet',
      kind: 'generic',
      fieldMap: { user: 'who' },
      keepSecrets: true,
    });
    expect(saved.body).toEqual({ id: 'intranet' });
    const pushed = await send(
      server,
      'POST',
      '/ingest/intranet',
      { authorization: `Bearer ${token}` },
      lines([{ who: 'sam@example.com', verb: 'x' }]),
    );
    expect(pushed.body).toMatchObject({ kept: 1 });
    const { rows } = await server.db.ownerPool.query(
      "SELECT body FROM alert WHERE body -> 'fields' ->> 'user' = 'sam@example.com'",
    );
    expect(rows[0].body.entities.find((one: { kind: string }) => one.kind === 'user').isGuessed).toBeUndefined();
    const listed = (await admin.get('/api/v1/sources')).body as { id: string; configured?: object }[];
    expect(listed.find(({ id }) => id === 'intranet')?.configured).toEqual({
      kind: 'generic',
      fieldMap: { user: 'who' },
    });
    const nobody = await admin.post('/api/v1/sources', { id: 'absent', kind: 'generic', keepSecrets: true });
    expect(nobody.body.code).toBe('source.unknown');
  });

  test('what was guessed of an alert stands beside its evidence, with how sure it is and where', async () => {
    const { rows } = await server.db.ownerPool.query(
      "SELECT evidence_id FROM alert WHERE source = 'generic' AND body -> 'confidence' ? 'src_ip' LIMIT 1",
    );
    const view = (await admin.get(`/api/v1/evidence/${rows[0].evidence_id}`)).body;
    expect(view.alerts[0].guessed).toContainEqual(
      expect.objectContaining({ field: 'src_ip', value: '192.0.2.7', pointer: '/client/ip' }),
    );
  });
});
