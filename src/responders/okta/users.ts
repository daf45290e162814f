import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import { linkedPage, type Paging, pathBelow, type VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import { CLEAR_SESSIONS, SUSPEND, UNSUSPEND } from './manifest.ts';

/** Okta takes a login, a short one and `me` where it takes an id. None of them is one here. */
const USER_ID = /^00u[A-Za-z0-9]{17}$/;
const ENTRIES: Paging = { entries: listOf, next: linkedPage };
const ASSIGNEES: Paging = {
  entries: body => listOf(asMembers(body).get('value')),
  next(_answered, body, base) {
    const url = asText(asMembers(asMembers(asMembers(body).get('_links')).get('next')).get('href'));
    return url === '' ? undefined : pathBelow(base, url);
  },
};
/** Other administrators that are looked at to find one more super administrator. */
const ADMINISTRATORS_MAX = 25;

export function userOperations(): readonly VendorOperation[] {
  const row = {
    rests: ['user.login'],
    unknown: ['Sessions that applications keep for themselves.', 'What runs under this account.'],
    canBeId: (id: string) => USER_ID.test(id),
    look: lookAtUser,
  } as const satisfies Partial<VendorOperation>;
  const write =
    (step: string): VendorOperation['write'] =>
    async (client, { immutableId }) =>
      void (await client.change('POST', `/api/v1/users/${immutableId}/lifecycle/${step}`));
  return [
    {
      ...row,
      operation: SUSPEND,
      to: { 'user.status': 'SUSPENDED' },
      isSeen: 'afterwards',
      sideEffects: ['Groups and applications of the user stay assigned.'],
      unproven: 'Whether sessions and tokens that were open have ended, Okta does not tell.',
      write: write('suspend'),
      async look(client, target) {
        const seen = await lookAtUser(client, target);
        const status = seen?.values['user.status'] ?? '';
        return seen === undefined || status === 'ACTIVE' || status === 'SUSPENDED'
          ? seen
          : { ...seen, refusals: [{ reason: 'not_settled', text: `Okta suspends active users alone: ${status}.` }] };
      },
    },
    {
      ...row,
      operation: UNSUSPEND,
      to: { 'user.status': 'ACTIVE' },
      undoneIf: { path: 'user.statusChanged' },
      isSeen: 'afterwards',
      sideEffects: [],
      unproven: 'Whether the user can log in again, Okta does not tell.',
      write: write('unsuspend'),
    },
    {
      ...row,
      operation: CLEAR_SESSIONS,
      to: { 'user.sessions': 'ended', 'user.oauthTokens': 'revoked', 'user.rememberedDevices': 'forgotten' },
      isSeen: 'nowhere',
      sideEffects: ['Also devices of the user alone are forgotten: each asks for the second factor again.'],
      unproven: 'Access tokens that applications check by themselves live on until they expire.',
      // Left out, Okta would forget devices and leave OAuth tokens alone: both are said.
      write: async (client, { immutableId }) =>
        void (await client.change(
          'DELETE',
          `/api/v1/users/${immutableId}/sessions?oauthTokens=true&forgetDevices=true`,
        )),
    },
  ];
}

const UNSEEN = { 'user.sessions': 'not told', 'user.oauthTokens': 'not told', 'user.rememberedDevices': 'not told' };

async function lookAtUser(
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  const user = asMembers(await userBy(client, target));
  const id = asText(user.get('id'));
  const login = asText(asMembers(user.get('profile')).get('login'));
  const isIt = 'name' in target ? login === target.name : id === target.immutableId;
  if (!isIt || !USER_ID.test(id)) return undefined;
  const roles = (await client.list(`/api/v1/users/${id}/roles`, ENTRIES)).map(asMembers);
  const isSuper = roles.some(isSuperAdministrator);
  return {
    immutableId: id,
    facts: {
      displayName: login,
      isPrivileged: roles.length > 0 ? 'yes' : 'no',
      isMachine: 'unknown',
      isLastAdministrator: isSuper && !(await hasAnotherSuperAdministrator(client, id)),
      // Ours are service apps, and no users.
      isOwnIdentity: false,
    },
    values: {
      'user.status': asText(user.get('status')),
      'user.login': login,
      'user.statusChanged': asText(user.get('statusChanged')),
      ...UNSEEN,
    },
    direct: [`last login ${asText(user.get('lastLogin')) || 'never, or Okta does not tell'}`],
    dependents: roles.map(role => `administers as ${asText(role.get('label')) || asText(role.get('type'))}`),
  };
}

async function userBy(client: VendorClient, target: Parameters<VendorOperation['look']>[1]): Promise<unknown> {
  if ('immutableId' in target) return await client.get(`/api/v1/users/${target.immutableId}`);
  const filter = encodeURIComponent(`profile.login eq ${JSON.stringify(target.name)}`);
  const found = listOf(await client.get(`/api/v1/users?filter=${filter}&limit=2`));
  return found.length === 1 ? found[0] : undefined;
}

function isSuperAdministrator(role: ReadonlyMap<string, unknown>): boolean {
  return role.get('type') === 'SUPER_ADMIN' && role.get('status') === 'ACTIVE';
}

/** Where it is not found within bounds, there is none: not knowing ranks with the worst. */
async function hasAnotherSuperAdministrator(client: VendorClient, id: string): Promise<boolean> {
  const assignees = (await client.list('/api/v1/iam/assignees/users?limit=100', ASSIGNEES)).map(one =>
    asText(asMembers(one).get('id')),
  );
  for (const other of assignees.filter(one => one !== id && USER_ID.test(one)).slice(0, ADMINISTRATORS_MAX)) {
    const roles = (await client.list(`/api/v1/users/${other}/roles`, ENTRIES)).map(asMembers);
    if (!roles.some(isSuperAdministrator)) continue;
    const user = asMembers(await client.get(`/api/v1/users/${other}`));
    if (user.get('status') === 'ACTIVE') return true;
  }
  return false;
}
