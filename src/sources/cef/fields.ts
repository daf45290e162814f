import type { AlertField, EntityRole } from '../../model/alert.ts';
import { type At, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField, putOutcome, type TextField } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { hostOfUrl, normaliseDomain, normaliseHash, normaliseIp } from '../shared/values.ts';
import type { Extension } from './extension.ts';

/** What a custom string may be called, in the words of the vendors that use them, and the field that it then is. */
const LABELLED: readonly (readonly [RegExp, TextField])[] = [
  [/^(?:process )?command ?line$|^cmd ?line$/i, 'command_line'],
  [/^(?:file ?)?sha-?256(?: hash)?$/i, 'hash_sha256'],
  [/^(?:process|image)(?: ?name| ?path)?$/i, 'process'],
  [/^(?:full |target |malicious )?url$/i, 'url'],
  [/^(?:sender|from|email sender|mail from)$/i, 'email_from'],
  [/^(?:recipients?|to|email recipients?|mail to)$/i, 'email_to'],
];

/** The keys of the extension dictionary (CEF revision 25) that are fields or entities of ours. */
export function putMapped(draft: Draft, extension: Extension): void {
  putEndpoint(draft, extension, 'src', 'Source IPv6 Address', 'c6a2');
  putEndpoint(draft, extension, 'dst', 'Destination IPv6 Address', 'c6a3');
  putHosts(draft, extension);
  putIdentity(draft, 'actor', extension.get('suser'), {
    domain: textAt(extension.get('sntdom')),
    vendorId: textAt(extension.get('suid')),
  });
  putIdentity(draft, 'target', extension.get('duser'), {
    domain: textAt(extension.get('dntdom')),
    vendorId: textAt(extension.get('duid')),
  });
  putProcess(draft, extension.get('sproc'), 'actor');
  putProcess(draft, extension.get('dproc'), 'target');
  const path = extension.get('filePath') ?? extension.get('fname');
  putField(draft, 'file_path', path);
  putEntity(draft, 'file', 'related', path);
  putHash(draft, extension.get('fileHash'));
  putAddressOfWeb(draft, extension.get('request'));
  putField(draft, 'action', extension.get('act'));
  const outcome = extension.get('outcome');
  putOutcome(draft, outcomeOf(textAt(outcome)), outcome);
  for (const [label, field] of LABELLED) for (const at of extension.labelled(label)) putLabelled(draft, field, at);
}

function putEndpoint(draft: Draft, extension: Extension, side: 'src' | 'dst', label: string, key: string): void {
  const v6 = extension.get(`${key}Label`)?.value === label ? extension.get(key) : undefined;
  const role: EntityRole = side === 'src' ? 'actor' : 'target';
  for (const at of [extension.get(side), v6]) {
    if (at === undefined || normaliseIp(String(at.value)) === undefined) continue;
    putField(draft, `${side}_ip` as AlertField & TextField, at);
    putEntity(draft, 'ip', role, at);
  }
  const port = extension.get(side === 'src' ? 'spt' : 'dpt');
  if (/^\d{1,5}$/.test(textAt(port) ?? '')) putField(draft, side === 'src' ? 'src_port' : 'dst_port', port);
}

/** The device is an observer, unless the line names no other host or address: then it speaks of itself. */
function putHosts(draft: Draft, extension: Extension): void {
  const [device, from, to] = ['dvchost', 'shost', 'dhost'].map(key => extension.get(key));
  const isAlone = from === undefined && to === undefined && draft.fields.src_ip === undefined;
  putEntity(draft, 'host', isAlone ? 'target' : 'observer', device);
  putEntity(draft, 'ip', 'observer', extension.get('dvc'));
  for (const [at, role] of [
    [from, 'actor'],
    [to, 'target'],
  ] as const) {
    if (at === undefined) continue;
    putEntity(draft, normaliseIp(String(at.value)) === undefined ? 'host' : 'ip', role, at);
  }
  for (const at of [device, to, from]) putField(draft, 'host', at);
}

function putProcess(draft: Draft, at: At | undefined, role: EntityRole): void {
  putField(draft, 'process', at);
  putEntity(draft, 'process', role, at);
}

function putHash(draft: Draft, at: At | undefined): void {
  const text = textAt(at);
  if (text === undefined || normaliseHash(text) === undefined) return;
  putEntity(draft, 'hash', 'related', at);
  if (text.length === 64) putField(draft, 'hash_sha256', at);
}

/** A whole address is an entity and so is its host; a path alone is only the field. */
function putAddressOfWeb(draft: Draft, at: At | undefined): void {
  if (at === undefined) return;
  putField(draft, 'url', at);
  const host = hostOfUrl(String(at.value));
  if (host === undefined) return;
  putEntity(draft, 'url', 'related', at);
  if (normaliseDomain(host) === undefined) return;
  putEntity(draft, 'domain', 'related', at, { part: host });
  putField(draft, 'domain', at, host);
}

function putLabelled(draft: Draft, field: TextField, at: At): void {
  switch (field) {
    case 'hash_sha256':
      putHash(draft, at);
      return;
    case 'url':
      putAddressOfWeb(draft, at);
      return;
    case 'process':
      putProcess(draft, at, 'actor');
      return;
    case 'email_from':
    case 'email_to':
      if (!/^[^\s@<>]+@[^\s@<>]+$/.test(String(at.value))) return;
      putField(draft, field, at);
      putEntity(draft, 'mailbox', field === 'email_from' ? 'actor' : 'target', at);
      return;
    default:
      putField(draft, field, at);
      putEntity(draft, 'command_line', 'actor', at);
  }
}

function outcomeOf(text: string | undefined): 'success' | 'failure' | undefined {
  if (text === undefined) return undefined;
  if (/^(?:success(?:ful)?|\/success|succeeded|allowed|permitted|pass(?:ed)?)$/i.test(text)) return 'success';
  return /^(?:fail(?:ure|ed)?|\/failure|denied|blocked|rejected)$/i.test(text) ? 'failure' : undefined;
}
