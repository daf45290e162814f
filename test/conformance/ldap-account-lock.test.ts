import { randomUUID } from 'node:crypto';
import { Attribute, Change, type Client } from 'ldapts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import type { Plan } from '../../src/ports/responder.ts';
import { ldapAccount } from '../../src/responders/ldap-account/responder.ts';
import { type LdapTarget, startLdapTarget } from './ldap-target.ts';
import { NO_SLAPD } from './slapd.ts';

const replace = (type: string, values: string[]) =>
  new Change({ operation: 'replace', modification: new Attribute({ type, values }) });

describe.skipIf(NO_SLAPD !== undefined)(
  `what a lock on slapd is worth${NO_SLAPD === undefined ? '' : ` (skipped: ${NO_SLAPD})`}`,
  () => {
    let target: LdapTarget;
    let victimPassword: string;
    beforeAll(async () => {
      target = await startLdapTarget();
      victimPassword = JSON.parse(target.secrets.probe)[target.victim];
    });
    afterAll(async () => {
      await target?.close();
    });
    beforeEach(async () => {
      await target.restore();
    });

    const plan = async (): Promise<Plan> => {
      const made = await ldapAccount.plan(
        { operation: 'lock', target: { name: target.victim }, before: undefined },
        target.system,
        contextOf(target),
      );
      if (!made.ok) throw new Error(made.failure.detail);
      return made.value;
    };
    const execute = async (planned: Plan) =>
      await ldapAccount.execute(planned, target.system, capabilityOf(target, randomUUID()), contextOf(target));
    const observe = async (planned: Plan, probe = true) => {
      const seen = await ldapAccount.observe(planned, target.system, contextOf(target, { probe }));
      if (!seen.ok) throw new Error(seen.failure.detail);
      return seen.value;
    };
    const held = async (): Promise<Client> => await target.bindAs(target.victimDn, victimPassword);

    test('without the rule against locked accounts, an open connection goes on, and the effect is not claimed', async () => {
      await target.rules(target.usualRules.slice(1));
      const attacker = await held();
      const planned = await plan();
      expect((await execute(planned)).outcome).toBe('applied');
      expect((await attacker.search(target.victimDn, { scope: 'base' })).searchEntries).toHaveLength(1);
      expect(await observe(planned)).toMatchObject({ state: 'in_effect', effect: 'not_in_effect' });
    });

    test('a lock that an open connection lifted by a new password is seen by the next look', async () => {
      await target.rules(target.usualRules.slice(1));
      const attacker = await held();
      const planned = await plan();
      await execute(planned);
      expect((await observe(planned)).state).toBe('in_effect');
      await attacker.modify(target.victimDn, [replace('userPassword', ['taken-back'])]);
      try {
        expect(await observe(planned)).toMatchObject({ state: 'not_in_effect', effect: 'not_in_effect' });
      } finally {
        await target.admin.modify(target.victimDn, [replace('userPassword', [victimPassword])]);
      }
    });

    test('with the rule, that same connection can neither read nor take the lock back', async () => {
      const attacker = await held();
      const planned = await plan();
      await execute(planned);
      await expect(attacker.search(target.victimDn, { scope: 'base' })).rejects.toMatchObject({ code: 32 });
      await expect(attacker.modify(target.victimDn, [replace('userPassword', ['x'])])).rejects.toMatchObject({
        code: 50,
      });
      expect(await observe(planned)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
    });

    test('without a probe the effect is unproven, whatever the state is', async () => {
      const planned = await plan();
      await ldapAccount.execute(
        planned,
        target.system,
        capabilityOf(target, randomUUID()),
        contextOf(target, { probe: false }),
      );
      expect(await observe(planned, false)).toMatchObject({ state: 'in_effect', effect: 'unproven' });
    });

    test('a refused bind alone proves nothing, because the password may be another now', async () => {
      const planned = await plan();
      await ldapAccount.execute(
        planned,
        target.system,
        capabilityOf(target, randomUUID()),
        contextOf(target, { probe: false }),
      );
      expect((await observe(planned, true)).effect).toBe('unproven');
    });

    test('whoever took the account over cannot hold its lock up by changing what they may change', async () => {
      const attacker = await held();
      const planned = await plan();
      await attacker.modify(target.victimDn, [replace('userPassword', ['taken-over'])]);
      try {
        expect((await execute(planned)).outcome).toBe('applied');
        expect(await target.isContained(target.victim)).toBe(true);
      } finally {
        await target.admin.modify(target.victimDn, [replace('pwdAccountLockedTime', [])]);
        await target.admin.modify(target.victimDn, [replace('userPassword', [victimPassword])]);
      }
    });

    test('failed binds after the lock do not hold up its undo', async () => {
      const planned = await plan();
      const receipt = await execute(planned);
      for (let i = 0; i < 8; i++) await target.bindAs(target.victimDn, 'wrong').catch(() => undefined);
      const undo = await ldapAccount.plan(
        { operation: 'unlock', target: { immutableId: planned.target.immutableId }, before: receipt.before },
        target.system,
        contextOf(target),
      );
      expect(undo.ok && undo.value.refusals).toEqual([]);
      expect(undo.ok && (await execute(undo.value)).outcome).toBe('applied');
      expect(await target.isContained(target.victim)).toBe(false);
    });

    test('a lock after failed binds is replaced by ours, and comes back with the undo', async () => {
      const own = '20261123101500Z';
      await target.admin.modify(target.victimDn, [replace('pwdAccountLockedTime', [own])]);
      const planned = await plan();
      const receipt = await execute(planned);
      expect(receipt.outcome).toBe('applied');
      const undo = await ldapAccount.plan(
        { operation: 'unlock', target: { immutableId: planned.target.immutableId }, before: receipt.before },
        target.system,
        contextOf(target),
      );
      expect(undo.ok && undo.value.changes).toEqual([
        { path: 'account.pwdAccountLockedTime', from: '000001010000Z', to: own },
      ]);
      expect(undo.ok && (await execute(undo.value)).outcome).toBe('applied');
      expect(await target.valueAt('account.pwdAccountLockedTime')).toBe(own);
    });

    test("a missing right to write is found by the server's own dry run, and nothing is changed", async () => {
      const planned = await plan();
      await target.rules(
        target.usualRules.map(rule =>
          rule.replace(/(attrs=pwdAccountLockedTime by dn\.exact="[^"]+") write/, '$1 read'),
        ),
      );
      const before = await target.version();
      const receipt = await execute(planned);
      expect(receipt).toMatchObject({ outcome: 'refused', detail: expect.stringContaining('dry run') });
      expect(await target.version()).toBe(before);
    });
  },
);
