import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import { isKeycloakId } from '../shared/keycloak/keycloak-realm.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { KeycloakSettings } from './config.ts';

/** The client by whose roles a realm is administered. */
export const MANAGEMENT = 'realm-management';
const ADMINISTRATOR = 'realm-admin';

/** The path of the users of a realm. */
export const usersOf = (realm: string): string => `/admin/realms/${realm}/users`;

/** The user as whom a client logs in for itself. Keycloak keeps usernames in small letters, and clients' names as they are. */
export const serviceAccountOf = (client: string): string => `service-account-${client.toLowerCase()}`;

/** The user of exactly this name; undefined where there is none. */
export async function userNamed(
  client: VendorClient,
  realm: string,
  name: string,
): Promise<ReadonlyMap<string, unknown> | undefined> {
  const path = `${usersOf(realm)}?username=${encodeURIComponent(name)}&exact=true&max=2`;
  const found = listOf(await client.get(path)).map(asMembers);
  const [user] = found;
  // Keycloak compares names without case: whoever is written otherwise is somebody else.
  return found.length === 1 && user?.get('username') === name && isKeycloakId(asText(user.get('id')))
    ? user
    : undefined;
}

/** What `realm-management` grants in a realm, told by `view-users` alone. */
export interface Management {
  /** The roles of it that a user has: its own, those of its groups, and those that other roles bring. */
  rolesOf(user: string): Promise<readonly string[]>;
}

/**
 * Finds the id of `realm-management` where our own login has its role. To ask for that client itself takes `view-clients`, and
 * whoever has that is shown the secret of every client of the realm.
 */
export async function managementOf(
  client: VendorClient,
  { realm, readClient }: Pick<KeycloakSettings, 'realm' | 'readClient'>,
): Promise<Management> {
  const users = usersOf(realm);
  const own = asText((await userNamed(client, realm, serviceAccountOf(readClient)))?.get('id'));
  if (own === '') throw new NoAnswer('the realm tells of no service account of the client that reads');
  const mapped = asMembers(asMembers(await client.get(`${users}/${own}/role-mappings`)).get('clientMappings'));
  const management = asText(asMembers(mapped.get(MANAGEMENT)).get('id'));
  if (!isKeycloakId(management)) throw new NoAnswer(`the client that reads has no role of ${MANAGEMENT} of its own`);
  return {
    rolesOf: async user =>
      listOf(await client.get(`${users}/${user}/role-mappings/clients/${management}/composite`)).map(role =>
        asText(asMembers(role).get('name')),
      ),
  };
}

/**
 * Whether nobody who is known to could administer the realm without this user. Who else does Keycloak tells nobody who may only
 * view users: those whom the settings name are asked for, and not knowing ranks with the worst.
 */
export async function isLastAdministrator(
  client: VendorClient,
  { realm, administrators }: Pick<KeycloakSettings, 'realm' | 'administrators'>,
  management: Management,
  { id, roles }: { readonly id: string; readonly roles: readonly string[] },
): Promise<boolean> {
  if (!roles.includes(ADMINISTRATOR)) return false;
  for (const name of administrators) {
    const other = await userNamed(client, realm, name);
    const otherId = asText(other?.get('id'));
    if (otherId === '' || otherId === id || other?.get('enabled') !== true) continue;
    if ((await management.rolesOf(otherId)).includes(ADMINISTRATOR)) return false;
  }
  return true;
}
