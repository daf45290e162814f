import type { PlanRequest } from '../../ports/responder.ts';
import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText } from '../shared/http/vendor-http.ts';
import { keyParts, keysOf, restingOn } from '../shared/keystone/keystone-key.ts';
import type { KeystoneSettings } from './config.ts';
import { DELETE_KEY } from './manifest.ts';

const UNKNOWN = [
  'Which machines hold this application credential, and which jobs stop without it.',
  'Which tokens of it are in use, and where: Keystone keeps no list of them.',
  'When each service asks about a token again: one that keeps answers (`token_cache_time`) takes it for as long.',
] as const;

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
      canBeId: id => keyParts(id) !== undefined,
      look: (client, target, told) => lookAt(settings, client, target, told),
      async write(client, { immutableId }) {
        const [user, key] = keyParts(immutableId) ?? [];
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
  const [userId, keyId] = keyParts(named) ?? [];
  if (userId === undefined) return undefined;
  const user = asMembers(asMembers(await client.get(`/users/${userId}`)).get('user'));
  if (asText(user.get('id')) !== userId) return undefined;
  const keys = await keysOf(client, userId);
  const key = keys.find(({ id }) => id === keyId);
  // One that is gone is known by what was told of it before, and by nothing else.
  const label = key === undefined ? told?.['key.label'] : key.name || 'no name';
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
    values: { 'key.present': key === undefined ? 'no' : 'yes', 'key.record': key === undefined ? '' : key.record },
    keeps: { 'key.label': label },
    direct: [`every token that was got with it; ${keys.filter(one => one !== key).length} others of ${name} stay`],
    dependents: key === undefined ? [] : restingOn(key),
    refusals:
      asText(user.get('domain_id')) === domain
        ? []
        : [{ reason: 'missing_scope', text: 'Its user is of another domain than the one that was set.' }],
  };
}
