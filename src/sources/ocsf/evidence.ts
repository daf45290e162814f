import type { EntityKind, EntityRole, MachineKind } from '../../model/alert.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';

/** A process names its parent, which names its own, and so on. */
const PARENTS_MAX = 4;

/** The objects that OCSF's classes and a finding's evidences share. */
export function putEvidence(draft: Draft, at: At, depth: number): void {
  putUser(draft, dig(at, 'actor', 'user'), 'actor');
  putProcess(draft, dig(at, 'actor', 'process'), 0);
  putUser(draft, dig(at, 'user'), 'target');
  putProcess(draft, dig(at, 'process'), 0);
  putEndpoint(draft, dig(at, 'src_endpoint'), 'src_ip', 'src_port', 'actor');
  putEndpoint(draft, dig(at, 'dst_endpoint'), 'dst_ip', 'dst_port', 'target');
  putDevice(draft, dig(at, 'device'));
  putFile(draft, dig(at, 'file'));
  putUrl(draft, dig(at, 'url'));
  putUrl(draft, dig(at, 'http_request', 'url'));
  const query = dig(at, 'query', 'hostname');
  putEntity(draft, 'domain', 'related', query);
  putField(draft, 'domain', query);
  putMail(draft, dig(at, 'email'));
  putEntity(draft, 'cloud_account', 'related', dig(at, 'cloud', 'account', 'uid'));
  for (const resource of each(dig(at, 'resources')))
    putEntity(draft, 'cloud_resource', 'target', dig(resource, 'uid') ?? dig(resource, 'name'));
  putEntity(draft, 'access_key', 'actor', dig(at, 'actor', 'user', 'credential_uid'), { machine: 'key' });
  if (depth === 0)
    for (const job of each(dig(at, 'finding_info', 'related_events'))) putObservables(draft, dig(job, 'observables'));
}

/** The kind that the record states by number, or by the word that a product puts in its place. */
function machineOf(type: string | undefined, word: string): MachineKind | undefined {
  if (/^(?:AssumedRole|Role)/i.test(word)) return 'role';
  if (type === '3') return 'system';
  if (type === '4' || /^(?:AWSService|service)/i.test(word)) return 'service_account';
  return undefined;
}

/** `type_id` 3 is a system account, 4 a service account (OCSF `user`). */
function putUser(draft: Draft, user: At | undefined, role: EntityRole): void {
  const type = textAt(dig(user, 'type_id'));
  const name = [dig(user, 'email_addr'), dig(user, 'name'), dig(user, 'uid')].find(one => textAt(one) !== undefined);
  const machine = machineOf(type, textAt(dig(user, 'type')) ?? '') ?? machineKindOf(textAt(name) ?? '');
  const vendorId = textAt(dig(user, 'uid'));
  if (machine === undefined) putEntity(draft, 'user', role, name, { vendorId });
  else putEntity(draft, 'nhi', role, name, { vendorId, machine });
  putField(draft, 'user', dig(user, 'name'));
}

function putProcess(draft: Draft, process: At | undefined, depth: number): void {
  if (process === undefined || depth > PARENTS_MAX) return;
  const name = dig(process, 'name') ?? dig(process, 'file', 'name') ?? dig(process, 'file', 'path');
  putEntity(draft, 'process', 'actor', name);
  putField(draft, 'process', dig(process, 'file', 'path') ?? name);
  putEntity(draft, 'command_line', 'actor', dig(process, 'cmd_line'));
  putField(draft, 'command_line', dig(process, 'cmd_line'));
  putHashes(draft, dig(process, 'file', 'hashes'));
  putUser(draft, dig(process, 'user'), 'actor');
  putProcess(draft, dig(process, 'parent_process'), depth + 1);
}

function putEndpoint(
  draft: Draft,
  endpoint: At | undefined,
  ip: 'src_ip' | 'dst_ip',
  port: 'src_port' | 'dst_port',
  role: EntityRole,
): void {
  putEntity(draft, 'ip', role, dig(endpoint, 'ip'));
  putField(draft, ip, dig(endpoint, 'ip'));
  putField(draft, port, dig(endpoint, 'port'));
  putEntity(draft, 'host', role, dig(endpoint, 'hostname'), { vendorId: textAt(dig(endpoint, 'uid')) });
  putEntity(draft, 'domain', role, dig(endpoint, 'domain'));
}

function putDevice(draft: Draft, device: At | undefined): void {
  const name = dig(device, 'hostname') ?? dig(device, 'name');
  putEntity(draft, 'host', 'target', name, { vendorId: textAt(dig(device, 'uid')) });
  putField(draft, 'host', name);
  putEntity(draft, 'ip', 'target', dig(device, 'ip'));
}

function putFile(draft: Draft, file: At | undefined): void {
  const path = dig(file, 'path') ?? dig(file, 'name');
  putEntity(draft, 'file', 'related', path);
  putField(draft, 'file_path', path);
  putHashes(draft, dig(file, 'hashes'));
}

/** `algorithm_id` 3 is SHA-256 (OCSF `fingerprint`). */
function putHashes(draft: Draft, hashes: At | undefined): void {
  for (const hash of each(hashes)) {
    putEntity(draft, 'hash', 'related', dig(hash, 'value'));
    if (textAt(dig(hash, 'algorithm_id')) === '3') putField(draft, 'hash_sha256', dig(hash, 'value'));
  }
}

function putUrl(draft: Draft, url: At | undefined): void {
  const text = dig(url, 'url_string') ?? dig(url, 'text');
  putEntity(draft, 'url', 'related', text);
  putField(draft, 'url', text);
  putEntity(draft, 'domain', 'related', dig(url, 'hostname'));
  putField(draft, 'domain', dig(url, 'hostname'));
}

function putMail(draft: Draft, email: At | undefined): void {
  putEntity(draft, 'mailbox', 'actor', dig(email, 'from'));
  putField(draft, 'email_from', dig(email, 'from'));
  for (const to of each(dig(email, 'to'))) {
    putEntity(draft, 'mailbox', 'target', to);
    putField(draft, 'email_to', to);
  }
}

/** OCSF `observable.type_id`. */
const OBSERVABLE: ReadonlyMap<string, EntityKind> = new Map<string, EntityKind>([
  ['1', 'host'],
  ['2', 'ip'],
  ['4', 'user'],
  ['5', 'mailbox'],
  ['6', 'url'],
  ['7', 'file'],
  ['8', 'hash'],
  ['9', 'process'],
  ['10', 'cloud_resource'],
  ['13', 'command_line'],
]);

export function putObservables(draft: Draft, list: At | undefined): void {
  for (const observable of each(list)) {
    const kind = OBSERVABLE.get(textAt(dig(observable, 'type_id')) ?? '');
    if (kind !== undefined) putEntity(draft, kind, 'related', dig(observable, 'value'));
  }
}
