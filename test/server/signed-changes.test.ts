import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Browser, firstAdministrator, send, startTestServer, type TestServer } from './harness.ts';

const YAML = `
records:
  - kind: person
    name: Xavier
    aliases: [user:xavier]
    accounts: [{ system: orders-db, name: xavier }]
    owner: Yolanda
    privileged: no
    criticality: low
  - { kind: nhi, name: ci-runner, privileged: yes, dependents: [build] }
`;

describe('what an administrator signs', () => {
  let server: TestServer;
  let admin: Browser;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
  });
  afterAll(() => server.close());
  const sign = (challenge: string) => admin.passkey.assert(Buffer.from(challenge, 'base64url'));

  test('an inventory stands only once it is signed, and once', async () => {
    const begun = await admin.post('/api/v1/inventory/begin', { text: YAML });
    expect(begun.status).toBe(200);
    expect(begun.body.changes).toEqual({ added: ['nhi ci-runner', 'person Xavier'], removed: [], changed: [] });
    expect((await admin.get('/api/v1/inventory')).body.records).toEqual([]);
    const request = { nonce: begun.body.nonce, assertion: sign(begun.body.challenge) };
    expect((await admin.post('/api/v1/inventory/finish', request)).body).toMatchObject({
      version: '1',
      digest: begun.body.digest,
    });
    expect((await admin.post('/api/v1/inventory/finish', request)).body.code).toBe('review.nonce_used');
    const standing = (await admin.get('/api/v1/inventory')).body;
    expect(standing.records.map((record: { name: string }) => record.name)).toEqual(['ci-runner', 'Xavier']);
    expect(standing.records[0]).toMatchObject({ criticality: 'unknown', owner: '' });
    await expect
      .poll(async () => (await admin.get('/api/v1/log/entries?type=inventory.signed')).body.rows[0]?.says)
      .toBe('Ada Administrator signed version 1 of the inventory.');
  });

  test('a signature of one inventory is refused for another', async () => {
    const first = await admin.post('/api/v1/inventory/begin', { text: YAML });
    const laxer = await admin.post('/api/v1/inventory/begin', {
      text: YAML.replace('privileged: yes', 'privileged: no'),
    });
    const answer = await admin.post('/api/v1/inventory/finish', {
      nonce: laxer.body.nonce,
      assertion: sign(first.body.challenge),
    });
    expect(answer.body.code).toBe('review.bad_signature');
  });

  test('a row that the server’s role writes without a signature does not count', async () => {
    await server.db.serverPool.query(`SELECT set_config('countersign.tenant', 'default', false)`);
    const client = await server.db.serverPool.connect();
    try {
      await client.query(`SELECT set_config('countersign.tenant', 'default', false)`);
      const body = JSON.stringify({ records: [], v: '1', version: '9' });
      await client.query(
        `INSERT INTO inventory_version (tenant_id, version, body, digest, signature, by, at) VALUES ('default', 9, $1, 'x', NULL, 'me', now())`,
        [body],
      );
    } finally {
      client.release();
    }
    expect((await admin.get('/api/v1/inventory')).body.version).toBe('1');
  });

  test('a file that is no inventory is refused with each fault and its place', async () => {
    const answer = await admin.post('/api/v1/inventory/begin', {
      text: 'kind,name,privileged\nperson,Zoe,maybe\nrobot,R2,no\n',
    });
    expect(answer).toMatchObject({ status: 422, body: { code: 'inventory.malformed' } });
    expect(answer.body.faults.map((fault: { where: string }) => fault.where)).toEqual([
      'line 2.privileged',
      'line 3.kind',
    ]);
  });

  test('the kill switch goes on with a word, and off with an administrator’s signature only', async () => {
    const bearer = { authorization: `Bearer ${server.cliToken}`, 'content-type': 'application/json' };
    expect(
      (await send(server, 'POST', '/api/v1/kill-switch/stop', bearer, '{"reason":"something is off"}')).status,
    ).toBe(204);
    expect((await admin.open()).killSwitch).toMatchObject({ isOn: true, reason: 'something is off' });
    const begun = await admin.post('/api/v1/kill-switch/release/begin', {});
    const request = { nonce: begun.body.statement.nonce, reason: 'all clear', assertion: sign(begun.body.challenge) };
    const wrong = {
      ...request,
      assertion: admin.passkey.assert(Buffer.from(begun.body.challenge, 'base64url'), { crossOrigin: true }),
    };
    expect((await admin.post('/api/v1/kill-switch/release/finish', wrong)).body.code).toBe('review.bad_signature');
    expect((await admin.post('/api/v1/kill-switch/release/finish', request)).status).toBe(204);
    expect((await admin.open()).killSwitch).toMatchObject({ isOn: false, by: 'Ada Administrator' });
    expect((await admin.post('/api/v1/kill-switch/release/finish', request)).body.code).toBe('review.nonce_used');
  });

  test('a release that was begun before somebody stopped again does not undo that', async () => {
    const stop = () => admin.post('/api/v1/kill-switch/stop', { reason: 'stop' });
    await stop();
    const begun = await admin.post('/api/v1/kill-switch/release/begin', {});
    await stop();
    const answer = await admin.post('/api/v1/kill-switch/release/finish', {
      nonce: begun.body.statement.nonce,
      reason: 'late',
      assertion: sign(begun.body.challenge),
    });
    expect(answer.body.code).toBe('review.nonce_used');
    expect((await admin.open()).killSwitch.isOn).toBe(true);
  });

  test('who has no administrator’s role cannot begin any of it', async () => {
    const link = await admin.invite('Anna Analyst', ['analyst']);
    const anna = new Browser(server);
    await anna.enrol(link, 'Anna');
    await anna.signIn();
    expect((await anna.post('/api/v1/inventory/begin', { text: YAML })).body.code).toBe('access.denied');
    expect((await anna.post('/api/v1/kill-switch/release/begin', {})).body.code).toBe('access.denied');
    expect((await anna.post('/api/v1/sources', { id: 'mine' })).body.code).toBe('access.denied');
    expect((await anna.post('/api/v1/kill-switch/stop', { reason: 'analysts may stop' })).status).toBe(204);
  });
});
