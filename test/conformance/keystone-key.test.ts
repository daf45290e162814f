import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { executed, planned, stateSeen } from '../../src/connector/calls.ts';
import { conformance } from '../../src/connector/conformance.ts';
import { keystone } from '../../src/responders/keystone/responder.ts';
import { type KeystoneKeyTarget, startKeystoneKeyTarget } from './keystone-key-target.ts';
import { NO_KEYSTONE } from './keystone-server.ts';

/** It answers one request after another, so what is done at each request takes minutes. */
const CHECK_MS = 600_000;

conformance(
  { describe, test, beforeAll, afterAll, beforeEach },
  {
    title: 'keystone, an application credential, on a Keystone',
    start: startKeystoneKeyTarget,
    notHere: NO_KEYSTONE,
    checkMsMax: CHECK_MS,
  },
);

describe.skipIf(NO_KEYSTONE !== undefined)(
  `an application credential of a Keystone${NO_KEYSTONE === undefined ? '' : ` (skipped: ${NO_KEYSTONE})`}`,
  () => {
    let target: KeystoneKeyTarget;
    beforeAll(async () => {
      target = await startKeystoneKeyTarget();
    });
    afterAll(() => target?.close());

    test('is refused at once when it is deleted, and so is every token that was got with it', async () => {
      const stolen = await target.hold();
      expect([await stolen.reads(), (await target.logIn()) !== undefined]).toEqual([true, true]);
      const plan = await planned(target, keystone);
      expect(plan.facts.isMachine).toBe('yes');
      const receipt = await executed(target, keystone, plan);
      expect(receipt.outcome, receipt.detail).toBe('applied');
      expect([await stolen.reads(), (await target.logIn()) !== undefined]).toEqual([false, false]);
      expect(await stateSeen(target, keystone, plan)).toBe('in_effect');
    });
  },
);
