import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { admitAgent } from '../../src/app/agents.ts';
import type { Gateway } from '../../src/app/gateway/gateway.ts';
import { agentDoors } from '../harness/agents.ts';
import {
  askedOverTheWire,
  BANK,
  type HttpUpstream,
  interfaceBehindTheGate,
  startHttpUpstream,
} from '../harness/http-upstream.ts';
import { type Installation, must, startInstallation, startTeam, type Team } from '../harness/installation.ts';
import { execute, know, review, withPlanner } from '../harness/proposals.ts';
import { adoptTools } from '../harness/upstream.ts';

const ADOPTED = {
  'GET /notes/{id}': 'read',
  'POST /transfers': 'effect',
  'GET /jobs/run': 'effect',
} as const;

describe('a plain HTTP interface behind the gate', () => {
  let world: Installation;
  let team: Team;
  let upstream: HttpUpstream;
  let gateway: Gateway;
  let wire: Awaited<ReturnType<typeof askedOverTheWire>>;
  let token: string;
  const ask: typeof wire.ask = (method, path, more) =>
    withPlanner(world, wire.ask(method, `/gateway/bank${path}`, more));
  const logged = async (type: string) => {
    await world.settleLog();
    const { rows } = await world.database.ownerPool.query<{ entry: Buffer }>('SELECT entry FROM audit_entry');
    return rows.map(({ entry }) => JSON.parse(entry.toString('utf8'))).filter(entry => entry.type === type);
  };
  const adopt = () => adoptTools(world, gateway, 'bank', ADOPTED, { by: team.admin, signer: team.sam });

  beforeAll(async () => {
    world = await startInstallation();
    team = await startTeam(world);
    upstream = await startHttpUpstream();
    gateway = await interfaceBehindTheGate(world, 'bank', upstream);
    ({ token } = must(await admitAgent(world.context, team.admin.person, { name: 'Helper', days: 7 })));
    wire = await askedOverTheWire(
      agentDoors(world, async () => undefined, gateway),
      token,
    );
  });
  afterAll(async () => {
    wire.stop();
    await gateway.stop();
    await upstream.stop();
    await world.stop();
  });
  const usual = () => ({ status: 200, type: 'application/json', body: '{"text":"a note"}' });
  beforeEach(() => {
    upstream.asked.splice(0);
    upstream.answer = usual;
  });

  test('has no route that is called until people adopt it, a GET no more than another', async () => {
    expect(await ask('GET', '/api/notes/1')).toMatchObject({ status: 403, body: { code: 'gateway.tool_blocked' } });
    expect(upstream.asked).toEqual([]);
    expect(await logged('access.denied')).toContainEqual(
      expect.objectContaining({ action: 'call bank GET /notes/{id}', code: 'gateway.tool_blocked' }),
    );
  });

  test('has its routes adopted by a proposal that another person signs, each with its words as evidence', async () => {
    const { presentation, state } = await know(world, await adopt());
    expect([state, presentation.tier]).toEqual(['verified', 'T2']);
    expect(presentation.changes.map(({ path, to }) => [path, to.split(';')[0]])).toEqual([
      ['GET /jobs/run', 'each call takes two people'],
      ['GET /notes/{id}', 'only reads'],
      ['POST /transfers', 'each call takes two people'],
    ]);
  });

  test('answers a read at once, with the credential that only reads, and with nothing of the agent’s own', async () => {
    const got = await ask('GET', '/api/notes/7?lang=de%20AT', {
      headers: { 'x-tenant': 'north', cookie: 'a=b', 'x-other': '1', 'x-forwarded-for': '10.0.0.1' },
    });
    expect(got).toMatchObject({ status: 200, body: { text: 'a note' } });
    expect(upstream.asked).toMatchObject([
      { method: 'GET', target: '/v1/notes/7?lang=de%20AT', token: upstream.tokens.read, body: '' },
    ]);
    const { headers } = upstream.asked[0] ?? { headers: {} };
    expect(Object.keys(headers).sort()).toEqual(['accept', 'authorization', 'connection', 'host', 'x-tenant']);
    await gateway.stop();
    expect((await logged('gateway.calls')).map(({ calls }) => Number(calls)).reduce((a, b) => a + b, 0)).toBe(2);
  });

  test('does nothing else before two people signed exactly that call, and then does it once', async () => {
    const got = await ask('POST', '/api/transfers?dry=no', { body: '{"to":"Zoë\u202e","amount":1,"amount":12.5}' });
    expect(got).toMatchObject({ status: 202, body: { state: 'in_review', decidedBy: 'people' } });
    expect(got.headers.location).toBe(`/gateway/bank/proposals/${got.body.proposal}`);
    expect(upstream.asked).toEqual([]);
    const { proposal } = got.body;
    const known = await know(world, proposal);
    expect([known.state, known.presentation.tier, known.act.responder]).toEqual(['in_review', 'T3', 'http-call']);
    expect(known.act.params['arguments']).toBe('{"body":{"amount":12.5,"to":"Zoë\\u202e"},"query":{"dry":"no"}}');
    expect(known.presentation.changes.map(({ path }) => path)).toEqual(['body.amount', 'body.to', 'query.dry']);
    const poll = () => ask('GET', `/proposals/${proposal}`);
    expect(await poll()).toMatchObject({ status: 200, body: { state: 'in_review' }, headers: { 'retry-after': '5' } });
    await review(world, team.rosa, proposal);
    expect((await execute(world, proposal)).kind).toBe('not_approved');
    await review(world, team.sam, proposal);
    upstream.answer = () => ({ status: 201, type: 'application/json', body: '{"sent":12.5}' });
    expect((await execute(world, proposal)).kind).toBe('concluded');
    expect(upstream.asked).toMatchObject([
      {
        method: 'POST',
        target: '/v1/transfers?dry=no',
        token: upstream.tokens.write,
        body: '{"amount":12.5,"to":"Zoë\u202e"}',
      },
    ]);
    expect(upstream.asked[0]?.headers['idempotency-key']).toMatch(/^.{8,}$/);
    expect((await poll()).body).toEqual({
      proposal,
      state: 'succeeded',
      result: { status: 201, type: 'application/json', body: '{"sent":12.5}' },
    });
    expect((await execute(world, proposal)).kind).toBe('claimed_elsewhere');
    expect(upstream.asked.length).toBe(1);
  });

  test('holds a GET that changes something like any other effect', async () => {
    expect(await ask('GET', '/api/jobs/run')).toMatchObject({ status: 202 });
    expect(await ask('HEAD', '/api/jobs/run')).toMatchObject({ status: 403 });
    expect(upstream.asked).toEqual([]);
  });

  test('does not say that a call failed where nobody knows', async () => {
    const { proposal } = (await ask('POST', '/api/transfers', { body: '{"amount":2}' })).body;
    for (const signer of [team.rosa, team.sam]) await review(world, signer, proposal);
    upstream.answer = () => ({ status: 303, headers: { location: 'http://127.0.0.1:1/' } });
    await execute(world, proposal);
    expect((await know(world, proposal)).state).toBe('in_doubt');
    const other = (await ask('POST', '/api/transfers', { body: '{"amount":3}' })).body.proposal;
    for (const signer of [team.rosa, team.sam]) await review(world, signer, other);
    upstream.answer = () => ({ status: 409, type: 'application/problem+json', body: '{"title":"no money"}' });
    await execute(world, other);
    expect((await ask('GET', `/proposals/${other}`)).body).toMatchObject({
      state: 'failed',
      result: { status: 409, body: '{"title":"no money"}' },
    });
  });

  test.each([
    ['GET', '/api/notes/..%2fadmin%2fwipe'],
    ['GET', '/api/notes/%2e%2e/admin/wipe'],
    ['GET', '/api/notes/../admin/wipe'],
    ['GET', '/api/./notes/1'],
    ['GET', '/api//notes/1'],
    ['GET', '/api/notes//1'],
    ['GET', '/api/notes/1/'],
    ['GET', '/api/notes/1;admin=1'],
    ['GET', '/api/notes/1%00'],
    ['GET', '/api/notes/%31'],
    ['GET', '/api/notes\\..\\admin\\wipe'],
    ['GET', '/api/notes/1?lang=a&lang=b'],
    ['GET', '/api/notes/1?lang=a;lang=b'],
    ['GET', '/api/notes/1?lang=a?lang=b'],
    ['GET', '/api/notes/1?lang=%zz'],
    ['GET', '/api/notes/1?lang=%ff'],
    ['GET', '/api/notes/1?lang=%0d%0ax:1'],
    ['GET', '/api/notes/1?lang'],
    ['GET', '/api/notes/1?other=1'],
    ['GET', '/api/notes/1?_method=DELETE'],
    ['GET', '/api/notes/1?LANG=de'],
    ['POST', '/api/transfers'],
  ])('refuses %s %s, which could be read in two ways or is not declared', async (method, target) => {
    const { status } = await ask(method, target);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(upstream.asked).toEqual([]);
  });

  test.each([
    ['x-http-method-override', 'DELETE'],
    ['x-http-method', 'DELETE'],
    ['x-method-override', 'DELETE'],
    ['x-original-url', '/admin/wipe'],
    ['x-rewrite-url', '/admin/wipe'],
  ])('refuses the header %s, which would make another request of it', async (name, value) => {
    const got = await ask('GET', '/api/notes/1', { headers: { [name]: value } });
    expect(got).toMatchObject({ status: 422, body: { code: 'gateway.bad_arguments' } });
    expect(got.body.because).toContain(name);
    expect(upstream.asked).toEqual([]);
  });

  test('refuses a body that is packed, is not JSON, is not said to be, or goes with a GET', async () => {
    const refused = { status: 422, body: { code: 'gateway.bad_arguments' } };
    const post = (body: string, headers: { readonly [name: string]: string }) =>
      ask('POST', '/api/transfers', { body, headers });
    expect(await post('{}', { 'content-encoding': 'gzip' })).toMatchObject(refused);
    expect(await post('amount=1', { 'content-type': 'application/x-www-form-urlencoded' })).toMatchObject(refused);
    expect(await post('{', {})).toMatchObject(refused);
    expect(await ask('GET', '/api/notes/1', { body: '{}' })).toMatchObject(refused);
    expect(await ask('POST', '/api/transfers', { body: JSON.stringify({ to: 'x'.repeat(5_000) }) })).toMatchObject(
      refused,
    );
    expect(upstream.asked).toEqual([]);
  });

  test('hands on an answer as data alone: no page, no redirect, no header, no failure, none of our credentials', async () => {
    const got = async (answer: ReturnType<HttpUpstream['answer']>) => {
      upstream.answer = () => answer;
      return ask('GET', '/api/notes/1');
    };
    const withheld = { status: 502, body: { code: 'gateway.no_answer' } };
    expect(await got({ status: 200, type: 'text/html', body: '<script>' })).toMatchObject(withheld);
    expect(await got({ status: 302, headers: { location: 'https://evil.example/' } })).toMatchObject(withheld);
    expect(await got({ status: 401 })).toMatchObject(withheld);
    expect(await got({ status: 500, type: 'application/json', body: '{}' })).toMatchObject(withheld);
    const echo = await got({ status: 200, type: 'text/plain', body: `you are ${upstream.tokens.read}` });
    expect(echo).toMatchObject(withheld);
    expect(JSON.stringify(echo)).not.toContain(upstream.tokens.read);
    expect(await got({ status: 200, type: 'text/plain', body: 'x'.repeat(2 * 1024 * 1024) })).toMatchObject(withheld);
    const plain = await got({
      status: 404,
      type: 'application/problem+json',
      body: '{"title":"none"}',
      headers: { 'set-cookie': 'a=b', 'access-control-allow-origin': '*', 'x-inside': '1' },
    });
    expect(plain.status).toBe(404);
    expect(Object.keys(plain.headers)).not.toEqual(expect.arrayContaining(['set-cookie']));
    expect([plain.headers['x-inside'], plain.headers['access-control-allow-origin']]).toEqual([undefined, undefined]);
    expect(plain.headers).toMatchObject({ 'content-disposition': 'attachment', 'x-content-type-options': 'nosniff' });
  });

  test('is nobody’s without the token of an agent, and tells nothing of another agent’s calls', async () => {
    const { proposal } = (await ask('POST', '/api/transfers', { body: '{"amount":4}' })).body;
    const headers = { authorization: 'Bearer nobody' };
    expect((await ask('GET', '/api/notes/1', { headers })).status).toBe(401);
    expect((await ask('GET', `/proposals/${proposal}`, { headers })).status).toBe(401);
    const other = must(await admitAgent(world.context, team.rosa.person, { name: 'Other', days: 7 }));
    const asOther = { authorization: `Bearer ${other.token}` };
    expect((await ask('GET', `/proposals/${proposal}`, { headers: asOther })).status).toBe(404);
    expect(await wire.ask('GET', '/gateway/other/api/notes/1')).toMatchObject({ status: 404 });
  });

  test('has every route put aside once its document changes anywhere, until people adopt it again', async () => {
    upstream.document = { ...structuredClone(BANK), info: { title: 'Bank', version: '2' } };
    expect(await ask('GET', '/api/notes/1')).toMatchObject({ body: { code: 'gateway.tool_quarantined' } });
    upstream.document = structuredClone(BANK);
    expect(await ask('GET', '/api/notes/1')).toMatchObject({ body: { code: 'gateway.tool_quarantined' } });
    expect(upstream.asked).toEqual([]);
    expect(await logged('gateway.quarantined')).toEqual([
      expect.objectContaining({ upstream: 'bank', tool: 'GET /notes/{id}' }),
    ]);
    await adopt();
    expect(await ask('GET', '/api/notes/1')).toMatchObject({ status: 200 });
  });

  test('is not called where its document changed between the signatures and the call', async () => {
    const { proposal } = (await ask('POST', '/api/transfers', { body: '{"amount":5}' })).body;
    for (const signer of [team.rosa, team.sam]) await review(world, signer, proposal);
    upstream.document = { ...structuredClone(BANK), info: { title: 'Bank', version: '3' } };
    await execute(world, proposal);
    expect(upstream.asked).toEqual([]);
    upstream.document = structuredClone(BANK);
  });
});
