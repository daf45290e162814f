import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { openApi } from '../../src/api/openapi.ts';
import { ROUTES } from '../../src/api/route-list.ts';
import { Browser, firstAdministrator, send, startTestServer, type TestServer } from './harness.ts';

describe('the doors of the server', () => {
  let server: TestServer;
  let admin: Browser;
  beforeAll(async () => {
    server = await startTestServer();
    admin = await firstAdministrator(server);
  });
  afterAll(() => server.close());

  test('answer liveness and readiness without a session, and say nothing else', async () => {
    expect(await send(server, 'GET', '/healthz')).toMatchObject({ status: 200, body: { live: true } });
    // No executor runs in this test, and without one nothing can be carried out.
    expect(await send(server, 'GET', '/readyz')).toMatchObject({ status: 503, body: { ready: false } });
  });

  test.each([['evil.example'], ['localhost'], ['localhost:1'], ['127.0.0.1.evil.example'], ['evil.localhost:80']])(
    'refuse the Host %s, so that no other name leads here',
    async host => {
      const answer = await send(server, 'GET', '/api/v1/me', { host });
      expect(answer).toMatchObject({ status: 421, body: { code: 'request.unknown_host' } });
      expect(answer.text).not.toContain('installation');
    },
  );

  test('answer on the loopback addresses of the port too', async () => {
    for (const host of [`127.0.0.1:${server.port}`, `[::1]:${server.port}`, `localhost:${server.port}`]) {
      expect((await send(server, 'GET', '/healthz', { host })).status).toBe(200);
    }
  });

  describe('refuse a change', () => {
    const change = (headers: Record<string, string>) =>
      send(
        server,
        'POST',
        '/api/v1/kill-switch/stop',
        { cookie: admin.cookie, 'content-type': 'application/json', ...headers },
        '{"reason":"test"}',
      );
    const refused = { status: 403, body: { code: 'request.not_same_origin' } };

    test('that names no origin, another origin, or another port', async () => {
      const token = { 'x-countersign-token': admin.token };
      expect(await change(token)).toMatchObject(refused);
      expect(await change({ ...token, origin: 'https://evil.example' })).toMatchObject(refused);
      expect(await change({ ...token, origin: 'null' })).toMatchObject(refused);
      expect(await change({ ...token, origin: 'http://localhost:1' })).toMatchObject(refused);
    });

    test('that another site made the browser send, by what the browser says of it', async () => {
      const headers = { origin: server.origin, 'x-countersign-token': admin.token, 'sec-fetch-site': 'cross-site' };
      expect(await change(headers)).toMatchObject(refused);
    });

    test('without the token that the page holds, or with the token of another page', async () => {
      const stranger = new Browser(server);
      await stranger.open();
      expect(await change({ origin: server.origin })).toMatchObject(refused);
      expect(await change({ origin: server.origin, 'x-countersign-token': stranger.token })).toMatchObject(refused);
      const { rows } = await server.db.ownerPool.query('SELECT count(*)::int AS n FROM kill_switch');
      expect(rows[0].n).toBe(0);
    });
  });

  test('change nothing by GET or HEAD, whatever the path', async () => {
    for (const route of ROUTES.filter(one => one.method === 'post')) {
      const path = route.path.replaceAll(/:\w+/g, 'x');
      for (const method of ['GET', 'HEAD']) {
        const answer = await send(server, method, path, { cookie: admin.cookie });
        // 401: a challenge to a hook, which only its own source may put.
        expect([200, 401, 404]).toContain(answer.status);
      }
    }
    const { rows } = await server.db.ownerPool.query(
      'SELECT (SELECT count(*) FROM kill_switch)::int AS stops, (SELECT count(*) FROM proposal)::int AS proposals, (SELECT count(*) FROM intake_batch)::int AS batches',
    );
    expect(rows[0]).toEqual({ stops: 0, proposals: 0, batches: 0 });
  });

  test('show nothing that is inside to somebody without a session', async () => {
    for (const { path, caller, method } of ROUTES) {
      if (caller === 'anyone' || method !== 'get') continue;
      const answer = await send(server, 'GET', path.replaceAll(/:\w+/g, 'x').replace('*', '0/000'));
      expect({ path, status: answer.status }).toEqual({ path, status: 401 });
    }
    const me = await send(server, 'GET', '/api/v1/me');
    expect(me.body).toMatchObject({ person: null, health: [], counts: { openIncidents: 0 } });
  });

  test('let this machine’s token read and ingest, and never decide', async () => {
    const bearer = { authorization: `Bearer ${server.cliToken}`, 'content-type': 'application/json' };
    expect((await send(server, 'GET', '/api/v1/incidents', bearer)).status).toBe(200);
    expect((await send(server, 'GET', '/metrics', bearer)).status).toBe(200);
    for (const path of [
      '/api/v1/invitations/begin',
      '/api/v1/inventory/begin',
      '/api/v1/kill-switch/release/begin',
      '/api/v1/proposals',
      '/api/v1/proposals/prp_x/reviews/begin',
      '/api/v1/sources',
    ]) {
      const answer = await send(server, 'POST', path, bearer, '{}');
      expect({ path, status: answer.status, code: answer.body.code }).toEqual({
        path,
        status: 403,
        code: 'access.machine',
      });
    }
    expect((await send(server, 'GET', '/api/v1/incidents', { authorization: 'Bearer guessed' })).status).toBe(401);
    const cross = await send(
      server,
      'POST',
      '/api/v1/kill-switch/stop',
      { ...bearer, origin: 'https://evil.example' },
      '{"reason":"x"}',
    );
    expect(cross.body.code).toBe('request.not_same_origin');
  });

  test('refuse a body above the bound before it is read, and one that is not JSON', async () => {
    const headers = {
      cookie: admin.cookie,
      origin: server.origin,
      'x-countersign-token': admin.token,
      'content-type': 'application/json',
    };
    expect(
      (await send(server, 'POST', '/api/v1/enrol/begin', headers, `{"linkPublicKey":"${'x'.repeat(530_000)}"}`)).body
        .code,
    ).toBe('request.too_large');
    expect((await send(server, 'POST', '/api/v1/enrol/begin', headers, 'not json')).body.code).toBe(
      'request.malformed',
    );
    expect(
      (await send(server, 'POST', '/api/v1/enrol/begin', headers, '{"linkPublicKey":"x","more":1}')).body.code,
    ).toBe('request.malformed');
  });

  test('set a cookie that no script reads and no other site sends', async () => {
    const [cookie = ''] = [(await send(server, 'GET', '/api/v1/me')).headers['set-cookie']].flat();
    expect(cookie).toMatch(/^countersign_session=/);
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
    expect(cookie).toContain('Path=/');
  });

  test('forbid framing and everything that is not expected, in each answer', async () => {
    const { headers } = await send(server, 'GET', '/api/v1/me');
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });

  test('never say in an answer what an operator’s log would', async () => {
    const answer = await admin.get('/api/v1/incidents/inc_nothere');
    expect(Object.keys(answer.body).sort()).toEqual(['code', 'requestId', 'shown']);
  });

  test('are all described in the OpenAPI document, and nothing else is', () => {
    // Only the table of routes is looked at: nothing is called.
    const parts = {
      context: { origin: server.origin },
      secrets: server.secrets,
      intake: {},
      placer: {},
      study: { streams: {} },
      indexer: {},
      gateway: {},
      sequencer: {},
    };
    const app = createApp(parts as never);
    const registered = app.routes
      .filter(route => route.method !== 'ALL' && route.path !== '/*')
      .map(route => `${route.method} ${route.path}`);
    const described = ROUTES.map(route => `${route.method.toUpperCase()} ${route.path}`);
    expect([...new Set(registered)].sort()).toEqual([...described].sort());
    expect(openApi('0.0.0')).toMatchObject({ openapi: '3.1.0' });
  });
});
