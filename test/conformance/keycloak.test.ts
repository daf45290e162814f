import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { capabilityOf, contextOf, planned } from '../../src/connector/calls.ts';
import { conformance } from '../../src/connector/conformance.ts';
import { type Keycloak, NO_KEYCLOAK, START_MS_MAX, startKeycloak } from './keycloak-server.ts';
import { startKeycloakSessions, startKeycloakUsers } from './keycloak-target.ts';

let server: Keycloak;
beforeAll(async () => {
  if (NO_KEYCLOAK === undefined) server = await startKeycloak();
}, START_MS_MAX);
afterAll(() => server?.stop());

const runner = { describe, test, beforeAll, afterAll, beforeEach };
conformance(runner, {
  title: 'keycloak: users, on a real Keycloak',
  start: () => startKeycloakUsers(server),
  notHere: NO_KEYCLOAK,
});
conformance(runner, {
  title: 'keycloak: sessions, on a real Keycloak',
  start: () => startKeycloakSessions(server),
  notHere: NO_KEYCLOAK,
});

test.skipIf(NO_KEYCLOAK !== undefined)(
  `an access token that outlives its session is not called dead${NO_KEYCLOAK === undefined ? '' : ` (skipped: ${NO_KEYCLOAK})`}`,
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
