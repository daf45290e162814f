import { createHash } from 'node:crypto';
import {
  AndFilter,
  BerWriter,
  type Client,
  Control,
  type Entry,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  NotFilter,
  OrFilter,
  PresenceFilter,
} from 'ldapts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import { CODE, resultCodeOf, sameDn } from '../shared/ldap/ldap-directory.ts';
import { shownText } from '../shared/wire-text.ts';
import { guidBytes, guidText, isGuid, sidText } from './binary.ts';
import type { AdSettings } from './config.ts';

/** Bits of `userAccountControl` (MS-ADTS 2.2.16). */
export const FLAG = { disabled: 0x2, interdomainTrust: 0x800, workstation: 0x1000, server: 0x2000 } as const;

/** What was read of one account. */
export interface AccountReading {
  readonly guid: string;
  readonly sid: string;
  readonly dn: string;
  readonly name: string;
  readonly control: number;
  /** uSNChanged: moves with every change that is replicated. Of this domain controller alone. */
  readonly version: string;
  /** pwdLastSet, as the directory counts time; 0 where one has to be set. */
  readonly passwordSet: string;
  /** SIDs of every group that its login would be in, nested and primary ones among them, sorted. */
  readonly groups: readonly string[];
  readonly objectClasses: readonly string[];
  /** The directory protects it, or once did, as an account of administrators. */
  readonly isGuarded: boolean;
  readonly hasServices: boolean;
  /** Distinguished names of what names it as manager. */
  readonly dependents: readonly string[];
  readonly descriptor: Buffer;
}

const NEEDED = [
  'objectGUID',
  'objectSid',
  'userAccountControl',
  'uSNChanged',
  'pwdLastSet',
  'tokenGroups',
  'objectClass',
  'nTSecurityDescriptor',
] as const;
const OPTIONAL = ['adminCount', 'servicePrincipalName', 'managedObjects', 'directReports'] as const;
const BINARY = ['objectGUID', 'objectSid', 'tokenGroups', 'nTSecurityDescriptor'];
const NAME_CHARS_MAX = 256;
const OCTET_STRING = 0x04;
const DACL_ONLY = 4;

/** Asks for the discretionary access list alone: owner and audit list take rights that we do not have (MS-ADTS 3.1.1.3.4.1.11). */
export class SdFlagsControl extends Control {
  constructor() {
    super('1.2.840.113556.1.4.801', { critical: true });
  }
  override writeControl(writer: BerWriter): void {
    const inner = new BerWriter();
    inner.startSequence();
    inner.writeInt(DACL_ONLY);
    inner.endSequence();
    writer.writeBuffer(inner.buffer, OCTET_STRING);
  }
}

function rawValuesOf(entry: Entry, attribute: string): readonly (Buffer | string)[] {
  const wanted = attribute.toLowerCase();
  const [, found] = Object.entries(entry).find(([name]) => name.toLowerCase() === wanted) ?? [];
  return found === undefined ? [] : Array.isArray(found) ? found : [found];
}

/** Values of an attribute as texts, whatever case the server writes its name in. */
export function textsOf(entry: Entry, attribute: string): readonly string[] {
  return rawValuesOf(entry, attribute).map(value => value.toString());
}

/** Values of an attribute as bytes. */
export function bytesOf(entry: Entry, attribute: string): readonly Buffer[] {
  return rawValuesOf(entry, attribute).map(value => (typeof value === 'string' ? Buffer.from(value) : value));
}

/**
 * The one account of that name or id below the base. The value goes to the server as bytes of a parsed filter, never as filter
 * text, and what comes back must bear exactly that name: the directory's own matching folds more than the letters of ASCII.
 */
export async function findAccount(
  client: Client,
  settings: AdSettings,
  target: { readonly name: string } | { readonly immutableId: string },
): Promise<Result<AccountReading, Failure>> {
  const isById = 'immutableId' in target;
  const value = isById ? target.immutableId : target.name;
  if (isById ? !isGuid(value) : !isName(value))
    return notFound(isById ? 'the id is not an objectGUID' : 'no account can have this name');
  const filter = isById
    ? new EqualityFilter({ attribute: 'objectGUID', value: guidBytes(value) })
    : new EqualityFilter({ attribute: settings.nameAttribute, value });
  const found = await search(client, settings, filter, [settings.nameAttribute], 2);
  if (found === 'too_many' || found.length > 1)
    return fail(failureOf('proposal.target_ambiguous', `ad-account: more than one account is ${shownText(value)}`));
  const [entry] = found;
  if (entry === undefined) return notFound(`there is no account ${shownText(value)}`);
  const names = textsOf(entry, settings.nameAttribute);
  const name = isById ? names[0] : names.find(candidate => asciiLower(candidate) === asciiLower(value));
  if (name === undefined) return notFound(`no account has exactly the name ${shownText(value)}`);
  return await readAccount(client, entry.dn, name);
}

function isName(value: string): boolean {
  return value !== '' && value.length <= NAME_CHARS_MAX && !value.includes('\0') && value.isWellFormed();
}

/** Reads the entry by itself: what a login would be in is told for one object only. */
async function readAccount(client: Client, dn: string, name: string): Promise<Result<AccountReading, Failure>> {
  const entry = await readEntry(client, dn, [...NEEDED, ...OPTIONAL], [new SdFlagsControl()]);
  if (entry === undefined) return notFound('it was there, and is there no more');
  const missing = NEEDED.filter(attribute => rawValuesOf(entry, attribute).length === 0);
  const guid = guidText(bytesOf(entry, 'objectGUID')[0] ?? Buffer.alloc(0));
  const sid = sidText(bytesOf(entry, 'objectSid')[0] ?? Buffer.alloc(0));
  const descriptor = bytesOf(entry, 'nTSecurityDescriptor')[0];
  if (missing.length > 0 || guid === undefined || sid === undefined || descriptor === undefined)
    return fail(failureOf('responder.missing_scope', `ad-account: cannot be read: ${missing.join(', ')}`));
  return ok({
    guid,
    sid,
    dn: entry.dn,
    name,
    control: Number(textsOf(entry, 'userAccountControl')[0]) >>> 0,
    version: textsOf(entry, 'uSNChanged')[0] ?? '',
    passwordSet: textsOf(entry, 'pwdLastSet')[0] ?? '',
    groups: groupsOf(entry),
    objectClasses: textsOf(entry, 'objectClass')
      .map(text => text.toLowerCase())
      .sort(),
    isGuarded: (textsOf(entry, 'adminCount')[0] ?? '0') !== '0',
    hasServices: textsOf(entry, 'servicePrincipalName').length > 0,
    dependents: [...textsOf(entry, 'managedObjects'), ...textsOf(entry, 'directReports')].sort(),
    descriptor,
  });
}

function groupsOf(entry: Entry): readonly string[] {
  return bytesOf(entry, 'tokenGroups')
    .map(bytes => sidText(bytes) ?? 'unreadable')
    .sort();
}

/** One of our own logins: which object it is, and the SIDs by which the access lists know it. */
export interface OwnLogin {
  readonly guid: string;
  readonly sids: readonly string[];
}

/** Undefined where the directory does not let it be read. */
export async function readOwnLogin(client: Client, dn: string): Promise<OwnLogin | undefined> {
  const entry = await readEntry(client, dn, ['objectGUID', 'objectSid', 'tokenGroups'], []);
  if (entry === undefined) return undefined;
  const guid = guidText(bytesOf(entry, 'objectGUID')[0] ?? Buffer.alloc(0));
  const sid = sidText(bytesOf(entry, 'objectSid')[0] ?? Buffer.alloc(0));
  const groups = groupsOf(entry);
  return guid === undefined || sid === undefined || groups.length === 0 ? undefined : { guid, sids: [sid, ...groups] };
}

/** The entry of that distinguished name; undefined where there is none that may be seen. */
export async function readEntry(
  client: Client,
  dn: string,
  attributes: readonly string[],
  controls: Control[],
): Promise<Entry | undefined> {
  const filter = new PresenceFilter({ attribute: 'objectClass' });
  const options = { scope: 'base' as const, attributes: [...attributes], explicitBufferAttributes: BINARY, filter };
  try {
    return (await client.search(dn, options, controls)).searchEntries[0];
  } catch (error) {
    if (resultCodeOf(error) === CODE.noSuchObject) return undefined;
    throw error;
  }
}

function notFound(detail: string): Result<never, Failure> {
  return fail(failureOf('proposal.target_not_found', `ad-account: ${detail}`));
}

/** Only the letters of ASCII: other folding would join names that are two. */
function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, letter => letter.toLowerCase());
}

async function search(
  client: Client,
  settings: AdSettings,
  filter: Filter,
  attributes: readonly string[],
  sizeLimit: number,
): Promise<readonly Entry[] | 'too_many'> {
  const isUser = new EqualityFilter({ attribute: 'objectClass', value: 'user' });
  try {
    const { searchEntries } = await client.search(settings.baseDn, {
      scope: 'sub',
      filter: new AndFilter({ filters: [isUser, filter] }),
      attributes: [...attributes],
      sizeLimit,
    });
    return searchEntries;
  } catch (error) {
    if (resultCodeOf(error) === CODE.sizeLimitExceeded) return 'too_many';
    throw error;
  }
}

const LIST_MAX = 200;

/** Distinguished names of the groups that it is in, directly or through groups, sorted; undefined where there are too many to list. */
export async function findGroupNames(
  client: Client,
  settings: AdSettings,
  { dn }: AccountReading,
): Promise<readonly string[] | undefined> {
  try {
    const options = { scope: 'sub' as const, filter: inChain('member', dn), attributes: ['1.1'], sizeLimit: LIST_MAX };
    const { searchEntries } = await client.search(settings.baseDn, options);
    return searchEntries.map(entry => entry.dn).sort();
  } catch (error) {
    if (resultCodeOf(error) === CODE.sizeLimitExceeded) return undefined;
    throw error;
  }
}

/** Whoever is in it, and in what is in it, to any depth. */
function inChain(matchType: string, value: string): Filter {
  return new ExtensibleFilter({ rule: '1.2.840.113556.1.4.1941', matchType, value });
}

export const ADMINISTRATORS_SID = 'S-1-5-32-544';
/** Members by their primary group stand in no list: Domain Admins, Enterprise Admins. */
const PRIMARY_ADMINS = ['512', '519'];

/** Whether another account that is enabled administers the domain; undefined where that cannot be read. */
export async function hasOtherAdministrator(
  client: Client,
  settings: AdSettings,
  account: AccountReading,
): Promise<boolean | undefined> {
  const group = await readEntry(client, `<SID=${ADMINISTRATORS_SID}>`, ['objectGUID'], []);
  if (group === undefined) return undefined;
  const disabled = new ExtensibleFilter({
    rule: '1.2.840.113556.1.4.803',
    matchType: 'userAccountControl',
    value: String(FLAG.disabled),
  });
  const filter = new AndFilter({
    filters: [
      new OrFilter({
        filters: [
          inChain('memberOf', group.dn),
          ...PRIMARY_ADMINS.map(value => new EqualityFilter({ attribute: 'primaryGroupID', value })),
        ],
      }),
      new NotFilter({ filter: disabled }),
    ],
  });
  const found = await search(client, settings, filter, ['1.1'], 2);
  return found === 'too_many' || found.some(({ dn }) => !sameDn(dn, account.dn));
}

/** A set of names as one bounded text: how many, and a digest. */
export function setText(names: readonly string[]): string {
  return `${names.length} ${createHash('sha256').update(JSON.stringify(names)).digest('hex')}`;
}
