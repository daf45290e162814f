import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import type { Plan, PlanRequest } from '../../src/ports/responder.ts';
import { ldapRotation } from '../../src/responders/ldap-rotation/responder.ts';
import { A_DN, B_DN, type LdapRotationTarget, startLdapRotation } from './ldap-rotation-target.ts';
import { startConsumer, until } from './rotation-service.ts';
import { BASE, LOCKED, NO_SLAPD } from './slapd.ts';

describe.skipIf(NO_SLAPD !== undefined)(
  `a rotation in a directory${NO_SLAPD === undefined ? '' : ` (skipped: ${NO_SLAPD})`}`,
  () => {
    let target: LdapRotationTarget;
    beforeAll(async () => {
      target = await startLdapRotation();
    });
    afterAll(async () => {
      await target?.close();
    });
    beforeEach(async () => {
      await target.restore();
    });

    const plan = async (
      operation: string,
      request: Partial<PlanRequest> = {},
      system = target.system,
    ): Promise<Plan> => {
      const asked = { operation, target: { name: 'orders-a' }, before: undefined, ...request };
      const made = await ldapRotation.plan(asked, system, contextOf(target));
      if (!made.ok) throw new Error(made.failure.detail);
      return made.value;
    };
    const execute = (planned: Plan, key: string = randomUUID()) =>
      ldapRotation.execute(planned, target.system, capabilityOf(target, key), contextOf(target));
    const observe = async (planned: Plan) => {
      const seen = await ldapRotation.observe(planned, target.system, contextOf(target));
      if (!seen.ok) throw new Error(seen.failure.detail);
      return seen.value;
    };
    const reasons = async (operation: string, system = target.system) =>
      (await plan(operation, {}, system)).refusals.map(({ reason }) => reason);

    test('a service goes on without one failed request while its password is rotated, and whoever took the old one is out', async () => {
      const program = fileURLToPath(new URL('./ldap-rotation-consumer.ts', import.meta.url));
      const service = await startConsumer(program, [target.secretFile, target.system.settings['url'] ?? '', BASE]);
      const attacker = await target.hold();
      try {
        const rotation = await plan('rotate');
        expect(rotation.blast.direct.join('\n')).toContain('connection from IP=127.0.0.1:');
        expect((await execute(rotation)).outcome).toBe('applied');
        expect(await observe(rotation)).toMatchObject({ state: 'in_effect', effect: 'unproven' });
        // Looking has left no trace that could be taken for a use of the new login.
        expect(await service.told()).toMatchObject({ user: A_DN, failed: 0 });
        expect(await reasons('end-old')).toEqual(['not_settled']);
        service.renewEvery(150);
        await until(async () => (await reasons('end-old')).length === 0);
        const ending = await plan('end-old');
        expect(ending.blast.direct.join('\n')).toContain('still on the old login');
        expect(ending.blast.dependents.join('\n')).toContain('last bind as the new login: ');
        expect((await execute(ending)).outcome).toBe('applied');
        expect(await observe(ending)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
        expect(await attacker.reads()).toBe(false);
        await expect(target.bindAs(A_DN, target.password)).rejects.toThrow();
        await expect(target.bindAs(B_DN, target.password)).rejects.toThrow();
        const before = await service.told();
        await sleep(500);
        const after = await service.told();
        expect(after).toMatchObject({ user: B_DN, failed: 0 });
        expect(after.queries).toBeGreaterThan(before.queries);
      } finally {
        await attacker.close();
        await service.stop();
      }
    }, 60_000);

    test('the new secret stands in its file and nowhere else, and the directory was told a hash', async () => {
      target.proxy.reset();
      const rotation = await plan('rotate');
      const receipt = await ldapRotation.execute(
        rotation,
        target.proxied,
        capabilityOf(target, randomUUID()),
        contextOf(target),
      );
      expect(receipt.outcome).toBe('applied');
      const texts = JSON.stringify([rotation, receipt, await observe(rotation), await plan('end-old')]);
      const { password } = await target.secret();
      expect(password).toMatch(/^[\w-]{43}$/);
      expect(texts).not.toContain(password);
      const sent = target.proxy.sent().toString('latin1');
      expect(sent).toContain('{SSHA}');
      // Once: in the bind that tried it.
      expect(sent.split(password)).toHaveLength(2);
      const folder = dirname(target.secretFile);
      const holding = [];
      for (const name of await readdir(folder))
        if ((await readFile(join(folder, name), 'utf8')).includes(password)) holding.push(name);
      expect(holding).toEqual([basename(target.secretFile)]);
    });

    test('taken back, the service has its old secret, and the new one opens nothing', async () => {
      const first = await target.secret();
      const receipt = await execute(await plan('rotate'));
      const made = await target.secret();
      // Also once the new login was used.
      await (await target.bindAs(made.user, made.password)).unbind();
      const undo = await plan('take-back', { before: receipt.before });
      expect(undo.refusals).toEqual([]);
      expect((await execute(undo)).outcome).toBe('applied');
      expect(await observe(undo)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
      expect(await target.secret()).toEqual(first);
      await expect(target.bindAs(B_DN, made.password)).rejects.toThrow();
    });

    test('where the directory takes no note of binds, nothing is handed over', async () => {
      await target.noteBinds(false);
      try {
        const receipt = await execute(await plan('rotate'));
        expect(receipt).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('lastbind') });
        expect(await target.secret()).toMatchObject({ user: A_DN });
      } finally {
        await target.noteBinds(true);
      }
    });

    test('a login that stands by and is open or used, or is in other groups, is not rotated to', async () => {
      await target.edits.set(B_DN, 'pwdAccountLockedTime', []);
      expect(await reasons('rotate')).toEqual(['not_settled']);
      await target.edits.set(B_DN, 'userPassword', ['somebody-s']);
      const somebody = await target.bindAs(B_DN, 'somebody-s');
      expect(await reasons('rotate')).toEqual(['not_settled', 'not_settled']);
      await somebody.unbind();
      await target.restore();
      const group = `cn=orders,ou=groups,${BASE}`;
      await target.edits.remove(group, 'member', [B_DN]);
      expect(await reasons('rotate')).toEqual(['missing_scope']);
      await target.edits.add(group, 'member', [B_DN]);
    });

    test('what a rotation that was cut off leaves open is ended by a proposal, and then it can be rotated', async () => {
      await (await target.bindAs(A_DN, target.password)).unbind();
      target.proxy.reset();
      // At the bind that tries the new password.
      target.proxy.cutAt(9, 'before');
      const cut = await ldapRotation.execute(
        await plan('rotate'),
        target.proxied,
        capabilityOf(target, randomUUID()),
        contextOf(target),
      );
      target.proxy.reset();
      expect(cut).toMatchObject({ outcome: 'failed', detail: expect.stringContaining('did not open the login') });
      expect(await target.secret()).toMatchObject({ user: A_DN });
      expect(await reasons('rotate')).toEqual(['not_settled']);
      const clearing = await plan('end-old', { target: { name: 'orders-b' } });
      expect(clearing.refusals).toEqual([]);
      expect((await execute(clearing)).outcome).toBe('applied');
      expect((await execute(await plan('rotate'))).outcome).toBe('applied');
      expect((await readdir(dirname(target.secretFile))).sort()).toEqual(['orders.json', 'orders.json.before']);
    });

    test('a password of which nobody knows who uses it is not rotated', async () => {
      const { consumers: _, ...settings } = target.system.settings;
      const unlisted = { ...target.system, settings };
      expect(await reasons('rotate', unlisted)).toEqual(['not_expressible']);
      const somebody = await target.bindAs(A_DN, target.password);
      expect(await reasons('rotate', unlisted)).toEqual([]);
      await somebody.unbind();
    });

    test('an end that was planned for a new login is refused once that got another password, with which nobody bound', async () => {
      await execute(await plan('rotate'));
      const { user, password } = await target.secret();
      await (await target.bindAs(user, password)).unbind();
      const ending = await plan('end-old');
      expect(ending.refusals).toEqual([]);
      await target.edits.set(B_DN, 'userPassword', ['another']);
      expect((await execute(ending)).outcome).toBe('refused_drift');
      expect(await target.read(A_DN, 'pwdAccountLockedTime')).not.toBe(LOCKED);
    });
  },
);
