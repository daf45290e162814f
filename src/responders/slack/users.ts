import type { Seen, VendorOperation } from '../shared/http/vendor.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText } from '../shared/http/vendor-http.ts';
import { NoAnswer } from '../shared/wire-text.ts';
import { assertDone, membersOf } from './answer.ts';
import { isUserId, type SlackSettings } from './config.ts';
import { CLEAR_SESSIONS, DEACTIVATE, REACTIVATE } from './manifest.ts';

const UNKNOWN = [
  'Apps and workflows that run by a token of this user.',
  'What the user has on their own devices: messages and files that were loaded stay there.',
] as const;

/** https://docs.slack.dev/reference/scim-api: Slack's id of a user is that of SCIM, too. */
const PATCH_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

/** Deactivates users by SCIM, activates them again, and ends their sessions. */
export function userOperations(settings: SlackSettings): readonly VendorOperation[] {
  const row = {
    rests: ['user.rights'],
    unknown: UNKNOWN,
    canBeId: isUserId,
    look: (client, target) => lookAtUser(settings, client, target),
  } as const satisfies Partial<VendorOperation>;
  const setActive =
    (value: boolean): VendorOperation['write'] =>
    async (client, { immutableId }) => {
      const body = { schemas: [PATCH_SCHEMA], Operations: [{ op: 'replace', path: 'active', value }] };
      await client.change('PATCH', `/scim/v2/Users/${immutableId}`, body);
    };
  if (settings.for === 'sessions')
    return [
      {
        ...row,
        operation: CLEAR_SESSIONS,
        to: { 'user.sessions': 'ended' },
        isSeen: 'nowhere',
        sideEffects: ['Slack on each device of the user forgets what it had loaded.'],
        unproven: 'Whether every device was reached, Slack does not tell.',
        write: async (client, { immutableId }) =>
          assertDone(await client.change('POST', '/api/admin.users.session.reset', { user_id: immutableId })),
      },
    ];
  return [
    {
      ...row,
      operation: DEACTIVATE,
      to: { 'user.active': 'no' },
      isSeen: 'afterwards',
      sideEffects: ['Channels and messages of the user stay; whoever is a guest by their invitation stays, too.'],
      unproven: 'Whether sessions that were open have ended on each device, Slack does not tell.',
      write: setActive(false),
    },
    {
      ...row,
      operation: REACTIVATE,
      to: { 'user.active': 'yes' },
      undoneIf: { path: 'user.updated' },
      isSeen: 'afterwards',
      sideEffects: [],
      unproven: 'Whether the user can log in again, Slack does not tell.',
      write: setActive(true),
    },
  ];
}

async function lookAtUser(
  { readUser, writeUser }: SlackSettings,
  client: VendorClient,
  target: Parameters<VendorOperation['look']>[1],
): Promise<Seen | undefined> {
  const wanted = 'name' in target ? target.name : target.immutableId;
  if (!isUserId(wanted)) return undefined;
  const answered = membersOf(await client.get(`/api/users.info?user=${wanted}`));
  if (answered === undefined) return undefined;
  const user = asMembers(answered.get('user'));
  const [id, isDeleted] = [asText(user.get('id')), user.get('deleted')];
  if (id !== wanted || typeof isDeleted !== 'boolean')
    throw new NoAnswer('the answer is not in the form that was asked for');
  const rights = rightsOf(user);
  const label = asText(asMembers(user.get('profile')).get('real_name')) || asText(user.get('name')) || id;
  return {
    immutableId: id,
    facts: {
      displayName: id,
      title: `${label} in Slack`,
      isPrivileged: rights === 'not told' ? 'unknown' : rights === 'member' ? 'no' : 'yes',
      isMachine: user.get('is_bot') === true ? 'yes' : 'no',
      // Slack lets nobody but the primary owner hand that over, and nobody deactivate them.
      isLastAdministrator: rights === 'primary owner',
      isOwnIdentity: id === readUser || id === writeUser,
    },
    values: {
      'user.active': isDeleted ? 'no' : 'yes',
      'user.rights': rights,
      'user.updated': asText(user.get('updated')),
      'user.sessions': 'not told',
    },
    direct: [`every session of ${label}`],
    dependents: rights === 'member' || rights === 'not told' ? [] : [`administers Slack as ${rights}`],
    refusals:
      user.get('is_bot') === true
        ? [{ reason: 'not_expressible', text: 'It is a bot: what is ended there is its app, in Slack itself.' }]
        : [],
  };
}

function rightsOf(user: ReadonlyMap<string, unknown>): string {
  if (user.get('is_primary_owner') === true) return 'primary owner';
  if (user.get('is_owner') === true) return 'owner';
  const isAdmin = user.get('is_admin');
  // Of somebody who is deactivated Slack tells none.
  if (typeof isAdmin !== 'boolean') return 'not told';
  return isAdmin ? 'administrator' : 'member';
}
