import { type At, dig, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { normaliseIp } from '../shared/values.ts';

/** What an event's data calls each thing: Windows' and Sysmon's own names, then hayabusa's short ones. */
const NAMES = {
  actor: ['SubjectUserName', 'User', 'SrcUser', 'UserName'],
  target: ['TargetUserName', 'TgtUser'],
  process: ['NewProcessName', 'Image', 'ProcessName', 'Proc'],
  command: ['CommandLine', 'ProcessCommandLine', 'Cmdline'],
  file: ['TargetFilename', 'ImageLoaded', 'Path'],
  hashes: ['Hashes', 'Hash', 'SHA256'],
  from: ['SourceIp', 'IpAddress', 'SrcIP'],
  to: ['DestinationIp', 'DestAddress', 'TgtIP', 'DestIP'],
  fromPort: ['SourcePort', 'IpPort', 'SrcPort'],
  toPort: ['DestinationPort', 'DestPort', 'TgtPort'],
  domain: ['QueryName', 'DestinationHostname', 'Query'],
} as const;

type Name = keyof typeof NAMES;
/** Finds a value of an event by its name. */
export type Find = (key: string) => At | undefined;

/** Puts what an event's data says, by its names. Only these: a rule's own words are no data. */
export function putEventData(draft: Draft, find: Find): void {
  const first = (name: Name): At | undefined => {
    for (const key of NAMES[name]) {
      const at = find(key);
      if (textAt(at) !== undefined) return at;
    }
    return undefined;
  };
  putIdentity(draft, 'actor', first('actor'), { domain: bare(first('actor'), find('SubjectDomainName')) });
  putIdentity(draft, 'target', first('target'), { domain: bare(first('target'), find('TargetDomainName')) });
  for (const [name, field, kind] of [
    ['process', 'process', 'process'],
    ['command', 'command_line', 'command_line'],
  ] as const) {
    putField(draft, field, first(name));
    putEntity(draft, kind, 'actor', first(name));
  }
  putField(draft, 'file_path', first('file'));
  putEntity(draft, 'file', 'related', first('file'));
  putHashes(draft, first('hashes'));
  putAddress(draft, 'src', first('from'), first('fromPort'));
  putAddress(draft, 'dst', first('to'), first('toPort'));
  putField(draft, 'domain', first('domain'));
  putEntity(draft, 'domain', 'related', first('domain'));
}

function bare(name: At | undefined, domain: At | undefined): string | undefined {
  return /[\\@]/.test(textAt(name) ?? '') ? undefined : textAt(domain);
}

/** `SHA256=…,MD5=…` (Sysmon), or a digest alone. */
function putHashes(draft: Draft, at: At | undefined): void {
  if (at === undefined) return;
  for (const [, name, digest] of (textAt(at) ?? '')
    .slice(0, 1_024)
    .matchAll(/(?:^|[,\s])(?:([A-Z0-9]+)=)?([0-9A-Fa-f]{32,64})\b/g)) {
    if (name === 'IMPHASH') continue;
    putEntity(draft, 'hash', 'related', at, { part: digest });
    if (digest?.length === 64) putField(draft, 'hash_sha256', at, digest);
  }
}

function putAddress(draft: Draft, side: 'src' | 'dst', at: At | undefined, port: At | undefined): void {
  if (at === undefined || normaliseIp(textAt(at) ?? '') === undefined) return;
  putField(draft, `${side}_ip`, at);
  putEntity(draft, 'ip', side === 'src' ? 'actor' : 'target', at);
  if (/^\d{1,5}$/.test(textAt(port) ?? '') && textAt(port) !== '0') putField(draft, `${side}_port`, port);
}

/** Looks in several objects, the first that has the key wins. */
export function inAny(...objects: readonly (At | undefined)[]): Find {
  return key => {
    for (const one of objects) {
      const at = dig(one, key);
      if (textAt(at) !== undefined) return at;
    }
    return undefined;
  };
}

/** `Proc: a ¦ Cmdline: b`: how hayabusa writes details into a cell of CSV. Each leads to the cell. */
export function pairsOfDetails(cell: At | undefined): At | undefined {
  if (cell === undefined || typeof cell.value !== 'string') return cell;
  const pairs: { [name: string]: string } = Object.create(null) as { [name: string]: string };
  for (const pair of cell.value.split(' ¦ ', PAIRS_MAX)) {
    const colon = pair.indexOf(': ');
    if (colon > 0) pairs[pair.slice(0, colon)] ??= pair.slice(colon + 2);
  }
  return { value: pairs, pointer: cell.pointer, isInText: true };
}

const PAIRS_MAX = 256;
