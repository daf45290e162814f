import { type Client, type Entry, PresenceFilter } from 'ldapts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import type { ResponderContext, RightSeen, SystemConfig } from '../../ports/responder.ts';
import {
  CODE,
  LOCKED_FOR_GOOD,
  maySee,
  readFailure,
  readSupportedControls,
  resultCodeOf,
  withBind,
} from '../shared/ldap/ldap-directory.ts';
import { type LdapSettings, readSettings } from './config.ts';
import { ldapAccountManifest } from './manifest.ts';

type Told = Pick<RightSeen, 'granted' | 'because'>;

const YES: Told = { granted: 'yes', because: '' };
const NO: Told = { granted: 'no', because: '' };
const unknown = (because: string): Told => ({ granted: 'unknown', because });

const READ_ACCOUNTS =
  'search and read below the base: entryUUID, entryCSN, modifiersName, objectClass, the name attribute, pwdAccountLockedTime';
const READ_CONTROLS = 'read supportedControl of the root DSE';
const READ_PASSWORDS = 'read userPassword';
const UNTOLD = unknown('a directory does not tell it, and to try would need a change or the other credential');

/**
 * What a directory tells of our rights: LDAP has no question for them, so what the account that reads may read is tried on one
 * account below the base. Everything else is unknown.
 */
export async function seeRights(
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<readonly RightSeen[], Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const secret = await context.readCredential();
  try {
    return await withBind(settings.value, settings.value.readDn, secret, context.timeoutMs, async client => {
      const account = await anyAccount(client, settings.value);
      const told = new Map<string, Told>([
        [READ_ACCOUNTS, await readsAccounts(client, account)],
        [READ_CONTROLS, (await readSupportedControls(client)).length > 0 ? YES : NO],
        [READ_PASSWORDS, await readsPasswords(client, account)],
      ]);
      const { scopes } = ldapAccountManifest;
      const rows = (credential: RightSeen['credential'], need: RightSeen['need'], all: readonly string[]) =>
        all.map(scope => ({ credential, need, scope, ...((credential === 'read' && told.get(scope)) || UNTOLD) }));
      return ok([
        ...rows('read', 'needed', scopes.read),
        ...rows('read', 'forbidden', scopes.forbidden),
        ...rows('write', 'needed', scopes.write),
        ...rows('write', 'forbidden', scopes.forbidden),
      ]);
    });
  } catch (error) {
    return fail(readFailure('ldap-account', error, [secret]));
  }
}

/** More entries than there are of our own, so that one of somebody else's is among them where there is any. */
const ENTRIES_LOOKED_AT = 5;

/** An account below the base that is none of our own; undefined where none is found, or none may be. */
async function anyAccount(client: Client, settings: LdapSettings): Promise<Entry | undefined> {
  const ours = [settings.readDn, settings.writeDn].map(dn => dn.toLowerCase());
  const pages = client.searchPaginated(settings.baseDn, {
    scope: 'sub',
    derefAliases: 'never',
    filter: new PresenceFilter({ attribute: settings.nameAttribute }),
    attributes: ['entryUUID', 'entryCSN', 'objectClass', 'userPassword', settings.nameAttribute],
    paged: { pageSize: ENTRIES_LOOKED_AT },
  });
  // The first page alone: a directory has millions.
  for await (const { searchEntries } of pages) return searchEntries.find(({ dn }) => !ours.includes(dn.toLowerCase()));
  return undefined;
}

const holds = (entry: Entry, attribute: string): boolean =>
  Object.entries(entry).some(
    ([name, value]) => name.toLowerCase() === attribute.toLowerCase() && (!Array.isArray(value) || value.length > 0),
  );

async function readsAccounts(client: Client, account: Entry | undefined): Promise<Told> {
  if (account === undefined) return unknown('no account was found below the base to try it on');
  const isWhole = ['entryUUID', 'entryCSN', 'objectClass'].every(attribute => holds(account, attribute));
  return isWhole && (await maySee(client, account.dn, 'pwdAccountLockedTime', LOCKED_FOR_GOOD)) ? YES : NO;
}

/** A value that comes is a right. None that comes is no proof, unless not even comparing is allowed. */
async function readsPasswords(client: Client, account: Entry | undefined): Promise<Told> {
  if (account === undefined) return unknown('no account was found below the base to try it on');
  if (holds(account, 'userPassword')) return YES;
  try {
    await client.compare(account.dn, 'userPassword', 'countersign');
    return unknown('the account has no password that would show it');
  } catch (error) {
    const code = resultCodeOf(error);
    if (code === CODE.insufficientAccess || code === CODE.noSuchObject) return NO;
    if (code === CODE.noSuchAttribute) return unknown('the account has no password that would show it');
    throw error;
  }
}
