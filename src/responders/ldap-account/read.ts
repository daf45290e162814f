import { createHash } from 'node:crypto';
import {
  AndFilter,
  type Client,
  type Entry,
  EqualityFilter,
  type Filter,
  NotFilter,
  OrFilter,
  PresenceFilter,
} from 'ldapts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { CODE, isEntryUuid, LOCKED_FOR_GOOD, maySee, resultCodeOf, valuesOf } from '../shared/ldap/ldap-directory.ts';
import { shownText } from '../shared/wire-text.ts';
import type { LdapSettings } from './config.ts';

/** What was read of one account. */
export interface AccountReading {
  readonly entryUuid: string;
  readonly dn: string;
  readonly name: string;
  /** `pwdAccountLockedTime` as it is; empty where there is none. */
  readonly lockedTime: string;
  /** entryCSN: changes with every change of the entry. */
  readonly version: string;
  readonly modifiersName: string;
  /** Sorted, in lower case. */
  readonly objectClasses: readonly string[];
}

const ATTRIBUTES = ['entryUUID', 'entryCSN', 'modifiersName', 'pwdAccountLockedTime', 'objectClass'];
const NAME_CHARS_MAX = 256;

/**
 * The one account of that name or id below the base. The value goes to the server as bytes of a parsed filter, never
 * as filter text, and what comes back must bear exactly that name: LDAP's own matching ignores characters that
 * nobody sees, so it would find `alice` under a name that is not hers.
 */
export async function findAccount(
  client: Client,
  settings: LdapSettings,
  target: { readonly name: string } | { readonly immutableId: string },
): Promise<Result<AccountReading, Failure>> {
  const isById = 'immutableId' in target;
  const value = isById ? target.immutableId : target.name;
  if (
    isById
      ? !isEntryUuid(value)
      : value === '' || value.length > NAME_CHARS_MAX || value.includes('\0') || !value.isWellFormed()
  ) {
    return notFound(isById ? 'the id is not an entryUUID' : 'no account can have this name');
  }
  const filter = new EqualityFilter({ attribute: isById ? 'entryUUID' : settings.nameAttribute, value });
  const found = await search(client, settings, filter, [...ATTRIBUTES, settings.nameAttribute], 2);
  if (found === 'too_many' || found.length > 1) {
    return fail(
      failureOf('proposal.target_ambiguous', `ldap-account: more than one entry has the name ${shownText(value)}`),
    );
  }
  const [entry] = found;
  if (entry === undefined) return notFound(`there is no account ${shownText(value)}`);
  const names = valuesOf(entry, settings.nameAttribute);
  const name = isById ? names[0] : names.find(candidate => asciiLower(candidate) === asciiLower(value));
  const entryUuid = valuesOf(entry, 'entryUUID')[0];
  if (name === undefined) return notFound(`no account has exactly the name ${shownText(value)}`);
  if (entryUuid === undefined)
    return fail(failureOf('responder.missing_scope', 'ldap-account: entryUUID cannot be read'));
  const lockedTime = valuesOf(entry, 'pwdAccountLockedTime')[0] ?? '';
  if (lockedTime === '' && !(await maySee(client, entry.dn, 'pwdAccountLockedTime', LOCKED_FOR_GOOD))) {
    return fail(failureOf('responder.missing_scope', 'ldap-account: pwdAccountLockedTime cannot be read'));
  }
  const version = valuesOf(entry, 'entryCSN')[0];
  if (version === undefined) return fail(failureOf('responder.missing_scope', 'ldap-account: entryCSN cannot be read'));
  return ok({
    entryUuid: entryUuid.toLowerCase(),
    dn: entry.dn,
    name,
    lockedTime,
    version,
    modifiersName: valuesOf(entry, 'modifiersName')[0] ?? '',
    objectClasses: valuesOf(entry, 'objectClass')
      .map(text => text.toLowerCase())
      .sort(),
  });
}

function notFound(detail: string): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `ldap-account: ${detail}`));
}

/** Only the letters of ASCII: other folding would join names that are two. */
function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, letter => letter.toLowerCase());
}

async function search(
  client: Client,
  settings: LdapSettings,
  filter: Filter,
  attributes: readonly string[],
  sizeLimit: number,
): Promise<readonly Entry[] | 'too_many'> {
  try {
    const { searchEntries } = await client.search(settings.baseDn, {
      scope: 'sub',
      derefAliases: 'never',
      filter,
      attributes: [...attributes],
      sizeLimit,
    });
    return searchEntries;
  } catch (error) {
    if (resultCodeOf(error) === CODE.sizeLimitExceeded) return 'too_many';
    throw error;
  }
}

const GROUPS_MAX = 200;
const GROUP_LEVELS_MAX = 8;

/** Distinguished names of the groups that the account is in, directly or through groups, sorted; undefined where there are too many to tell. */
export async function findGroups(
  client: Client,
  settings: LdapSettings,
  account: AccountReading,
): Promise<readonly string[] | undefined> {
  const groups = new Set<string>();
  let level: readonly string[] = [account.dn];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= GROUP_LEVELS_MAX) return undefined;
    const next: string[] = [];
    for (const member of level) {
      const found = await search(
        client,
        settings,
        memberFilter(member, depth === 0 ? account.name : undefined),
        ['1.1'],
        GROUPS_MAX,
      );
      if (found === 'too_many') return undefined;
      for (const { dn } of found) {
        if (groups.has(dn)) continue;
        groups.add(dn);
        next.push(dn);
        if (groups.size > GROUPS_MAX) return undefined;
      }
    }
    level = next;
  }
  return [...groups].sort();
}

function memberFilter(dn: string, name: string | undefined): Filter {
  const byDn = ['member', 'uniqueMember'].map(attribute => new EqualityFilter({ attribute, value: dn }));
  return new OrFilter({
    filters: name === undefined ? byDn : [...byDn, new EqualityFilter({ attribute: 'memberUid', value: name })],
  });
}

/** Names and distinguished names of a group's members; undefined where the group or its members cannot be read. */
async function membersOf(client: Client, group: string): Promise<readonly string[] | undefined> {
  try {
    const { searchEntries } = await client.search(group, {
      scope: 'base',
      derefAliases: 'never',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      attributes: ['member', 'uniqueMember', 'memberUid'],
    });
    const [entry] = searchEntries;
    const members =
      entry === undefined ? [] : ['member', 'uniqueMember', 'memberUid'].flatMap(name => valuesOf(entry, name));
    return members.length > 0 ? members : undefined;
  } catch (error) {
    const code = resultCodeOf(error);
    if (code === CODE.noSuchObject || code === CODE.insufficientAccess) return undefined;
    throw error;
  }
}

/** The members of each privileged group by its distinguished name; undefined for a group that cannot be read. */
export async function readPrivilegedGroups(
  client: Client,
  settings: LdapSettings,
): Promise<ReadonlyMap<string, readonly string[] | undefined>> {
  const groups = new Map<string, readonly string[] | undefined>();
  for (const group of settings.privilegedGroups) groups.set(group, await membersOf(client, group));
  return groups;
}

/** Entries that name the account as their manager or owner: what may miss it. Undefined where there are too many to list. */
export async function findDependents(
  client: Client,
  settings: LdapSettings,
  account: AccountReading,
): Promise<readonly string[] | undefined> {
  const filter = new OrFilter({
    filters: ['manager', 'owner', 'secretary'].map(attribute => new EqualityFilter({ attribute, value: account.dn })),
  });
  const found = await search(client, settings, filter, ['1.1'], GROUPS_MAX);
  return found === 'too_many' ? undefined : found.map(entry => entry.dn).sort();
}

/** A set of names as one bounded text: how many, and a digest. */
export function setText(names: readonly string[] | undefined): string {
  if (names === undefined) return 'unknown';
  return `${names.length} ${createHash('sha256').update(JSON.stringify(names)).digest('hex')}`;
}

/** Matches the entry while it is the one that was planned for and is not locked for good. */
export function notLockedFilter(
  settings: LdapSettings,
  account: { readonly entryUuid: string; readonly name: string },
): Filter {
  return new AndFilter({
    filters: [
      new EqualityFilter({ attribute: 'entryUUID', value: account.entryUuid }),
      new EqualityFilter({ attribute: settings.nameAttribute, value: account.name }),
      new NotFilter({ filter: new EqualityFilter({ attribute: 'pwdAccountLockedTime', value: LOCKED_FOR_GOOD }) }),
    ],
  });
}

/** Matches the entry while nothing at all has changed since this version. */
export function sameVersionFilter(account: { readonly entryUuid: string; readonly version: string }): Filter {
  return new AndFilter({
    filters: [
      new EqualityFilter({ attribute: 'entryUUID', value: account.entryUuid }),
      new EqualityFilter({ attribute: 'entryCSN', value: account.version }),
      new EqualityFilter({ attribute: 'pwdAccountLockedTime', value: LOCKED_FOR_GOOD }),
    ],
  });
}
