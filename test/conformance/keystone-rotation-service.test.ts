import { randomUUID } from 'node:crypto';
import { chmod, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import type { Plan, PlanRequest } from '../../src/ports/responder.ts';
import { keystoneRotation } from '../../src/responders/keystone-rotation/responder.ts';
import { type KeystoneRotationTarget, type ServiceKey, startKeystoneRotation } from './keystone-rotation-target.ts';
import { idOf, NO_KEYSTONE } from './keystone-server.ts';
import { startConsumer, until } from './rotation-service.ts';

describe.skipIf(NO_KEYSTONE !== undefined)(
  `a rotation in a Keystone${NO_KEYSTONE === undefined ? '' : ` (skipped: ${NO_KEYSTONE})`}`,
  { timeout: 120_000 },
  () => {
    let target: KeystoneRotationTarget;
    beforeAll(async () => {
      target = await startKeystoneRotation();
    }, 120_000);
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
      const asked = { operation, target: { name: target.victim }, before: undefined, ...request };
      const made = await keystoneRotation.plan(asked, system, contextOf(target));
      if (!made.ok) throw new Error(made.failure.detail);
      return made.value;
    };
    const execute = (planned: Plan, key: string = randomUUID()) =>
      keystoneRotation.execute(planned, target.system, capabilityOf(target, key), contextOf(target));
    const observe = async (planned: Plan) => {
      const seen = await keystoneRotation.observe(planned, target.system, contextOf(target));
      if (!seen.ok) throw new Error(seen.failure.detail);
      return seen.value;
    };
    const reasons = async (operation: string, request: Partial<PlanRequest> = {}) =>
      (await plan(operation, request)).refusals.map(({ reason }) => reason);
    const targetOf = (key: ServiceKey) => ({ name: `${target.system.settings['user']}/${key.id}` });
    const logsIn = async ({ id, secret }: ServiceKey) => (await target.server.logInByKey(id, secret)) !== undefined;

    test('a service goes on without one failed request while its application credential is rotated, and whoever took the old one is out', async () => {
      const program = fileURLToPath(new URL('./keystone-rotation-consumer.ts', import.meta.url));
      const service = await startConsumer(program, [target.secretFile, target.server.url(), target.tokenFile]);
      const attacker = await target.hold();
      try {
        const rotation = await plan('rotate');
        expect(rotation.refusals).toEqual([]);
        expect(rotation.blast.dependents.join('\n')).toContain('shows a token that was got with it');
        expect((await execute(rotation)).outcome).toBe('applied');
        expect(await observe(rotation)).toMatchObject({ state: 'in_effect', effect: 'unproven' });
        expect(await service.told()).toMatchObject({ user: target.old.id, failed: 0 });
        expect(await reasons('end-old')).toEqual(['not_settled']);
        service.renewEvery(500);
        await until(async () => (await reasons('end-old')).length === 0);
        const ending = await plan('end-old');
        expect(ending.blast.dependents.join('\n')).toContain('was got with the one that the file names');
        expect(await attacker.reads()).toBe(true);
        expect((await execute(ending)).outcome).toBe('applied');
        const seen = await observe(ending);
        expect(seen).toMatchObject({ state: 'in_effect', effect: 'unproven' });
        expect(seen.checks.filter(({ ok }) => ok === 'yes').map(({ text }) => text)).toEqual([
          'Keystone has it no more',
          'A token that was got with it just before is refused',
          expect.stringContaining('A login with its secret is refused'),
          'Keystone has the one that the file of the secret names',
        ]);
        expect(await attacker.reads()).toBe(false);
        expect(await logsIn(target.old)).toBe(false);
        const before = await service.told();
        await sleep(1_000);
        const after = await service.told();
        const { id } = await target.secret();
        expect(after).toMatchObject({ user: id, failed: 0 });
        expect(after.queries).toBeGreaterThan(before.queries);
        console.log(`keystone-rotation: ${after.queries} requests, ${after.failed} failed`);
      } finally {
        await service.stop();
      }
    });

    test('the new one may do what the old one may, for as long, and make no others', async () => {
      const rules = [{ path: '/v2.1/servers', method: 'GET', service: 'compute' }];
      const expires_at = '2038-01-01T00:00:00.000000';
      const old = await target.make('backup', { description: 'Nightly', access_rules: rules, expires_at });
      await target.writeSecret(old);
      await target.show(old);
      expect((await execute(await plan('rotate', { target: targetOf(old) }))).outcome).toBe('applied');
      const { id } = await target.secret();
      const keys = await target.keys();
      const [was, is] = [keys.find(key => key.id === old.id), keys.find(key => key.id === id)];
      const { id: _id, name, unrestricted, links: _links, ...reach } = is ?? { id: '', name: '' };
      expect(name).toMatch(/^backup\.[0-9a-f]{16}$/);
      expect(unrestricted).toBe(false);
      expect(was).toMatchObject(reach);
      expect(reach).toMatchObject({
        description: 'Nightly',
        expires_at,
        access_rules: [expect.objectContaining(rules[0])],
      });
    });

    test('the new secret stands in its file and nowhere else, and was sent to Keystone when it was made and when it was tried', async () => {
      target.proxy.reset();
      const rotation = await plan('rotate');
      const capability = capabilityOf(target, randomUUID());
      const receipt = await keystoneRotation.execute(rotation, target.proxied, capability, contextOf(target));
      expect(receipt.outcome).toBe('applied');
      const { secret } = await target.secret();
      expect(secret).toMatch(/^[\w-]{43}$/);
      expect(JSON.stringify([rotation, receipt, await observe(rotation), await plan('end-old')])).not.toContain(secret);
      expect(target.proxy.sent().toString('latin1').split(secret)).toHaveLength(3);
      const folder = dirname(target.secretFile);
      const holding = [];
      for (const name of await readdir(folder))
        if ((await readFile(join(folder, name), 'utf8')).includes(secret)) holding.push(name);
      expect(holding).toEqual([basename(target.secretFile)]);
    });

    test('taken back, the service has its old secret, and the new one opens nothing', async () => {
      const receipt = await execute(await plan('rotate'));
      const made = await target.secret();
      expect(await logsIn(made)).toBe(true);
      const undo = await plan('take-back', { before: receipt.before });
      expect(undo.refusals).toEqual([]);
      expect((await execute(undo)).outcome).toBe('applied');
      expect(await observe(undo)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
      expect(await target.secret()).toEqual(target.old);
      expect([await logsIn(target.old), await logsIn(made)]).toEqual([true, false]);
    });

    test('one of which no consumer shows a token is not rotated, whatever else stands in its file', async () => {
      for (const text of ['', 'not a token', 'gAAAAAnobody-s', `x${'y'.repeat(9_000)}`, 'eyJa.eyJb.c']) {
        await rm(target.tokenFile, { force: true });
        await writeFile(target.tokenFile, text, { mode: 0o600 });
        expect(await reasons('rotate'), text).toEqual(['not_expressible']);
      }
      await target.show(target.old);
      await chmod(target.tokenFile, 0o644);
      const open = await plan('rotate');
      expect(open.refusals).toHaveLength(1);
      expect(open.blast.dependents.join('\n')).toContain('everybody on the machine may read');
      const another = await target.make('another');
      await target.show(another);
      expect(await reasons('rotate')).toEqual(['not_expressible']);
    });

    test('one that may make others, that has ended, or that reaches further than the maker is not rotated', async () => {
      const wide = await target.make('wide', { unrestricted: true });
      await target.writeSecret(wide);
      await target.show(wide);
      expect(await reasons('rotate', { target: targetOf(wide) })).toEqual(['not_expressible']);
      const expires_at = new Date(Date.now() + 3_000).toISOString().replace('Z', '000');
      const short = await target.make('short', { expires_at });
      await target.writeSecret(short);
      await target.show(short);
      expect(await reasons('rotate', { target: targetOf(short) })).toEqual([]);
      await sleep(4_000);
      expect(await reasons('rotate', { target: targetOf(short) })).toContain('not_expressible');
      await target.restore();
      const narrow = await target.make('narrow', { unrestricted: true, roles: [{ name: 'reader' }] });
      const settings = { ...target.system.settings, writeKey: narrow.id };
      const { refusals } = await plan('rotate', {}, { ...target.system, settings });
      expect(refusals.map(({ reason }) => reason)).toEqual(['missing_scope']);
    });

    test('the one that makes others could do more than make and delete: Keystone holds no access rules at its own interface, and the README says so', async () => {
      const { server, system, secrets } = target;
      const service = { type: 'identity', name: 'keystone' };
      const made = await server.admin('POST', '/services', { service });
      const endpoint = { interface: 'public', url: server.url(), service_id: idOf(made.body, 'service') };
      expect((await server.admin('POST', '/endpoints', { endpoint })).status).toBe(201);
      const maker = String(system.settings['writeKey']);
      const ask = server.askWith((await server.logInByKey(maker, secrets.write)) ?? '');
      // Its access rules name two other requests.
      expect((await ask('GET', '/auth/projects')).status).toBe(200);
      const path = `/users/${system.settings['user']}/application_credentials`;
      const without = await ask('POST', path, { application_credential: { name: 'by-the-maker' } });
      expect(without.status).toBe(201);
    });

    test('an end that was planned while a consumer was seen on the new one is refused once none is', async () => {
      await execute(await plan('rotate'));
      await target.show(await target.secret());
      const ending = await plan('end-old');
      expect(ending.refusals).toEqual([]);
      await target.show(target.old);
      expect((await execute(ending)).outcome).toBe('refused_drift');
      expect(await logsIn(target.old)).toBe(true);
    });

    test('after an executor that was started anew, an end is seen by what Keystone has, and no more is said', async () => {
      await execute(await plan('rotate'));
      await target.show(await target.secret());
      const ending = await plan('end-old');
      await target.remove(target.old.id);
      const seen = await observe(ending);
      expect(seen).toMatchObject({ state: 'in_effect', effect: 'unproven' });
      expect(seen.checks.map(({ ok }) => ok)).toEqual(['yes', 'unproven', 'yes', 'unproven']);
    });
  },
);
