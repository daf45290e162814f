import { createHash } from 'node:crypto';
import type { PlanRequest } from '../../ports/responder.ts';
import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import { isId, type KeystoneSettings } from './config.ts';
import { DELETE_KEY } from './manifest.ts';
import { shown } from './users.ts';

const UNKNOWN = [
  'Which machines hold this application credential, and which jobs stop without it.',
  'Which tokens of it are in use, and where: Keystone keeps no list of them.',
  'When each service asks about a token again: one that keeps answers (`token_cache_time`) takes it for as long.',
] as const;

/** One application credential, named and meant by the ids of its user and of itself. */
function parts(text: string): readonly [user: string, key: string] | undefined {
  const [user = '', key = '', ...rest] = text.split('/');
  return rest.length === 0 && isId(user) && isId(key) ? [user, key] : undefined;
}

/** Deletes single application credentials. Keystone keeps no other way to take one away, and none to bring it back. */
export function keyOperations(settings: KeystoneSettings): readonly VendorOperation[] {
  return [
    {
      operation: DELETE_KEY,
      to: { 'key.present': 'no' },
      rests: ['key.record'],
      isSeen: 'afterwards',
      unknown: UNKNOWN,
      sideEffects: ['Every token that was got with it is refused from now on.'],
      unproven: 'Whether services that keep answers about a token still take one, Keystone does not tell.',
      canBeId: id => parts(id) !== undefined,
      look: (client, target, told) => lookAt(settings, client, target, told),
      async write(client, { immutableId }) {
        const [user, key] = parts(immutableId) ?? [];
        await client.change('DELETE', `/users/${user}/application_credentials/${key}`);
      },
    },
  ];
}

async function lookAt(
  { domain, readUser, writeUser }: KeystoneSettings,
  client: VendorClient,
  target: PlanRequest['target'],
  told: { readonly [name: string]: string } | undefined,
): Promise<Seen | undefined> {
  const named = 'name' in target ? target.name : target.immutableId;
  const [userId, keyId] = parts(named) ?? [];
  if (userId === undefined) return undefined;
  const user = asMembers(asMembers(await client.get(`/users/${userId}`)).get('user'));
  if (asText(user.get('id')) !== userId) return undefined;
  // By the list of that user: asked for by its id, Keystone tells of one of anybody's.
  const list = asMembers(await client.get(`/users/${userId}/application_credentials`)).get('application_credentials');
  const keys = listOf(list).map(asMembers);
  const key = keys.find(one => one.get('id') === keyId);
  // One that is gone is known by what was told of it before, and by nothing else.
  const label = key === undefined ? told?.['key.label'] : asText(key.get('name')) || 'no name';
  if (label === undefined) return undefined;
  const name = asText(user.get('name')) || userId;
  return {
    immutableId: named,
    facts: {
      displayName: named,
      title: `application credential “${label}” of ${name}`,
      isPrivileged: 'unknown',
      isMachine: 'yes',
      isLastAdministrator: false,
      isOwnIdentity: userId === readUser || userId === writeUser,
    },
    values: { 'key.present': key === undefined ? 'no' : 'yes', 'key.record': key === undefined ? '' : recordOf(key) },
    keeps: { 'key.label': label },
    direct: [`every token that was got with it; ${keys.filter(one => one !== key).length} others of ${name} stay`],
    dependents: key === undefined ? [] : restingOn(key),
    refusals:
      asText(user.get('domain_id')) === domain
        ? []
        : [{ reason: 'missing_scope', text: 'Its user is of another domain than the one that was set.' }],
  };
}

/** What it opens, as Keystone tells it. */
function restingOn(key: ReadonlyMap<string, unknown>): readonly string[] {
  const roles = listOf(key.get('roles')).map(role => `role ${asText(asMembers(role).get('name'))}`);
  // Left out where there are none: then it may do whatever its roles may.
  const rules = listOf(key.get('access_rules') ?? []).map(asMembers);
  const expires = asText(key.get('expires_at'));
  return [
    `project ${asText(key.get('project_id'))}`,
    ...shown(roles),
    ...shown(rules.map(rule => `may only ${['method', 'path', 'service'].map(of => asText(rule.get(of))).join(' ')}`)),
    ...(key.get('unrestricted') === true ? ['may make and delete application credentials of its user'] : []),
    expires === '' ? 'has no end of its own' : `ends by itself at ${expires}`,
  ];
}

/** Of everything that Keystone tells of it. It cannot be changed, only made anew, and then it has another id. */
function recordOf(key: ReadonlyMap<string, unknown>): string {
  const members = [...key].filter(([name]) => name !== 'links').sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(members)).digest('hex');
}
