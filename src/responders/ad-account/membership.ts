import { Attribute, Change } from 'ldapts';
import { CODE } from '../shared/ldap/ldap-directory.ts';
import { shownText } from '../shared/wire-text.ts';
import { WRITE_MEMBER } from './access-list.ts';
import { isGuid } from './binary.ts';
import type { GroupReading } from './group.ts';
import { lastingPreconditions, type Situation, type Work } from './work.ts';

const PATH = 'group.isMember';
const REMOVE = 'remove-from-group';

/** The caller reads it before anything here is asked. */
function groupOf({ group }: Situation): GroupReading {
  if (group === undefined) throw new Error('broken invariant: the group was read');
  return group;
}

const membership = (now: Situation) => (groupOf(now).isMember ? 'yes' : 'no');

/** Takes out of a group and puts back. Which group is in the signed parameters, by its objectGUID. */
export const MEMBERSHIP: Work = {
  isAboutGroup: true,
  right: now => ({
    descriptor: groupOf(now).descriptor,
    right: WRITE_MEMBER,
    text: 'write the members of this group. Groups that the directory protects (AdminSDHolder) inherit no delegation',
  }),
  params: now => ({ group: groupOf(now).guid, groupPlace: shownText(groupOf(now).dn) }),
  preconditions: (operation, now) => [
    ...lastingPreconditions(now),
    { path: 'group.guid', value: groupOf(now).guid },
    { path: PATH, value: membership(now) },
    { path: 'group.place', value: shownText(groupOf(now).dn) },
    ...(operation === REMOVE ? [] : [{ path: 'group.version', value: groupOf(now).version }]),
  ],
  changes: (operation, now) => [{ path: PATH, from: membership(now), to: operation === REMOVE ? 'no' : 'yes' }],
  direct: (operation, now) =>
    `${shownText(now.account.dn)} ${operation === REMOVE ? 'leaves' : 'comes back to'} ${shownText(groupOf(now).dn)}, and what that group may do.`,
  sideEffects: [],
  unknown: [
    'Kerberos tickets and sessions from before: they bear the groups of the moment when they were made, and go on with them until they end.',
    'Rights that it has by itself or by other groups, among them groups that hold this one or that it is in by its primary group.',
    'What the group is used for: the directory does not tell.',
    'Other domain controllers, until the change has been replicated to them.',
  ],
  refusals({ operation, before }, now) {
    const group = groupOf(now);
    if (operation === REMOVE && before !== undefined && before['group.wasMember'] !== 'no')
      return [{ reason: 'nothing_to_undo', text: 'Countersign did not put it there, so there is nothing to undo.' }];
    if (operation === REMOVE)
      return group.isMember
        ? []
        : [
            {
              reason: 'already_in_effect',
              text: 'It is not directly in the group. It may be in it by another group, or by its primary group.',
            },
          ];
    if (before?.['group.wasMember'] !== 'yes' || before['group.guid'] !== group.guid)
      return [
        {
          reason: 'nothing_to_undo',
          text: 'Countersign did not take it out of this group, so there is nothing to undo.',
        },
      ];
    if (!group.isMember && before['group.versionAfter'] === group.version) return [];
    const text = 'Somebody changed the group after the account was taken out. Look at it there first.';
    return [{ reason: 'changed_since', text }];
  },
  unfit({ operation, params, changes: [change, ...others] }) {
    if (!isGuid(params['group'] ?? '')) return 'the plan names no group';
    if (change?.path !== PATH || others.length > 0) return 'the plan changes something else';
    const [from, to] = operation === REMOVE ? ['yes', 'no'] : ['no', 'yes'];
    return change.from === from && change.to === to ? undefined : 'the plan changes nothing';
  },
  async write(client, { operation }, now) {
    const modification = new Attribute({ type: 'member', values: [now.account.dn] });
    await client.modify(groupOf(now).dn, [
      new Change({ operation: operation === REMOVE ? 'delete' : 'add', modification }),
    ]);
  },
  // Whoever is not in it cannot be taken out, and whoever is in it cannot be put there.
  driftCodes: [CODE.noSuchAttribute, CODE.attributeOrValueExists, CODE.unwillingToPerform, CODE.entryAlreadyExists],
  version: now => groupOf(now).version,
  before: (now, versionAfter) => ({
    'group.guid': groupOf(now).guid,
    'group.wasMember': membership(now),
    ...(versionAfter === undefined ? {} : { 'group.versionAfter': versionAfter }),
  }),
};
