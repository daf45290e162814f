import { createHash } from 'node:crypto';
import type { PlanRequest } from '../../ports/responder.ts';
import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import { shownList } from '../shared/keystone/keystone-key.ts';
import { isId } from '../shared/keystone/keystone-session.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { KeystoneSettings } from './config.ts';
import { DISABLE, ENABLE } from './manifest.ts';

const UNKNOWN = [
  'Which tokens of it are in use, and where: Keystone keeps no list of them.',
  'What runs in the cloud in its name: servers go on, and whatever renews a token for them does not.',
  'When each service asks about a token again: one that keeps answers (`token_cache_time`) takes it for as long.',
] as const;

/** Disables users and enables them again. */
export function userOperations(settings: KeystoneSettings): readonly VendorOperation[] {
  const row = {
    rests: ['user.domain', 'user.name', 'user.record'],
    isSeen: 'afterwards',
    unknown: UNKNOWN,
    canBeId: isId,
    look: (client: VendorClient, target: PlanRequest['target']) => lookAt(settings, client, target),
  } as const satisfies Partial<VendorOperation>;
  return [
    {
      ...row,
      operation: DISABLE,
      to: { 'user.enabled': 'no' },
      sideEffects: [
        'Every token of the user, and every one by an application credential of it, is refused from now on.',
      ],
      unproven: 'Whether services that keep answers about a token still take one, Keystone does not tell.',
      write: (client, seen) => setEnabled(client, seen, false),
    },
    {
      ...row,
      operation: ENABLE,
      to: { 'user.enabled': 'yes' },
      undoneIf: { path: 'user.record' },
      sideEffects: ['Its password and its application credentials are taken again.'],
      unproven: 'Whether it is used again, Keystone does not tell.',
      write: (client, seen) => setEnabled(client, seen, true),
    },
  ];
}

type User = ReadonlyMap<string, unknown>;

async function find(
  { domain }: KeystoneSettings,
  client: VendorClient,
  target: PlanRequest['target'],
): Promise<User | undefined> {
  if ('immutableId' in target) {
    const user = asMembers(asMembers(await client.get(`/users/${target.immutableId}`)).get('user'));
    return user.size > 0 && asText(user.get('id')) === target.immutableId ? user : undefined;
  }
  const query = new URLSearchParams({ name: target.name, domain_id: domain });
  const users = listOf(asMembers(await client.get(`/users?${query}`)).get('users')).map(asMembers);
  // A database may fold case and blanks: what is not exactly this name is somebody else's.
  const exact = users.filter(user => user.get('name') === target.name);
  return exact.length === 1 ? exact[0] : undefined;
}

async function lookAt(
  settings: KeystoneSettings,
  client: VendorClient,
  target: PlanRequest['target'],
): Promise<Seen | undefined> {
  const user = await find(settings, client, target);
  if (user === undefined) return undefined;
  const [id, name, domain, enabled] = [
    asText(user.get('id')),
    asText(user.get('name')),
    asText(user.get('domain_id')),
    user.get('enabled'),
  ];
  if (!isId(id) || name === '' || typeof enabled !== 'boolean')
    throw new NoAnswer('the answer is not in the form that was asked for');
  const roles = await rolesOf(client, id);
  const administering = roles.filter(role => settings.adminRoles.includes(role.name));
  const keys = listOf(
    asMembers(await client.get(`/users/${id}/application_credentials`)).get('application_credentials'),
  );
  return {
    immutableId: id,
    facts: {
      displayName: name,
      isPrivileged: administering.length > 0 ? 'yes' : 'no',
      isMachine: keys.length > 0 ? 'yes' : 'unknown',
      isLastAdministrator: administering.length > 0 && !(await areThereOthers(client, id, administering)),
      isOwnIdentity: id === settings.readUser || id === settings.writeUser,
    },
    values: {
      'user.enabled': enabled ? 'yes' : 'no',
      'user.domain': domain,
      'user.name': name,
      'user.record': recordOf(user),
    },
    direct: [`every token of ${name}, and its password`],
    dependents: [
      ...shownList(keys.map(asMembers).map(key => `application credential ${asText(key.get('name'))}`)),
      ...shownList(roles.map(role => `role ${role.name} on ${role.on}`)),
    ],
    refusals:
      domain === settings.domain
        ? []
        : [{ reason: 'missing_scope', text: 'It is of another domain than the one that was set.' }],
  };
}

/** Of everything that Keystone tells of a user but whether it is enabled. It counts no changes. */
export function recordOf(user: User): string {
  const members = [...user]
    .filter(([name]) => name !== 'enabled' && name !== 'links')
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(members)).digest('hex');
}

export interface Role {
  readonly id: string;
  readonly name: string;
  readonly on: string;
}

/** Roles that it has itself or by a group, wherever. */
export async function rolesOf(client: VendorClient, user: string): Promise<readonly Role[]> {
  const body = await client.get(`/role_assignments?user.id=${user}&effective&include_names`);
  return listOf(asMembers(body).get('role_assignments')).map(one => {
    const role = asMembers(asMembers(one).get('role'));
    const [kind = '', on] = [...asMembers(asMembers(one).get('scope'))][0] ?? [];
    return {
      id: asText(role.get('id')),
      name: asText(role.get('name')),
      on: `${kind} ${asText(asMembers(on).get('name'))}`.trim(),
    };
  });
}

/** Whether anybody else has one of these roles. Whether they can still log in is asked of each, until one can. */
async function areThereOthers(client: VendorClient, user: string, roles: readonly Role[]): Promise<boolean> {
  const asked = new Set([user]);
  for (const role of new Set(roles.map(({ id }) => id))) {
    if (!isId(role)) continue;
    const body = await client.get(`/role_assignments?role.id=${role}&effective`);
    for (const one of listOf(asMembers(body).get('role_assignments'))) {
      const id = asText(asMembers(asMembers(one).get('user')).get('id'));
      if (!isId(id) || asked.has(id) || asked.size > OTHERS_ASKED_MAX) continue;
      asked.add(id);
      const other = asMembers(asMembers(await client.get(`/users/${id}`)).get('user'));
      if (other.get('enabled') === true) return true;
    }
  }
  return false;
}

/** Past this many that are all disabled it is taken for the last one. */
const OTHERS_ASKED_MAX = 20;

async function setEnabled(client: VendorClient, { immutableId }: Seen, enabled: boolean): Promise<void> {
  await client.change('PATCH', `/users/${immutableId}`, { user: { enabled } });
}
