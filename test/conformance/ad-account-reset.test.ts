import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contextOf, executed, planned } from '../../src/connector/calls.ts';
import { adAccount } from '../../src/responders/ad-account/responder.ts';
import { NO_SAMBA } from './samba.ts';
import { startSambaPasswordTarget } from './samba-password-target.ts';
import { asUnicodePwd, type SambaTarget, VICTIM_DN } from './samba-target.ts';

describe.skipIf(NO_SAMBA !== undefined)(
  `the reset of a password on a Samba domain controller${NO_SAMBA === undefined ? '' : ` (skipped: ${NO_SAMBA})`}`,
  () => {
    let target: SambaTarget;
    beforeAll(async () => {
      target = await startSambaPasswordTarget();
    }, 60_000);
    afterAll(async () => {
      await target?.close();
    });
    beforeEach(() => target.restore());

    const oldPasswordWorks = () =>
      target.bindAs(VICTIM_DN, target.passwords.victim).then(
        () => true,
        () => false,
      );

    test('a single reset leaves the old password in, and that is seen; the act shuts it out', async () => {
      const plan = await planned(target, adAccount);
      await target.edit('replace', VICTIM_DN, 'unicodePwd', [asUnicodePwd('Canary-Another-1')]);
      expect(await oldPasswordWorks()).toBe(true);
      const single = await adAccount.observe(plan, target.system, contextOf(target));
      expect(single.ok && [single.value.state, single.value.effect]).toEqual(['in_effect', 'not_in_effect']);
      await target.restore();
      const again = await planned(target, adAccount);
      expect((await executed(target, adAccount, again)).outcome).toBe('applied');
      expect(await oldPasswordWorks()).toBe(false);
      const both = await adAccount.observe(again, target.system, contextOf(target));
      expect(both.ok && both.value.checks.map(({ ok }) => ok)).toEqual(['yes', 'yes', 'unproven']);
      expect(both.ok && both.value.effect).toBe('unproven');
    });

    test('what was sent as the new password is two random ones, and stands in nothing that is kept', async () => {
      const plan = await planned(target, adAccount, target.proxied);
      target.proxy.reset();
      const receipt = await executed(target, adAccount, plan, randomUUID(), target.proxied);
      const sent = target.proxy.sent().toString('latin1').replaceAll('\0', '');
      const passwords = [...sent.matchAll(/"([A-Za-z0-9_-]{40,})"/g)].map(([, password]) => password ?? '');
      expect(new Set(passwords).size).toBe(2);
      const seen = await adAccount.observe(plan, target.system, contextOf(target));
      const kept = JSON.stringify([plan, receipt, seen]);
      for (const password of passwords) expect(kept).not.toContain(password);
      await expect(target.bindAs(VICTIM_DN, passwords.at(-1) ?? '')).resolves.toBeDefined();
    });
  },
);
