import { type Client, EqualityFilter } from 'ldapts';
import { CODE, resultCodeOf } from '../shared/ldap/ldap-directory.ts';
import { guidText } from './binary.ts';
import { bytesOf, readEntry, SdFlagsControl, textsOf } from './read.ts';

/** What was read of the group that a system is set up for, and whether an account is directly in it. */
export interface GroupReading {
  readonly guid: string;
  readonly dn: string;
  readonly isMember: boolean;
  /** uSNChanged: moves with every member that comes or goes. Of this domain controller alone. */
  readonly version: string;
  readonly descriptor: Buffer;
}

/** Undefined where the group, or who is in it, cannot be read. */
export async function readGroup(client: Client, group: string, member: string): Promise<GroupReading | undefined> {
  const entry = await readEntry(
    client,
    group,
    ['objectGUID', 'objectClass', 'uSNChanged', 'nTSecurityDescriptor'],
    [new SdFlagsControl()],
  );
  if (entry === undefined || !textsOf(entry, 'objectClass').includes('group')) return undefined;
  const guid = guidText(bytesOf(entry, 'objectGUID')[0] ?? Buffer.alloc(0));
  const version = textsOf(entry, 'uSNChanged')[0];
  const descriptor = bytesOf(entry, 'nTSecurityDescriptor')[0];
  if (guid === undefined || version === undefined || descriptor === undefined) return undefined;
  return { guid, dn: entry.dn, version, descriptor, isMember: await isMember(client, entry.dn, member) };
}

/** Asked of the group itself, as its list may be longer than one answer is. */
async function isMember(client: Client, group: string, member: string): Promise<boolean> {
  const filter = new EqualityFilter({ attribute: 'member', value: member });
  try {
    return (await client.search(group, { scope: 'base', filter, attributes: ['1.1'] })).searchEntries.length > 0;
  } catch (error) {
    if (resultCodeOf(error) === CODE.noSuchObject) return false;
    throw error;
  }
}
