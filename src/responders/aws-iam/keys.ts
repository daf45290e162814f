import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import type { IamSettings } from './config.ts';
import { action, isCutOff, members, textOf } from './iam.ts';
import { ACTIVATE_KEY, DEACTIVATE_KEY } from './manifest.ts';

/** A long-term key's id. Those of sessions begin with ASIA, and are no keys that can be deactivated. */
const KEY_ID = /^AKIA[A-Z0-9]{12,124}$/;

/** An access key is named and meant by its id, which no other key ever gets. */
export function keyOperations(settings: IamSettings): readonly VendorOperation[] {
  const row = {
    rests: ['key.user'],
    isSeen: 'afterwards',
    unknown: [
      'Which machines hold this key.',
      'Sessions of roles that were begun with it, which go on until they expire.',
    ],
    canBeId: (id: string) => KEY_ID.test(id),
    look: (client, target) => lookAtKey(settings, client, target),
  } as const satisfies Partial<VendorOperation>;
  const write =
    (Status: string): VendorOperation['write'] =>
    async (client, { immutableId, values }) => {
      const UserName = values['key.user'] ?? '';
      await client.change('POST', action('UpdateAccessKey', { AccessKeyId: immutableId, Status, UserName }));
    };
  return [
    {
      ...row,
      operation: DEACTIVATE_KEY,
      to: { 'key.status': 'Inactive' },
      sideEffects: ['Whatever signs with this key stops.'],
      unproven: 'Sessions that were begun with the key go on until they expire, and IAM does not tell of them.',
      write: write('Inactive'),
    },
    {
      ...row,
      operation: ACTIVATE_KEY,
      to: { 'key.status': 'Active' },
      undoneIf: { path: 'key.status' },
      sideEffects: [],
      unproven: 'Whether whatever used the key works again, IAM does not tell.',
      write: write('Active'),
    },
  ];
}

async function lookAtKey(
  { readUser, writeUser }: IamSettings,
  client: VendorClient,
  target: globalThis.Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  const id = 'name' in target ? target.name : target.immutableId;
  if (!KEY_ID.test(id)) return undefined;
  const used = await client.get(action('GetAccessKeyLastUsed', { AccessKeyId: id }));
  const user = textOf(used, 'UserName');
  if (user === '') return undefined;
  const listed = await client.get(action('ListAccessKeys', { UserName: user }));
  // A user has two keys at most.
  if (isCutOff(listed)) throw new NoAnswer('the list of keys is too long');
  const keys = members(listed, 'AccessKeyMetadata');
  const key = keys.find(one => textOf(one, 'AccessKeyId') === id);
  if (key === undefined) return undefined;
  const others = keys.filter(one => one !== key && textOf(one, 'Status') === 'Active').length;
  return {
    immutableId: id,
    facts: {
      displayName: id,
      title: `access key of ${user}`,
      isPrivileged: 'unknown',
      isMachine: 'unknown',
      isLastAdministrator: false,
      isOwnIdentity: user === readUser || user === writeUser,
    },
    values: { 'key.status': textOf(key, 'Status'), 'key.user': user },
    direct: [`${others} other active keys of ${user}`],
    dependents: [
      `last used ${textOf(used, 'LastUsedDate') || 'never'} in ${textOf(used, 'Region') || 'no region'} for ${textOf(used, 'ServiceName') || 'no service'}`,
    ],
  };
}
