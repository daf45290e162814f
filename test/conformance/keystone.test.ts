import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { executed, planned, undoPlanned } from '../../src/connector/calls.ts';
import { conformance } from '../../src/connector/conformance.ts';
import { parseConfig } from '../../src/responders/keystone/config.ts';
import { keystone } from '../../src/responders/keystone/responder.ts';
import { NO_KEYSTONE } from './keystone-server.ts';
import { type KeystoneTarget, startKeystoneTarget } from './keystone-target.ts';

/** It answers one request after another, so what is done at each request takes minutes. */
const CHECK_MS = 600_000;

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  { title: 'keystone, on a Keystone', start: startKeystoneTarget, notHere: NO_KEYSTONE, checkMsMax: CHECK_MS },
);

describe.skipIf(NO_KEYSTONE !== undefined)(
  `a user of a Keystone${NO_KEYSTONE === undefined ? '' : ` (skipped: ${NO_KEYSTONE})`}`,
  () => {
    let target: KeystoneTarget;
    beforeAll(async () => {
      target = await startKeystoneTarget();
    });
    afterAll(() => target?.close());

    test('loses its tokens, its password and its application credentials at once, and gets back all but the tokens', async () => {
      const { server, victimAccount } = target;
      const { id, password } = victimAccount;
      const logsIn = async () => (await server.logIn(id, password)) !== undefined;
      const token = (await server.logIn(id, password)) ?? '';
      const isTaken = async () => (await server.askWith(token)('GET', '/auth/projects')).status === 200;
      const made = await server.askWith(token)('POST', `/users/${id}/application_credentials`, {
        application_credential: { name: 'pipeline', secret: 'made-for-this-test' },
      });
      expect(made.status).toBe(201);
      const keyLogsIn = async () => {
        const { application_credential: key } = made.body as {
          readonly application_credential: { readonly id: string };
        };
        const identity = {
          methods: ['application_credential'],
          application_credential: { id: key.id, secret: 'made-for-this-test' },
        };
        const answer = await fetch(`${server.url()}/auth/tokens`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ auth: { identity } }),
        });
        return answer.status === 201;
      };
      expect([await isTaken(), await logsIn(), await keyLogsIn()]).toEqual([true, true, true]);
      const plan = await planned(target, keystone);
      expect(plan.facts.isMachine).toBe('yes');
      const receipt = await executed(target, keystone, plan);
      expect(receipt.outcome, receipt.detail).toBe('applied');
      expect([await isTaken(), await logsIn(), await keyLogsIn()]).toEqual([false, false, false]);
      const undo = await undoPlanned(target, keystone, plan, receipt);
      expect((await executed(target, keystone, undo)).outcome).toBe('applied');
      expect([await isTaken(), await logsIn(), await keyLogsIn()]).toEqual([false, true, true]);
    });

    test('the user that writes could set a password, too: Keystone has no narrower right, and the README says so', async () => {
      const { server, system, secrets, victimAccount } = target;
      const token = await server.logIn(String(system.settings['writeUser']), secrets.write);
      const user = { password: `${victimAccount.password}-2` };
      const { status } = await server.askWith(token ?? '')('PATCH', `/users/${victimAccount.id}`, { user });
      expect(status).toBe(200);
    });
  },
);

describe('the settings of a Keystone', () => {
  const usual = {
    url: 'https://keystone.example.org:5000/v3',
    project: '0'.repeat(32),
    readUser: '1'.repeat(32),
    writeUser: '2'.repeat(32),
  };

  test('are taken with the default domain and the role admin', () => {
    expect(parseConfig(usual)).toMatchObject({ ok: true, value: { domain: 'default', adminRoles: 'admin' } });
  });

  test.each([
    { url: 'http://keystone.example.org/v3' },
    { project: 'soc' },
    { readUser: 'countersign-read' },
    { writeUser: '1'.repeat(32) },
    { domain: '../users' },
    { adminRoles: '' },
    { password: 'x' },
  ])('are refused as %j', wrong => {
    expect(parseConfig({ ...usual, ...wrong })).toMatchObject({ ok: false });
  });
});
