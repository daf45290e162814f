import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCapability, secretOf } from '../../src/executor/capability.ts';
import { looker } from '../../src/executor/looker.ts';
import { toolsByName } from '../../src/model/tool.ts';
import type { Plan } from '../../src/ports/responder.ts';
import { httpCall } from '../../src/responders/http-call/responder.ts';
import { openRoutes } from '../../src/responders/http-call/session.ts';
import { printArguments } from '../../src/responders/shared/calls/call-arguments.ts';
import { BANK, type HttpUpstream, startHttpUpstream } from '../harness/http-upstream.ts';

/** It undoes nothing and its effect is seen nowhere, so most checks of the kit have nothing to look at. These are its own. */
describe('the call of a route, as the executor sees it', () => {
  let upstream: HttpUpstream;
  let digest: string;
  beforeAll(async () => {
    upstream = await startHttpUpstream();
    const session = open(upstream.tokens.read);
    digest = toolsByName(await session.list()).tools.get(ROUTE)?.digest ?? '';
    await session.close();
  });
  afterAll(() => upstream.stop());
  beforeEach(() => {
    upstream.asked.splice(0);
    upstream.document = structuredClone(BANK);
    upstream.answer = () => ({ status: 200, type: 'application/json', body: '{"sent":true}' });
  });

  const ROUTE = 'POST /transfers';
  const open = (token: string) =>
    openRoutes({ url: upstream.url, document: '/openapi.json', secret: secretOf(token), timeoutMs: 500 });
  const system = () => ({
    config: {
      responder: 'http-call',
      system: 'bank',
      settings: { url: upstream.url, document: '/openapi.json' },
    },
    readCredential: upstream.tokens.read,
    writeCredential: upstream.tokens.write,
    probeCredential: undefined,
  });
  const plan = async (given: unknown = { body: { amount: 1 } }, pinned = digest, name = ROUTE): Promise<Plan> => {
    const printed = printArguments(given);
    const made = await httpCall.plan(
      {
        operation: 'call',
        target: { name },
        params: { arguments: printed.ok ? printed.value : '', digest: pinned },
        before: undefined,
      },
      system().config,
      looker(system()),
    );
    if (!made.ok) throw new Error(made.failure.code);
    return made.value;
  };
  const capability = (stillAllowed = true) =>
    createCapability({
      actDigest: '',
      idempotencyKey: 'key-of-the-act',
      stillAllowed: async () => stillAllowed,
      open: async () => secretOf(system().writeCredential),
    });
  const execute = (of: Plan, right = capability()) => httpCall.execute(of, system().config, right, looker(system()));

  test('is planned by reading alone, with each parameter as a line and the digest as what must still hold', async () => {
    const made = await plan({ query: { dry: 'no' }, body: { amount: 1, to: { iban: 'x' } } });
    expect(made.changes).toEqual([
      { path: 'body.amount', from: 'not sent', to: '1' },
      { path: 'body.to', from: 'not sent', to: '{"iban":"x"}' },
      { path: 'query.dry', from: 'not sent', to: '"no"' },
    ]);
    expect(made.preconditions).toEqual([{ path: 'tool.digest', value: digest }]);
    expect(made.target).toMatchObject({ type: 'http_route', immutableId: ROUTE });
    expect(made.refusals).toEqual([]);
    expect(upstream.asked).toEqual([]);
  });

  test('is refused where the route does not take what it is given, and for a route that is another one or none', async () => {
    expect((await plan({})).refusals).toMatchObject([{ reason: 'not_expressible' }]);
    expect((await plan({ body: {}, query: { other: '1' } })).refusals).toMatchObject([{ reason: 'not_expressible' }]);
    expect((await plan({ body: {} }, '0'.repeat(64))).refusals).toMatchObject([{ reason: 'changed_since' }]);
    await expect(plan({ body: {} }, digest, 'POST /nothing')).rejects.toThrow('proposal.target_not_found');
    for (const name of ['', '*', 'POST /transfers ', 'post /transfers', 'POST /transfers/../transfers'])
      await expect(plan({ body: {} }, digest, name), name).rejects.toThrow('proposal.target_not_found');
  });

  test('calls once, with the credential that acts, exactly what was signed and the act’s own key', async () => {
    const receipt = await execute(await plan({ body: { amount: 1.5 }, query: { dry: 'a&b=c' } }));
    expect(receipt).toMatchObject({ outcome: 'applied', before: {} });
    expect(JSON.parse(receipt.result ?? '')).toEqual({ status: 200, type: 'application/json', body: '{"sent":true}' });
    expect(upstream.asked).toMatchObject([
      { method: 'POST', target: '/v1/transfers?dry=a%26b%3Dc', token: upstream.tokens.write, body: '{"amount":1.5}' },
    ]);
    expect(upstream.asked[0]?.headers['idempotency-key']).toBe('key-of-the-act');
    expect(JSON.stringify(receipt)).not.toContain(upstream.tokens.write);
  });

  test('calls nothing where the document changed since, the plan was altered, or the kill switch went on', async () => {
    const made = await plan();
    upstream.document = { ...structuredClone(BANK), servers: [{ url: 'https://evil.example' }] };
    expect(await execute(made)).toMatchObject({ outcome: 'refused_drift' });
    upstream.document = structuredClone(BANK);
    const altered = { ...made, params: { ...made.params, arguments: '{"body":{"amount":9000}}' } };
    expect(await execute(altered)).toMatchObject({ outcome: 'refused' });
    expect(await execute(made, capability(false))).toMatchObject({ outcome: 'refused' });
    expect(upstream.asked).toEqual([]);
  });

  test.each([
    [200, 'applied'],
    [204, 'applied'],
    [302, 'unknown'],
    [400, 'failed'],
    [404, 'failed'],
    [500, 'unknown'],
    [503, 'unknown'],
  ])('says of the answer %i: %s', async (status, outcome) => {
    upstream.answer = () => ({ status, headers: { location: 'http://127.0.0.1:1/' } });
    expect(await execute(await plan())).toMatchObject({ outcome });
  });

  test('does not know what became of it where no answer comes or it does not end, and sees nothing afterwards', async () => {
    upstream.answer = () => ({ status: 200, type: 'text/plain', body: 'x'.repeat(2 * 1024 * 1024) });
    expect(await execute(await plan())).toMatchObject({ outcome: 'unknown' });
    const seen = await httpCall.observe(await plan(), system().config, looker(system()));
    expect(seen).toMatchObject({ ok: true, value: { state: 'not_seen', effect: 'unproven' } });
  });

  test('hands back no credential of its own and nothing that is no data', async () => {
    upstream.answer = ({ token }) => ({ status: 200, type: 'application/json', body: JSON.stringify({ token }) });
    const receipt = await execute(await plan());
    expect(receipt.outcome).toBe('applied');
    expect(JSON.stringify(receipt)).not.toContain(upstream.tokens.write);
    upstream.answer = () => ({ status: 200, type: 'text/html', body: '<script>' });
    expect(JSON.parse((await execute(await plan())).result ?? '')).toEqual({
      status: 200,
      withheld: 'it is no JSON, text or CSV',
    });
  });

  test('takes a document in YAML, and none that resolves to more than anybody wrote', async () => {
    const listed = async (text: string) => {
      upstream.document = text;
      const session = open(upstream.tokens.read);
      return await session.list().finally(() => session.close());
    };
    expect(await listed('openapi: 3.1.0\npaths:\n  /a:\n    get: {}\n')).toMatchObject([{ name: 'GET /a' }]);
    const letters = [...'abcdefgh'];
    const bomb = letters.map(
      (name, at) => `${name}: &${name} [${`${at === 0 ? 'x' : `*${letters[at - 1]}`},`.repeat(9)}]`,
    );
    await expect(listed(['openapi: 3.1.0', 'paths: {}', ...bomb].join('\n'))).rejects.toThrow(/alias/i);
    await expect(listed('openapi: 3.1.0\npaths: {}\npaths: {}')).rejects.toThrow('neither JSON nor YAML');
  });

  test('takes https alone beyond this machine, and no address or document that could be read in two ways', () => {
    const taken = (url: string, document = '/openapi.json') => httpCall.parseConfig({ url, document }).ok;
    expect(['https://a.example/v1', 'http://127.0.0.1:1/', 'http://localhost/v1/'].map(url => taken(url))).toEqual([
      true,
      true,
      true,
    ]);
    for (const url of [
      'http://a.example/',
      'https://u:p@a.example/',
      'https://a.example//v1',
      'https://a.example/a%2fb',
      '',
    ])
      expect(taken(url), url).toBe(false);
    for (const document of [
      '',
      'openapi.json',
      '/../openapi.json',
      '//evil.example/x',
      '/a?b',
      'https://evil.example/',
    ])
      expect(taken('https://a.example', document), document).toBe(false);
  });
});
