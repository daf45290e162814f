import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf, planned } from '../../src/connector/calls.ts';
import { conformance } from '../../src/connector/conformance.ts';
import type { Plan } from '../../src/ports/responder.ts';
import { asMembers, asText, listOf } from '../../src/responders/shared/http/vendor-http.ts';
import { type Keycloak, NO_KEYCLOAK, START_MS_MAX, startKeycloak } from './keycloak-server.ts';
import { type KeycloakTarget, startKeycloakSessions, startKeycloakUsers } from './keycloak-target.ts';

let server: Keycloak;
beforeAll(async () => {
  if (NO_KEYCLOAK === undefined) server = await startKeycloak();
}, START_MS_MAX);
afterAll(() => server?.stop());

/** It takes seconds to answer where the machine is busy, so A13 waits for more than the usual time. */
const CHECK_MS = 300_000;

const runner = { describe, test, beforeAll, afterAll, beforeEach };
conformance(runner, {
  title: 'keycloak: users, on a real Keycloak',
  start: () => startKeycloakUsers(server),
  notHere: NO_KEYCLOAK,
  checkMsMax: CHECK_MS,
});
conformance(runner, {
  title: 'keycloak: sessions, on a real Keycloak',
  start: () => startKeycloakSessions(server),
  notHere: NO_KEYCLOAK,
  checkMsMax: CHECK_MS,
});

const skipped = NO_KEYCLOAK === undefined ? '' : ` (skipped: ${NO_KEYCLOAK})`;

describe.skipIf(NO_KEYCLOAK !== undefined)(`whoever administers the realm${skipped}`, () => {
  let target: KeycloakTarget;
  const changed = async (method: string, path: string, body: object) =>
    expect((await server.call(method, `/realms/${target.realm}${path}`, body)).status).toBeLessThan(300);
  const make = (username: string, rest: object = {}) => changed('POST', '/users', { username, enabled: true, ...rest });
  const grant = async (holder: string, role: string) => (await target.role(holder, role)).revert();
  const setEnabled = async (name: string, enabled: boolean) =>
    changed('PUT', `/users/${await target.idOf(name)}`, { enabled });

  beforeAll(async () => {
    target = await startKeycloakUsers(server);
    for (const name of ['deputy', 'helpdesk']) await make(name);
    await make('away', { enabled: false });
    await changed('POST', '/groups', { name: 'board' });
    await make('by-group', { groups: ['board'] });
    const { body } = await server.call('GET', `/realms/${target.realm}/groups`);
    await grant(`/groups/${asText(asMembers(listOf(body)[0]).get('id'))}`, 'realm-admin');
    await grant(`/users/${await target.idOf('deputy')}`, 'realm-admin');
    await grant(`/users/${await target.idOf('away')}`, 'realm-admin');
    await grant(`/users/${await target.idOf('helpdesk')}`, 'manage-users');
  }, 60_000);
  afterAll(() => target?.close());

  /** A plan for the administrator, where these are named as such. */
  async function plan(administrators: string, operation = 'disable', before?: Plan['params']): Promise<Plan> {
    const request = { operation, target: { name: target.boss }, before };
    const made = await target.responder.plan(request, target.naming({ administrators }), contextOf(target));
    if (!made.ok) throw new Error(made.failure.detail);
    return made.value;
  }
  const carryOut = (made: Plan, administrators: string) =>
    target.responder.execute(
      made,
      target.naming({ administrators }),
      capabilityOf(target, randomUUID()),
      contextOf(target),
    );
  const reasons = ({ refusals }: Plan) => refusals.map(({ reason }) => reason);

  test.each(['', 'boss', 'away', 'helpdesk', 'nobody', 'boss, away, helpdesk, bystander, nobody'])(
    'is the last one where another is named by "%s"',
    async named => expect(reasons(await plan(named))).toEqual(['last_administrator']),
  );

  test.each(['deputy', 'by-group', 'nobody, away, deputy'])(
    'may be disabled where another is named by "%s"',
    async named => expect(reasons(await plan(named))).toEqual([]),
  );

  test('stays where the other one has gone between the plan and the write', async () => {
    const made = await plan('deputy');
    await setEnabled('deputy', false);
    expect((await carryOut(made, 'deputy')).outcome).toBe('refused');
    expect(await target.isContained(target.boss)).toBe(false);
    await setEnabled('deputy', true);
  });

  test('is let in again also where nobody else is left', async () => {
    const done = await carryOut(await plan('deputy'), 'deputy');
    expect(await target.isContained(target.boss)).toBe(true);
    const undo = await plan('', 'enable', done.before);
    expect(reasons(undo)).toEqual([]);
    expect((await carryOut(undo, '')).outcome).toBe('applied');
    expect(await target.isContained(target.boss)).toBe(false);
  });
});

test.skipIf(NO_KEYCLOAK !== undefined)(
  `our own clients are refused in whatever letters they are written${skipped}`,
  async () => {
    const target = await startKeycloakUsers(server);
    try {
      const client = { clientId: 'Deploy-Bot', serviceAccountsEnabled: true };
      expect((await server.call('POST', `/realms/${target.realm}/clients`, client)).status).toBe(201);
      const request = { operation: 'disable', target: { name: 'service-account-deploy-bot' }, before: undefined };
      const reasons = async (settings: { readonly [name: string]: string }) => {
        const made = await target.responder.plan(request, target.naming(settings), contextOf(target));
        return made.ok ? made.value.refusals.map(({ reason }) => reason) : made.failure.code;
      };
      expect(await reasons({})).toEqual([]);
      expect(await reasons({ writeClient: 'Deploy-Bot' })).toEqual(['own_identity']);
    } finally {
      await target.close();
    }
  },
  60_000,
);

test.skipIf(NO_KEYCLOAK !== undefined)(
  `an access token that outlives its session is not called dead${skipped}`,
  async () => {
    const target = await startKeycloakSessions(server);
    try {
      await target.restore();
      const token = await target.accessToken();
      const plan = await planned(target, target.responder);
      const context = contextOf(target);
      const done = await target.responder.execute(plan, target.system, capabilityOf(target, randomUUID()), context);
      expect(done.outcome).toBe('applied');
      // Whoever checks the token by itself sees one that is good: its signature holds, and it has not expired.
      const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
      expect(claims.exp * 1_000).toBeGreaterThan(Date.now());
      const seen = await target.responder.observe(plan, target.system, context);
      expect(seen).toMatchObject({ ok: true, value: { state: 'in_effect', effect: 'unproven' } });
      expect(JSON.stringify(seen)).toContain('good until they expire');
    } finally {
      await target.close();
    }
  },
  60_000,
);
