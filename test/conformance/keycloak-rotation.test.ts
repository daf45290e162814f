import { afterAll, beforeAll, beforeEach, describe, test } from 'vitest';
import { conformance } from '../../src/connector/conformance.ts';
import { startKeycloakEnding, startKeycloakRotation } from './keycloak-rotation-target.ts';
import { type Keycloak, NO_KEYCLOAK, START_MS_MAX, startKeycloak } from './keycloak-server.ts';

let server: Keycloak;
beforeAll(async () => {
  if (NO_KEYCLOAK === undefined) server = await startKeycloak();
}, START_MS_MAX);
afterAll(() => server?.stop());

/** An act is many requests, and A13 waits at each of them. */
const CHECK_MS = 300_000;

const runner = { describe, test, beforeAll, afterAll, beforeEach };
conformance(runner, {
  title: 'keycloak-rotation, a service handed over, on a real Keycloak',
  start: () => startKeycloakRotation(server),
  notHere: NO_KEYCLOAK,
  checkMsMax: CHECK_MS,
});
conformance(runner, {
  title: 'keycloak-rotation, the old client ended, on a real Keycloak',
  start: () => startKeycloakEnding(server),
  notHere: NO_KEYCLOAK,
  checkMsMax: CHECK_MS,
});
