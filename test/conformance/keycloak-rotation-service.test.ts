import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf } from '../../src/connector/calls.ts';
import type { Plan, PlanRequest } from '../../src/ports/responder.ts';
import { keycloakRotation } from '../../src/responders/keycloak-rotation/responder.ts';
import { A, B } from './keycloak-rotation-realm.ts';
import { type KeycloakRotationTarget, startKeycloakRotation } from './keycloak-rotation-target.ts';
import { NO_KEYCLOAK, START_MS_MAX } from './keycloak-server.ts';
import { startConsumer, until } from './rotation-service.ts';

describe.skipIf(NO_KEYCLOAK !== undefined)(
  `a rotation in a Keycloak${NO_KEYCLOAK === undefined ? '' : ` (skipped: ${NO_KEYCLOAK})`}`,
  { timeout: 120_000 },
  () => {
    let target: KeycloakRotationTarget;
    beforeAll(async () => {
      target = await startKeycloakRotation();
    }, START_MS_MAX);
    afterAll(async () => {
      await target?.close();
    });
    beforeEach(async () => {
      await target.restore();
    });

    const plan = async (operation: string, request: Partial<PlanRequest> = {}): Promise<Plan> => {
      const asked = { operation, target: { name: A }, before: undefined, ...request };
      const made = await keycloakRotation.plan(asked, target.system, contextOf(target));
      if (!made.ok) throw new Error(made.failure.detail);
      return made.value;
    };
    const execute = (planned: Plan, key: string = randomUUID()) =>
      keycloakRotation.execute(planned, target.system, capabilityOf(target, key), contextOf(target));
    const observe = async (planned: Plan) => {
      const seen = await keycloakRotation.observe(planned, target.system, contextOf(target));
      if (!seen.ok) throw new Error(seen.failure.detail);
      return seen.value;
    };
    const reasons = async (operation: string, request: Partial<PlanRequest> = {}) =>
      (await plan(operation, request)).refusals.map(({ reason }) => reason);
    const logsIn = async (secret: { readonly client_id: string; readonly client_secret: string }) =>
      (await target.world.logIn(secret))['access_token'] !== undefined;

    test('a service goes on without one failed request while its client secret is rotated, and whoever took the old one gets no token any more', async () => {
      const program = fileURLToPath(new URL('./keycloak-rotation-consumer.ts', import.meta.url));
      const service = await startConsumer(program, [target.secretFile]);
      const old = await target.secret();
      try {
        const rotation = await plan('rotate');
        expect(rotation.refusals).toEqual([]);
        expect((await execute(rotation)).outcome).toBe('applied');
        expect(await observe(rotation)).toMatchObject({ state: 'in_effect', effect: 'unproven' });
        expect(await service.told()).toMatchObject({ user: A, failed: 0 });
        // Countersign itself tried the new secret, which is no use of it.
        expect(await reasons('end-old')).toEqual(['not_settled']);
        service.renewEvery(500);
        await until(async () => (await reasons('end-old')).length === 0);
        const taken = await target.world.logIn(old);
        const ending = await plan('end-old');
        expect(ending.blast.direct.join('\n')).toContain('still on the old one, this address is on the new one, too');
        expect((await execute(ending)).outcome).toBe('applied');
        const seen = await observe(ending);
        expect(seen).toMatchObject({ state: 'in_effect', effect: 'unproven' });
        expect(seen.checks.map(({ ok }) => ok)).toEqual(['yes', 'yes', 'yes', 'unproven']);
        expect(await logsIn(old)).toBe(false);
        // Whoever checks the token by itself sees one that is good: its signature holds, and it has not expired.
        const claims = JSON.parse(
          Buffer.from(taken['access_token']?.split('.')[1] ?? '', 'base64url').toString('utf8'),
        );
        expect(claims.exp * 1_000).toBeGreaterThan(Date.now());
        expect(JSON.stringify(seen)).toContain('good until they expire');
        const before = await service.told();
        await sleep(1_000);
        const after = await service.told();
        expect(after).toMatchObject({ user: B, failed: 0 });
        expect(after.queries).toBeGreaterThan(before.queries);
        console.log(`keycloak-rotation: ${after.queries} requests, ${after.failed} failed`);
      } finally {
        await service.stop();
      }
    });

    test('next time the two change places', async () => {
      await execute(await plan('rotate'));
      await target.world.logIn(await target.secret());
      await execute(await plan('end-old'));
      const back = await plan('rotate', { target: { name: B } });
      expect(back.refusals).toEqual([]);
      expect((await execute(back)).outcome).toBe('applied');
      const now = await target.secret();
      expect(now.client_id).toBe(A);
      expect(await logsIn(now)).toBe(true);
    });

    test('the new secret stands in its file and nowhere else, and was sent to Keycloak when it was made and when it was tried', async () => {
      target.proxy.reset();
      const rotation = await plan('rotate');
      const capability = capabilityOf(target, randomUUID());
      const receipt = await keycloakRotation.execute(rotation, target.proxied, capability, contextOf(target));
      expect(receipt.outcome).toBe('applied');
      const { client_secret } = await target.secret();
      expect(client_secret).toMatch(/^[\w-]{43}$/);
      expect(JSON.stringify([rotation, receipt, await observe(rotation), await plan('end-old')])).not.toContain(
        client_secret,
      );
      expect(target.proxy.sent().toString('latin1').split(client_secret)).toHaveLength(3);
      const folder = dirname(target.secretFile);
      const holding = [];
      for (const name of await readdir(folder))
        if ((await readFile(join(folder, name), 'utf8')).includes(client_secret)) holding.push(name);
      expect(holding).toEqual([basename(target.secretFile)]);
    });

    test('a change of a secret leaves everything else of a client as it was', async () => {
      const { world } = target;
      const told = async () => {
        const { enabled, secret, attributes, ...rest } = Object.fromEntries(await world.client(world.ids.b));
        const { 'countersign.act': act, ...others } = attributes as { readonly [name: string]: unknown };
        return { rest, others, state: { enabled, secret, act } };
      };
      const before = await told();
      await execute(await plan('rotate'));
      const after = await told();
      expect(after.rest).toEqual(before.rest);
      expect(after.others).toEqual(before.others);
      expect(after.state).toEqual({
        enabled: true,
        secret: (await target.secret()).client_secret,
        act: expect.stringMatching(/^[0-9a-f]{16}$/),
      });
    });

    test('taken back, the service has its old secret, and the new one opens nothing', async () => {
      const old = await target.secret();
      const receipt = await execute(await plan('rotate'));
      const made = await target.secret();
      const undo = await plan('take-back', { before: receipt.before });
      expect(undo.refusals).toEqual([]);
      expect((await execute(undo)).outcome).toBe('applied');
      expect(await observe(undo)).toMatchObject({ state: 'in_effect', effect: 'in_effect' });
      expect(await target.secret()).toEqual(old);
      expect([await logsIn(old), await logsIn(made)]).toEqual([true, false]);
    });

    test('what nobody is on record of, what is not alike, and what is let in otherwise is not rotated', async () => {
      const { world } = target;
      await world.forget();
      expect(await reasons('rotate')).toEqual(['not_expressible']);
      await target.restore();
      await world.change(world.ids.b, { fullScopeAllowed: false });
      expect(await reasons('rotate')).toEqual(['missing_scope']);
      await world.change(world.ids.b, { fullScopeAllowed: true });
      expect(await reasons('rotate')).toEqual([]);
      const manager = await world.role(world.ids.userA, 'view-realm');
      await manager.revert();
      const privileged = await plan('rotate');
      expect(privileged.facts.isPrivileged).toBe('yes');
      expect(privileged.refusals.map(({ reason }) => reason)).toEqual(['missing_scope']);
      await manager.apply();
      await world.change(world.ids.b, { clientAuthenticatorType: 'client-jwt' });
      expect(await reasons('rotate')).toContain('not_expressible');
      await world.change(world.ids.b, { clientAuthenticatorType: 'client-secret' });
    });

    test('one that decides on resources of its own is not rotated, and keeps them', async () => {
      const other = await startKeycloakRotation(target.world.server);
      try {
        const { world, system } = other;
        await world.change(world.ids.b, { authorizationServicesEnabled: true });
        const asked = { operation: 'rotate', target: { name: A }, before: undefined };
        const made = await keycloakRotation.plan(asked, system, contextOf(other));
        if (!made.ok) throw new Error(made.failure.detail);
        expect(made.value.refusals.map(({ reason }) => reason)).toContain('not_expressible');
        const capability = capabilityOf(other, randomUUID());
        const done = await keycloakRotation.execute(made.value, system, capability, contextOf(other));
        expect(done.outcome).toBe('refused');
        expect((await world.client(world.ids.b)).get('authorizationServicesEnabled')).toBe(true);
      } finally {
        await other.close();
      }
    });

    test('an end that was planned while the new client was in use is refused once it was changed and nobody was let in since', async () => {
      await execute(await plan('rotate'));
      const made = await target.secret();
      await target.world.logIn(made);
      const ending = await plan('end-old');
      expect(ending.refusals).toEqual([]);
      await target.world.change(target.world.ids.b, { secret: 'another' });
      expect(await reasons('end-old')).toEqual(['not_settled']);
      expect((await execute(ending)).outcome).toBe('refused_drift');
      expect(await target.world.isEnabled(target.world.ids.a)).toBe(true);
    });

    test('a refused login as the new client is no use of it', async () => {
      await execute(await plan('rotate'));
      expect(await logsIn({ client_id: B, client_secret: 'guessed' })).toBe(false);
      expect(await reasons('end-old')).toEqual(['not_settled']);
    });

    test('where the one that writes may not, it is told, and the service keeps what it has', async () => {
      const { manage } = target.world;
      const old = await target.secret();
      const rotation = await plan('rotate');
      await manage.apply();
      try {
        expect((await execute(rotation)).outcome).toBe('refused');
        expect(await target.secret()).toEqual(old);
        expect(await readdir(dirname(target.secretFile))).toEqual([basename(target.secretFile)]);
      } finally {
        await manage.revert();
      }
      expect((await execute(await plan('rotate'))).outcome).toBe('applied');
    });

    test('after an executor that was started anew, an end is seen by what Keycloak has, and no more is said', async () => {
      await execute(await plan('rotate'));
      await target.world.logIn(await target.secret());
      const ending = await plan('end-old');
      await target.world.change(target.world.ids.a, { enabled: false });
      const seen = await observe(ending);
      expect(seen).toMatchObject({ state: 'in_effect', effect: 'unproven' });
      expect(seen.checks.map(({ ok }) => ok)).toEqual(['yes', 'unproven', 'yes', 'unproven']);
    });
  },
);
