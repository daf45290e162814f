import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import { GUID, quoted, VALUES } from './graph.ts';
import { DISABLE_USER, ENABLE_USER, REVOKE_SESSIONS } from './manifest.ts';

const SELECT = '$select=id,userPrincipalName,accountEnabled,signInSessionsValidFromDateTime,onPremisesSyncEnabled';
/** The template of the role that rules over all others, the same in every directory: Global Administrator. */
const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';

export function userOperations(): readonly VendorOperation[] {
  const row = {
    rests: ['user.name'],
    isSeen: 'afterwards',
    unknown: ['What runs under this account.', 'Sessions that applications keep for themselves.'],
    canBeId: (id: string) => GUID.test(id),
    look: lookAtUser,
  } as const satisfies Partial<VendorOperation>;
  const write =
    (accountEnabled: boolean): VendorOperation['write'] =>
    async (client, { immutableId }) =>
      void (await client.change('PATCH', `/users/${immutableId}`, { accountEnabled }));
  return [
    {
      ...row,
      operation: DISABLE_USER,
      to: { 'user.enabled': 'false' },
      sideEffects: ['A directory on the premises that is synchronised may enable the user again.'],
      unproven: 'Access tokens that are out live on for up to an hour or more, and Graph does not tell of them.',
      write: write(false),
    },
    {
      ...row,
      operation: ENABLE_USER,
      to: { 'user.enabled': 'true' },
      undoneIf: { path: 'user.enabled' },
      sideEffects: [],
      unproven: 'Whether the user can log in again, Graph does not tell.',
      write: write(true),
    },
    {
      ...row,
      operation: REVOKE_SESSIONS,
      to: { 'user.sessionsRevoked': 'yes' },
      sideEffects: ['It may take minutes. Users whose home is another directory keep their sessions.'],
      unproven: 'Access tokens that are out live on for up to an hour or more, and Graph does not tell of them.',
      write: async (client, { immutableId }) =>
        void (await client.change('POST', `/users/${immutableId}/revokeSignInSessions`)),
    },
  ];
}

async function lookAtUser(
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
  told: { readonly [name: string]: string } | undefined,
): Promise<Seen | undefined> {
  const user = asMembers(await userBy(client, target));
  const [id, name] = [asText(user.get('id')), asText(user.get('userPrincipalName'))];
  if (!GUID.test(id) || ('name' in target ? name !== target.name : id !== target.immutableId)) return undefined;
  const roles = (
    await client.list(
      `/users/${id}/transitiveMemberOf/microsoft.graph.directoryRole?$select=id,displayName,roleTemplateId`,
      VALUES,
    )
  ).map(asMembers);
  const isGlobal = roles.some(role => role.get('roleTemplateId') === GLOBAL_ADMINISTRATOR);
  const validFrom = asText(user.get('signInSessionsValidFromDateTime'));
  const before = told?.['user.sessionsValidFrom'] ?? validFrom;
  return {
    immutableId: id,
    facts: {
      displayName: name,
      isPrivileged: roles.length > 0 ? 'yes' : 'no',
      isMachine: 'unknown',
      isLastAdministrator: isGlobal && !(await hasAnotherAdministrator(client, id)),
      // Ours are apps, and no users.
      isOwnIdentity: false,
    },
    values: {
      'user.enabled': String(user.get('accountEnabled') === true),
      'user.name': name,
      // Graph moves this time forward when it voids what was given out before it.
      'user.sessionsRevoked': Date.parse(validFrom) > Date.parse(before) ? 'yes' : 'no',
    },
    keeps: { 'user.sessionsValidFrom': before },
    dependents: [
      ...roles.map(role => `administers as ${asText(role.get('displayName'))}`),
      ...(user.get('onPremisesSyncEnabled') === true ? ['synchronised from a directory on the premises'] : []),
    ],
  };
}

async function userBy(client: VendorClient, target: Parameters<VendorOperation['look']>[1]): Promise<unknown> {
  if ('immutableId' in target) return await client.get(`/users/${target.immutableId}?${SELECT}`);
  const filter = `$filter=${encodeURIComponent('userPrincipalName eq ')}${quoted(target.name)}`;
  const found = listOf(asMembers(await client.get(`/users?${filter}&${SELECT}&$top=2`)).get('value'));
  return found.length === 1 ? found[0] : undefined;
}

async function hasAnotherAdministrator(client: VendorClient, id: string): Promise<boolean> {
  const path = `/directoryRoles(roleTemplateId='${GLOBAL_ADMINISTRATOR}')/members/microsoft.graph.user`;
  const members = (await client.list(`${path}?$select=id,accountEnabled`, VALUES)).map(asMembers);
  return members.some(member => member.get('id') !== id && member.get('accountEnabled') === true);
}
