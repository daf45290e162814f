import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import { isKeycloakId } from '../shared/keycloak/keycloak-realm.ts';
import type { KeycloakSettings } from './config.ts';
import { isLastAdministrator, managementOf, serviceAccountOf, userNamed, usersOf } from './management.ts';
import { DISABLE, ENABLE, END_SESSIONS } from './manifest.ts';

export function userOperations(settings: KeycloakSettings): readonly VendorOperation[] {
  const row = {
    rests: ['user.name'],
    isSeen: 'afterwards',
    unknown: ['Sessions that applications keep for themselves.', 'What runs under this account.'],
    canBeId: isKeycloakId,
    look: (client, target) => lookAtUser(settings, client, target),
  } as const satisfies Partial<VendorOperation>;
  const path = (id: string) => `${usersOf(settings.realm)}/${id}`;
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
  settings: KeycloakSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  const { realm, readClient, writeClient } = settings;
  const user = await userBy(client, realm, target);
  if (user === undefined) return undefined;
  const [id, name] = [asText(user.get('id')), asText(user.get('username'))];
  const isEnabled = user.get('enabled') === true;
  const sessions = listOf(await client.get(`${usersOf(realm)}/${id}/sessions`)).map(asMembers);
  const management = await managementOf(client, settings);
  const roles = await management.rolesOf(id);
  return {
    immutableId: id,
    facts: {
      displayName: name,
      isPrivileged: roles.length > 0 ? 'yes' : 'unknown',
      isMachine: name.startsWith(serviceAccountOf('')) ? 'yes' : 'unknown',
      // Who is disabled administers nothing: letting them in again takes nobody out.
      isLastAdministrator: isEnabled && (await isLastAdministrator(client, settings, management, { id, roles })),
      isOwnIdentity: [readClient, writeClient].map(serviceAccountOf).includes(name),
    },
    values: {
      'user.enabled': String(isEnabled),
      'user.name': name,
      'user.sessions': sessions.length === 0 ? 'none' : 'open',
    },
    direct: sessions.map(
      session =>
        `a session from ${asText(session.get('ipAddress')) || 'an address that is not told'}, at ${clientsOf(session)}`,
    ),
    dependents: roles.map(role => `administers the realm: ${role}`),
  };
}

function clientsOf(session: ReadonlyMap<string, unknown>): string {
  return [...asMembers(session.get('clients')).values()].map(asText).join(', ') || 'no client';
}

async function userBy(
  client: VendorClient,
  realm: string,
  target: Parameters<VendorOperation['look']>[1],
): Promise<ReadonlyMap<string, unknown> | undefined> {
  if ('name' in target) return await userNamed(client, realm, target.name);
  const user = asMembers(await client.get(`${usersOf(realm)}/${target.immutableId}`));
  return user.get('id') === target.immutableId ? user : undefined;
}
