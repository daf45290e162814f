import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createCapability, secretOf } from '../../src/executor/capability.ts';
import { looker } from '../../src/executor/looker.ts';
import { seenTool } from '../../src/model/tool.ts';
import type { Plan } from '../../src/ports/responder.ts';
import { mcpTool } from '../../src/responders/mcp-tool/responder.ts';
import { printArguments } from '../../src/responders/shared/calls/call-arguments.ts';
import { SEND_MONEY, startUpstream, type Upstream } from '../harness/upstream.ts';

/** It undoes nothing and its effect is seen nowhere, so most checks of the kit have nothing to look at. These are its own. */
describe('the call of a tool, as the executor sees it', () => {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await startUpstream();
  });
  afterAll(() => upstream.stop());
  beforeEach(() => {
    upstream.calls.splice(0);
    upstream.tools = [structuredClone(SEND_MONEY)];
    upstream.answer = () => ({ content: [{ type: 'text', text: 'done' }] });
  });

  const system = () => ({
    config: { responder: 'mcp-tool', system: 'bank', settings: { url: upstream.url } },
    readCredential: upstream.tokens.read,
    writeCredential: upstream.tokens.write,
    probeCredential: undefined,
  });
  const digest = () => {
    const seen = seenTool(SEND_MONEY);
    return seen.ok ? seen.value.digest : '';
  };
  const plan = async (given: unknown = { amount: 1 }, pinned = digest()): Promise<Plan> => {
    const printed = printArguments(given);
    const made = await mcpTool.plan(
      {
        operation: 'call',
        target: { name: 'send_money' },
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
      idempotencyKey: 'key',
      stillAllowed: async () => stillAllowed,
      open: async () => secretOf(system().writeCredential),
    });
  const execute = (of: Plan, right = capability()) => mcpTool.execute(of, system().config, right, looker(system()));

  test('is planned by reading alone, with each argument as a line and the digest as what must still hold', async () => {
    const made = await plan({ amount: 1, to: 'Jo\u202e' });
    expect(made.changes).toEqual([
      { path: 'amount', from: 'not sent', to: '1' },
      { path: 'to', from: 'not sent', to: '"Jo\u202e"' },
    ]);
    expect(made.preconditions).toEqual([{ path: 'tool.digest', value: digest() }]);
    expect(made.refusals).toEqual([]);
    expect(upstream.calls).toEqual([]);
  });

  test('is refused for a tool that is not the one that was adopted, for none and for two of its name', async () => {
    expect((await plan({}, '0'.repeat(64))).refusals).toMatchObject([{ reason: 'changed_since' }]);
    upstream.tools.push({ ...SEND_MONEY, description: 'Another.' });
    await expect(plan()).rejects.toThrow('proposal.target_ambiguous');
    upstream.tools = [];
    await expect(plan()).rejects.toThrow('proposal.target_not_found');
  });

  test('calls once, with exactly the arguments of the plan, and keeps what came back', async () => {
    const receipt = await execute(await plan({ amount: 1.5, to: 'Zoë' }));
    expect(receipt).toMatchObject({ outcome: 'applied', before: {} });
    expect(JSON.parse(receipt.result ?? '')).toEqual({ content: [{ type: 'text', text: 'done' }] });
    expect(upstream.calls).toEqual([
      { name: 'send_money', given: { amount: 1.5, to: 'Zoë' }, token: upstream.tokens.write },
    ]);
    expect(JSON.stringify(receipt)).not.toContain(upstream.tokens.write);
  });

  test('calls nothing where the tool changed since, the plan was altered, or the kill switch went on', async () => {
    const made = await plan();
    upstream.tools[0] = { ...SEND_MONEY, description: 'Sends all of it.' };
    expect(await execute(made)).toMatchObject({ outcome: 'refused_drift' });
    upstream.tools[0] = structuredClone(SEND_MONEY);
    const altered = { ...made, params: { ...made.params, arguments: '{"amount":9000}' } };
    expect(await execute(altered)).toMatchObject({ outcome: 'refused' });
    expect(await execute(made, capability(false))).toMatchObject({ outcome: 'refused' });
    expect(upstream.calls).toEqual([]);
  });

  test('says what a tool says of its failure, and never that silence is one', async () => {
    upstream.answer = () => ({ content: [{ type: 'text', text: 'no money' }], isError: true });
    expect(await execute(await plan())).toMatchObject({ outcome: 'failed' });
    upstream.answer = () => {
      throw new Error('the server fell over');
    };
    expect(await execute(await plan())).toMatchObject({ outcome: 'unknown' });
    const seen = await mcpTool.observe(await plan(), system().config, looker(system()));
    expect(seen).toMatchObject({ ok: true, value: { state: 'not_seen', effect: 'unproven' } });
  });

  test('takes https alone beyond this machine, and no address with a credential in it', () => {
    const taken = (url: string) => mcpTool.parseConfig({ url }).ok;
    expect(['https://a.example/mcp', 'http://127.0.0.1:1/mcp', 'http://localhost/mcp'].map(taken)).toEqual([
      true,
      true,
      true,
    ]);
    expect(['http://a.example/mcp', 'https://u:p@a.example/', 'ftp://a', ''].map(taken)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
