import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { tierOf } from '../../src/core/decide/tier.ts';
import { createCapability, secretOf } from '../../src/executor/capability.ts';
import { looker } from '../../src/executor/looker.ts';
import type { Plan, Receipt } from '../../src/ports/responder.ts';
import { operationNamed } from '../../src/responders/signed-webhook/manifest.ts';
import { signedWebhook } from '../../src/responders/signed-webhook/responder.ts';
import { startWebhookDouble, type WebhookDouble, webhookSettings } from './webhook-target.ts';

type Settings = { readonly [name: string]: string };
const NO_STATUS = {
  status_path: '',
  status_field: '',
  status_done: '',
  status_undone: '',
  status_name: '',
  status_version: '',
};
const ONE_WAY = { operation: 'isolate-host-one-way', undo_path: '', undo_body: '' };
const HOST = 'ws-12.example.org';

describe('the call of a product’s webhook', () => {
  let double: WebhookDouble;
  beforeAll(async () => {
    double = await startWebhookDouble();
  });
  afterAll(() => double.close());
  beforeEach(() => {
    double.asked.splice(0);
    double.answers = undefined;
    for (const host of double.hosts.values()) host.isolated = false;
  });

  const connected = (settings: Settings = {}, write = double.secrets.write) => ({
    config: { responder: 'signed-webhook', system: 'nac', settings: { ...webhookSettings(double.port), ...settings } },
    readCredential: double.secrets.read,
    writeCredential: write,
    probeCredential: undefined,
  });
  const plan = (operation: string, name: string, settings: Settings = {}, before?: Receipt['before']) =>
    signedWebhook.plan(
      { operation, target: { name }, before },
      connected(settings).config,
      looker(connected(settings)),
    );
  const planned = async (...given: Parameters<typeof plan>): Promise<Plan> => {
    const made = await plan(...given);
    if (!made.ok) throw new Error(made.failure.code);
    return made.value;
  };
  const execute = (of: Plan, settings: Settings = {}, key: string = randomUUID(), write = double.secrets.write) =>
    signedWebhook.execute(
      of,
      connected(settings, write).config,
      createCapability({
        actDigest: '',
        idempotencyKey: key,
        stillAllowed: async () => true,
        open: async () => secretOf(write),
      }),
      looker(connected(settings, write)),
    );
  const posted = () => double.asked.filter(({ line }) => line.startsWith('POST'));
  const isIsolated = () => double.hosts.get(HOST)?.isolated;

  test('claims nothing where the product tells no status, and says so in the plan', async () => {
    const made = await planned('isolate-host', HOST, NO_STATUS);
    expect(made.blast.unknown.join()).toContain('it tells no status');
    expect(made.changes).toMatchObject([{ path: 'webhook', from: 'not called' }]);
    const receipt = await execute(made, NO_STATUS);
    expect([receipt.outcome, isIsolated()]).toEqual(['applied', true]);
    expect(await signedWebhook.observe(made, connected(NO_STATUS).config, looker(connected(NO_STATUS)))).toMatchObject({
      ok: true,
      value: { state: 'not_seen', effect: 'unproven' },
    });
    // Its undo is still bound to what was done.
    const undo = await planned('release-host', HOST, NO_STATUS, receipt.before);
    expect(undo.refusals).toEqual([]);
    expect((await planned('release-host', HOST, NO_STATUS)).refusals).toMatchObject([{ reason: 'nothing_to_undo' }]);
    await execute(undo, NO_STATUS);
    expect(isIsolated()).toBe(false);
  });

  test('takes two people where the product has no way back', async () => {
    const operation = operationNamed('isolate-host-one-way');
    expect(operation).toMatchObject({ reversibility: 'irreversible', undo: undefined });
    const facts = {
      kind: 'isolate_host',
      touches: 'access',
      isPrivileged: 'no',
      isMachine: 'no',
      isCritical: 'no',
      isLastAdministrator: false,
      isOwnIdentity: false,
      marks: [],
      actsOfLate: 0,
      dependentsKnown: true,
      coverage: 'complete',
      hasRequiredGap: false,
      undoesTier: undefined,
      policyFloor: undefined,
    } as const;
    expect(tierOf({ ...facts, reversibility: 'irreversible' })).toMatchObject({ tier: 'T3' });
    expect(tierOf({ ...facts, reversibility: 'compensating' })).toMatchObject({ tier: 'T2' });
    const made = await planned('isolate-host-one-way', HOST, ONE_WAY);
    expect(await execute(made, ONE_WAY)).toMatchObject({ outcome: 'applied' });
    expect(isIsolated()).toBe(true);
  });

  test('is offered for what the system was connected for, and for nothing else', async () => {
    expect(signedWebhook.offers?.(webhookSettings(1))).toEqual(['isolate-host', 'release-host']);
    expect(signedWebhook.offers?.({ ...webhookSettings(1), ...ONE_WAY })).toEqual(['isolate-host-one-way']);
    for (const operation of ['disable-account', 'isolate-host-one-way', 'toString'])
      expect(await plan(operation, HOST)).toMatchObject({ ok: false, failure: { code: 'proposal.not_expressible' } });
  });

  test('is taken once by the product, whoever sends it again', async () => {
    const before = double.hosts.get(HOST)?.version ?? 0;
    const made = await planned('isolate-host', HOST, NO_STATUS);
    await execute(made, NO_STATUS, 'key-again');
    await execute(made, NO_STATUS, 'key-again');
    expect(posted().map(({ id }) => id)).toEqual(['msg_key-again', 'msg_key-again']);
    expect(double.hosts.get(HOST)?.version).toBe(before + 1);
  });

  test('is not sent where the settings make another call of it than was signed', async () => {
    const made = await planned('isolate-host', HOST);
    for (const changed of [{ path: '/hooks/release' }, { body: '{"host":"db-1.example.org","was":"{target}"}' }])
      expect(await execute(made, changed)).toMatchObject({ outcome: 'refused' });
    expect(posted()).toEqual([]);
  });

  test('is not sent with a credential that does not sign, and with a wrong one the product turns it down', async () => {
    const made = await planned('isolate-host', HOST);
    expect(await execute(made, {}, randomUUID(), 'hunter2')).toMatchObject({ outcome: 'refused' });
    expect(posted()).toEqual([]);
    expect(await execute(made, {}, randomUUID(), `whsec_${'A'.repeat(44)}`)).toMatchObject({ outcome: 'refused' });
    expect(isIsolated()).toBe(false);
  });

  test('does not go where an answer leads, and then nobody knows what became of it', async () => {
    let reached = 0;
    const elsewhere: Server = createServer((_request, response) => {
      reached++;
      response.end();
    });
    await new Promise<void>(done => elsewhere.listen(0, '127.0.0.1', done));
    const address = elsewhere.address();
    const location = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
    try {
      for (const status of [301, 302, 307, 308]) {
        double.answers = { status, location };
        expect(await execute(await planned('isolate-host', HOST))).toMatchObject({ outcome: 'unknown' });
      }
      double.answers = { status: 503 };
      expect(await execute(await planned('isolate-host', HOST))).toMatchObject({ outcome: 'unknown' });
      expect(reached).toBe(0);
    } finally {
      elsewhere.close();
    }
  });

  test('stands for nobody where a name is no plain one and nobody tells who is there', async () => {
    for (const name of ['../x', 'a b', '*', '', "o'brien", 'a"b', 'a\u200bb'])
      expect(await plan('isolate-host', name, NO_STATUS), name).toMatchObject({
        ok: false,
        failure: { code: 'proposal.target_not_found' },
      });
  });

  test('cannot be connected half: each setting that is missing or too much is named', () => {
    const fault = (settings: Settings) => {
      const read = signedWebhook.parseConfig({ ...webhookSettings(1), ...settings });
      return read.ok ? 'taken' : /setting `(\w+)`/.exec(read.failure.detail)?.[1];
    };
    expect(fault({})).toBe('taken');
    expect(fault({ undo_path: '' })).toBe('undo_path');
    expect(fault({ operation: 'isolate-host-one-way' })).toBe('undo_path');
    expect(fault({ operation: 'release-host' })).toBe('operation');
    expect(fault({ body: '{"all":true}' })).toBe('body');
    expect(fault({ undo_body: '{"all":true}' })).toBe('undo_body');
    expect(fault({ status_path: '' })).toBe('status_path');
    expect(fault({ status_path: '/api/hosts' })).toBe('status_path');
    expect(fault({ status_undone: 'true' })).toBe('status_field');
    expect(fault({ url: 'http://nac.example.org' })).toBe('url');
    expect(fault({ url: 'https://nac.example.org/hooks' })).toBe('url');
    expect(fault({ header: 'x' })).toBe('header');
  });
});
