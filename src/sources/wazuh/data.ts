import type { EntityRole } from '../../model/alert.ts';
import { type At, dig, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField, putOutcome, type TextField } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';
import { splitEndpoint } from '../shared/values.ts';

/** What decoders put under `data`: the static fields of Wazuh's documentation, and the names that EVE brings along. */
export function putData(draft: Draft, root: At): void {
  const data = dig(root, 'data');
  for (const key of ['srcip', 'src_ip']) putEndpoint(draft, dig(data, key), 'src_ip', 'src_port', 'actor');
  for (const key of ['dstip', 'dest_ip']) putEndpoint(draft, dig(data, key), 'dst_ip', 'dst_port', 'target');
  for (const key of ['srcport', 'src_port']) putField(draft, 'src_port', dig(data, key));
  for (const key of ['dstport', 'dest_port']) putField(draft, 'dst_port', dig(data, key));
  putUser(draft, dig(data, 'srcuser'), 'actor');
  putUser(draft, dig(data, 'dstuser'), 'target');
  putUser(draft, dig(data, 'user'), 'actor');
  putField(draft, 'action', dig(data, 'action'));
  putField(draft, 'url', dig(data, 'url'));
  putField(draft, 'command_line', dig(data, 'command'));
  putEntity(draft, 'command_line', 'actor', dig(data, 'command'));
  putField(draft, 'domain', dig(data, 'http', 'hostname'));
  putEntity(draft, 'domain', 'target', dig(data, 'http', 'hostname'));
  putAudit(draft, dig(data, 'audit'));
  putWindows(draft, dig(data, 'win', 'eventdata'));
  putFile(draft, dig(root, 'syscheck'));
  const status = textAt(dig(data, 'status'))?.toLowerCase();
  if (status === 'success' || status === 'failure') putOutcome(draft, status, dig(data, 'status'));
}

function putEndpoint(draft: Draft, at: At | undefined, ip: TextField, port: TextField, role: EntityRole): void {
  const text = textAt(at);
  const endpoint = text === undefined ? undefined : splitEndpoint(text);
  if (endpoint === undefined) return;
  putField(draft, ip, at, endpoint.ip);
  putField(draft, port, endpoint.port === undefined ? undefined : at, endpoint.port);
  putEntity(draft, 'ip', role, at, { part: endpoint.ip });
}

function putUser(draft: Draft, at: At | undefined, role: EntityRole, vendorId?: string): void {
  const name = textAt(at);
  if (name === undefined) return;
  const machine = machineKindOf(name) ?? machineKindOf(vendorId ?? '');
  putEntity(draft, machine === undefined ? 'user' : 'nhi', role, at, { vendorId, machine });
  putField(draft, 'user', at);
}

/** Linux audit records: who ran what. */
function putAudit(draft: Draft, audit: At | undefined): void {
  putField(draft, 'process', dig(audit, 'exe'));
  putEntity(draft, 'process', 'actor', dig(audit, 'exe'));
  putEntity(draft, 'file', 'target', dig(audit, 'file', 'name'));
  putField(draft, 'file_path', dig(audit, 'file', 'name'));
  const isDone = textAt(dig(audit, 'success'));
  if (isDone === 'yes' || isDone === 'no')
    putOutcome(draft, isDone === 'yes' ? 'success' : 'failure', dig(audit, 'success'));
}

/** Windows events: the names of the event's own data fields, first letter in lower case as Wazuh writes them. */
function putWindows(draft: Draft, event: At | undefined): void {
  putUser(draft, dig(event, 'targetUserName'), 'target', textAt(dig(event, 'targetUserSid')));
  putUser(draft, dig(event, 'subjectUserName'), 'actor', textAt(dig(event, 'subjectUserSid')));
  putUser(draft, dig(event, 'user'), 'actor');
  putEndpoint(draft, dig(event, 'ipAddress'), 'src_ip', 'src_port', 'actor');
  putField(draft, 'src_port', dig(event, 'ipPort'));
  putEndpoint(draft, dig(event, 'sourceIp'), 'src_ip', 'src_port', 'actor');
  putEndpoint(draft, dig(event, 'destinationIp'), 'dst_ip', 'dst_port', 'target');
  for (const key of ['image', 'newProcessName', 'processName']) {
    putField(draft, 'process', dig(event, key));
    putEntity(draft, 'process', 'actor', dig(event, key));
  }
  putField(draft, 'command_line', dig(event, 'commandLine'));
  putEntity(draft, 'command_line', 'actor', dig(event, 'commandLine'));
  putField(draft, 'file_path', dig(event, 'targetFilename'));
  putEntity(draft, 'file', 'target', dig(event, 'targetFilename'));
  const hashes = dig(event, 'hashes');
  for (const match of (textAt(hashes) ?? '').matchAll(/(SHA256|SHA1|MD5)=([0-9A-Fa-f]+)/g)) {
    putEntity(draft, 'hash', 'related', hashes, { part: match[2] });
    if (match[1] === 'SHA256') putField(draft, 'hash_sha256', hashes, match[2]);
  }
}

/** File integrity monitoring. */
function putFile(draft: Draft, check: At | undefined): void {
  putField(draft, 'file_path', dig(check, 'path'));
  putEntity(draft, 'file', 'target', dig(check, 'path'));
  putField(draft, 'action', dig(check, 'event'));
  for (const key of ['sha256_after', 'sha1_after', 'md5_after']) putEntity(draft, 'hash', 'target', dig(check, key));
  putField(draft, 'hash_sha256', dig(check, 'sha256_after'));
}
