import { afterAll, beforeAll, vi } from 'vitest';
import type { isInUse } from '../../src/responders/keycloak-rotation/read.ts';
import type { tryClient } from '../../src/responders/keycloak-rotation/trial.ts';
import { clientCredentials } from '../../src/responders/shared/http/oauth.ts';
import { endpointOf } from '../../src/responders/shared/keycloak/keycloak-realm.ts';
import { type KeycloakRotationTarget, startKeycloakRotation } from '../conformance/keycloak-rotation-target.ts';
import { type Keycloak, NO_KEYCLOAK, START_MS_MAX, startKeycloak } from '../conformance/keycloak-server.ts';
import { carriedOut, onTarget, planOf } from './on-target.ts';
import { takeOut } from './seams.ts';
import { attack, type Outcome } from './twin.ts';

vi.mock('../../src/responders/keycloak-rotation/read.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/keycloak-rotation/read.ts')>(),
    'isInUse',
  ),
);
vi.mock('../../src/responders/keycloak-rotation/trial.ts', async original =>
  (await import('./seams.ts')).replaceable(
    await original<typeof import('../../src/responders/keycloak-rotation/trial.ts')>(),
    'tryClient',
  ),
);

let server: Keycloak;
beforeAll(async () => {
  if (NO_KEYCLOAK === undefined) server = await startKeycloak();
}, START_MS_MAX);
afterAll(() => server?.stop());

/** The attack in a realm of its own. */
const inRealm = (run: (target: KeycloakRotationTarget) => Promise<Outcome>) =>
  onTarget(() => startKeycloakRotation(server), run);

/** A service that read its file once, and whose client is ended before it has read the new one. */
const endedTooEarly = (): Promise<Outcome> =>
  inRealm(async target => {
    const service = await target.secret();
    await carriedOut(target, await planOf(target, 'rotate'));
    const said = await carriedOut(target, await planOf(target, 'end-old'));
    const serves = (await target.world.logIn(service))['access_token'] !== undefined;
    return { succeeded: !serves, seen: `${said}; the service ${serves ? 'goes on' : 'is cut off'}` };
  });

const TIMEOUT_MS = 120_000;

attack({
  id: 'BND-05',
  attack: 'the end of the old client is signed before its service has moved, so that the service stops',
  control: 'the use of the new one, as Keycloak keeps it on record, when it is planned and again at the write',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_KEYCLOAK,
  run: endedTooEarly,
  without: () => takeOut<typeof isInUse>('isInUse', () => true),
});

attack({
  id: 'BND-05',
  attack: 'what Countersign itself does with a new secret, to try it, is taken for its service’s first use of it',
  control: 'a try that gives out nothing and stands on no record',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_KEYCLOAK,
  run: endedTooEarly,
  without: () =>
    takeOut<typeof tryClient>('tryClient', async (_actual, realm, client, secret, timeoutMs) => {
      const proof = { kind: 'secret', secret } as const;
      const logIn = clientCredentials(endpointOf(realm, 'token'), client, proof, '', timeoutMs);
      await logIn({ method: 'GET', url: realm.url, headers: {} });
      return { works: 'yes', text: 'it was let in' };
    }),
});

let isOfWholeRealm = false;

attack({
  id: 'EXE-02',
  attack: 'whoever took the credential that reads sees the secret of another client and logs in as that one',
  control: 'a permission for the two clients alone, as the README says, and no role for all of them',
  timeoutMs: TIMEOUT_MS,
  notHere: NO_KEYCLOAK,
  run: () =>
    inRealm(async ({ world }) => {
      const wasOfWholeRealm = isOfWholeRealm;
      isOfWholeRealm = false;
      if (wasOfWholeRealm) await (await world.role(world.ids.userRead, 'view-clients')).revert();
      const taken = { client_id: 'countersign-rotation-read', client_secret: world.keys.read };
      const { access_token } = await world.logIn(taken);
      const seen = await fetch(`${server.url}/admin${world.at}/clients/${world.ids.bystander}/client-secret`, {
        headers: { authorization: `Bearer ${access_token}` },
      });
      const { value = '' } = (await seen.json()) as { readonly value?: string };
      const bystander = await world.logIn({ client_id: 'dashboard', client_secret: value });
      const isIn = bystander['access_token'] !== undefined;
      return { succeeded: isIn, seen: `answered ${seen.status}; ${isIn ? 'logged in as' : 'not let in as'} another` };
    }),
  without: () => {
    isOfWholeRealm = true;
  },
});
