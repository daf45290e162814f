import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { KeycloakSettings } from './config.ts';
import { DISABLE, ENABLE, END_SESSIONS } from './manifest.ts';

const USER_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The client by whose roles a realm is administered. */
const MANAGEMENT = 'realm-management';
const ADMINISTRATOR = 'realm-admin';
/** More than this need not be looked through to find one more administrator. */
const ADMINISTRATORS_MAX = 25;

export function userOperations(settings: KeycloakSettings): readonly VendorOperation[] {
  const row = {
    rests: ['user.name'],
    isSeen: 'afterwards',
    unknown: ['Sessions that applications keep for themselves.', 'What runs under this account.'],
    canBeId: (id: string) => USER_ID.test(id),
    look: (client, target) => lookAtUser(settings, client, target),
  } as const satisfies Partial<VendorOperation>;
  const path = (id: string) => `/admin/realms/${settings.realm}/users/${id}`;
  const setEnabled =
    (enabled: boolean): VendorOperation['write'] =>
    // Of what is left out Keycloak may take it that it is to be removed; `enabled` alone is left alone by that.
    async (client, { immutableId }) =>
      void (await client.change('PUT', path(immutableId), { enabled }));
  return [
    {
      ...row,
      operation: DISABLE,
      to: { 'user.enabled': 'false' },
      sideEffects: ['Its sessions rest, and go on once it is enabled: they are ended by an act of its own.'],
      unproven:
        'Access tokens that were given out are good until they expire, wherever nobody asks Keycloak about them.',
      write: setEnabled(false),
    },
    {
      ...row,
      operation: ENABLE,
      to: { 'user.enabled': 'true' },
      undoneIf: { path: 'user.enabled' },
      sideEffects: ['Sessions that were open when the user was disabled go on, whoever holds them.'],
      unproven: 'Whether the user can log in again, Keycloak does not tell.',
      write: setEnabled(true),
    },
    {
      ...row,
      operation: END_SESSIONS,
      to: { 'user.sessions': 'none' },
      sideEffects: ['Clients that gave an address for it are told to log the user out.'],
      unproven:
        'Access tokens that were given out are good until they expire, wherever nobody asks Keycloak about them. Offline sessions are not looked at.',
      write: async (client, { immutableId }) => void (await client.change('POST', `${path(immutableId)}/logout`)),
    },
  ];
}

async function lookAtUser(
  { realm, readClient, writeClient }: KeycloakSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  const users = `/admin/realms/${realm}/users`;
  const user = asMembers(await userBy(client, users, target));
  const [id, name] = [asText(user.get('id')), asText(user.get('username'))];
  // Keycloak compares names without case: whoever is written otherwise is somebody else.
  const isIt = 'name' in target ? name === target.name : id === target.immutableId;
  if (!isIt || !USER_ID.test(id)) return undefined;
  const sessions = listOf(await client.get(`${users}/${id}/sessions`)).map(asMembers);
  const management = await managementId(client, realm);
  const granted = listOf(await client.get(`${users}/${id}/role-mappings/clients/${management}/composite`)).map(role =>
    asText(asMembers(role).get('name')),
  );
  const isAdministrator = granted.includes(ADMINISTRATOR);
  const own = [readClient, writeClient].map(one => `service-account-${one}`);
  return {
    immutableId: id,
    facts: {
      displayName: name,
      isPrivileged: granted.length > 0 ? 'yes' : 'unknown',
      isMachine: name.startsWith('service-account-') ? 'yes' : 'unknown',
      isLastAdministrator: isAdministrator && !(await hasAnother(client, realm, management, id)),
      isOwnIdentity: own.includes(name),
    },
    values: {
      'user.enabled': String(user.get('enabled') === true),
      'user.name': name,
      'user.sessions': sessions.length === 0 ? 'none' : 'open',
    },
    direct: sessions.map(
      session =>
        `a session from ${asText(session.get('ipAddress')) || 'an address that is not told'}, at ${clientsOf(session)}`,
    ),
    dependents: granted.map(role => `administers the realm: ${role}`),
  };
}

function clientsOf(session: ReadonlyMap<string, unknown>): string {
  return [...asMembers(session.get('clients')).values()].map(asText).join(', ') || 'no client';
}

async function userBy(
  client: VendorClient,
  users: string,
  target: Parameters<VendorOperation['look']>[1],
): Promise<unknown> {
  if ('immutableId' in target) return await client.get(`${users}/${target.immutableId}`);
  const found = listOf(await client.get(`${users}?username=${encodeURIComponent(target.name)}&exact=true&max=2`));
  return found.length === 1 ? found[0] : undefined;
}

async function managementId(client: VendorClient, realm: string): Promise<string> {
  const [found] = listOf(await client.get(`/admin/realms/${realm}/clients?clientId=${MANAGEMENT}`));
  const id = asText(asMembers(found).get('id'));
  if (!USER_ID.test(id)) throw new NoAnswer(`the realm tells of no client ${MANAGEMENT}`);
  return id;
}

/** Administrators by a group are not counted: where one is not found, there is none, and not knowing ranks with the worst. */
async function hasAnother(client: VendorClient, realm: string, management: string, id: string): Promise<boolean> {
  const path = `/admin/realms/${realm}/clients/${management}/roles/${ADMINISTRATOR}/users?max=${ADMINISTRATORS_MAX}`;
  return listOf(await client.get(path))
    .map(asMembers)
    .some(user => asText(user.get('id')) !== id && user.get('enabled') === true);
}
