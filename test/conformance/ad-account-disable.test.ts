import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { contextOf, executed, planned } from '../../src/connector/calls.ts';
import { adAccount } from '../../src/responders/ad-account/responder.ts';
import { sealPlan } from '../../src/responders/shared/seal.ts';
import { NO_SAMBA } from './samba.ts';
import { type SambaTarget, startSambaTarget, VICTIM_DN } from './samba-target.ts';

const PIECE_DELAY_MS = 300;

describe.skipIf(NO_SAMBA !== undefined)(
  `disabling on a Samba domain controller${NO_SAMBA === undefined ? '' : ` (skipped: ${NO_SAMBA})`}`,
  () => {
    let target: SambaTarget;
    beforeAll(async () => {
      target = await startSambaTarget();
    }, 60_000);
    afterAll(async () => {
      await target?.close();
    });
    beforeEach(() => target.restore());

    /** Carries a plan out through the proxy, and does `meanwhile` once the write is on its way and before it arrives. */
    async function racedBy(meanwhile: () => Promise<void>) {
      const plan = await planned(target, adAccount, target.proxied);
      target.proxy.reset();
      target.proxy.delay(PIECE_DELAY_MS);
      const receipt = executed(target, adAccount, plan, randomUUID(), target.proxied);
      while (!target.asksForChange(target.proxy.sent())) await sleep(5);
      await meanwhile();
      return await receipt;
    }

    // The server says yes to it and changes nothing. Its number moved for whoever came first, so nothing tells the two apart.
    test('the same change by somebody else at that very moment is done once, and taken for ours', async () => {
      const receipt = await racedBy(() => target.edit('replace', VICTIM_DN, 'userAccountControl', ['514']));
      expect(receipt.outcome).toBe('applied');
      expect(await target.valueAt('account.userAccountControl')).toBe('514');
      expect(receipt.before['account.versionAfter']).toBe(await target.version());
    });

    test('another value that came just before is not overwritten', async () => {
      const receipt = await racedBy(() => target.edit('replace', VICTIM_DN, 'userAccountControl', ['66048']));
      expect(receipt.outcome).toBe('refused_drift');
      expect(await target.valueAt('account.userAccountControl')).toBe('66048');
    });

    test('a plan that would set another bit, too, opens nothing', async () => {
      const plan = await planned(target, adAccount);
      const changes = [{ path: 'account.userAccountControl', from: '512', to: '66050' }];
      expect((await executed(target, adAccount, sealPlan({ ...plan, changes }))).outcome).toBe('refused');
      expect(await target.valueAt('account.userAccountControl')).toBe('512');
    });

    test('what the right password is refused for is seen, and tickets and open connections are not claimed', async () => {
      const plan = await planned(target, adAccount);
      const held = await target.hold();
      expect((await executed(target, adAccount, plan)).outcome).toBe('applied');
      const seen = await adAccount.observe(plan, target.system, contextOf(target));
      expect(seen.ok && seen.value.checks.map(({ ok }) => ok)).toEqual(['yes', 'yes', 'unproven']);
      expect(await held.reads()).toBe(true);
      await held.close();
    });

    test('with another password it is not known why a bind is refused', async () => {
      const plan = await planned(target, adAccount);
      await executed(target, adAccount, plan);
      const context = contextOf({ ...target, secrets: { ...target.secrets, probe: '{"c.victim":"Canary-Wrong-1"}' } });
      const seen = await adAccount.observe(plan, target.system, context);
      expect(seen.ok && seen.value.checks.map(({ ok }) => ok)).toEqual(['yes', 'unproven', 'unproven']);
    });
  },
);
