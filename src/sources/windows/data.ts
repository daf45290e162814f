import type { EntityRole } from '../../model/alert.ts';
import { type At, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';
import { normaliseIp } from '../shared/values.ts';
import type { WindowsEvent } from './shape.ts';

/** Addresses of every host and of none: they say nothing about which one. */
const NO_PLACE = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|0\.0\.0\.0|::1?)$/;

/** Names in an event's data that hold one thing each, whichever event they stand in. */
const PROCESS_KEYS = ['NewProcessName', 'Image', 'SourceImage', 'ProcessName', 'Application', 'Process Name'];
const PARENT_KEYS = ['ParentImage', 'ParentProcessName'];
const SRC_IP_KEYS = ['IpAddress', 'SourceIp', 'SourceAddress', 'ClientAddress'];
const SRC_PORT_KEYS = ['IpPort', 'SourcePort'];
const DST_IP_KEYS = ['DestinationIp', 'DestAddress'];
const DST_PORT_KEYS = ['DestinationPort', 'DestPort'];
const FILE_KEYS: readonly (readonly [string, EntityRole])[] = [
  ['TargetFilename', 'target'],
  ['ImageLoaded', 'related'],
  ['RelativeTargetName', 'target'],
];
const CLIENT_KEYS = ['WorkstationName', 'Workstation', 'ClientName'];

function first(event: WindowsEvent, keys: readonly string[]): At | undefined {
  for (const key of keys) {
    const at = event.data(key);
    if (textAt(at) !== undefined) return at;
  }
  return undefined;
}

/** Everything but the accounts: process, files, hashes, addresses, names, sessions. */
export function putData(draft: Draft, event: WindowsEvent): void {
  putProcess(draft, event);
  putFiles(draft, event);
  putNetwork(draft, event);
  putSession(draft, event);
}

/** Windows tells paths apart without regard to case. */
function putPath(
  draft: Draft,
  kind: 'process' | 'file',
  role: EntityRole,
  at: At | undefined,
  vendorId?: string,
): void {
  const path = textAt(at);
  if (path !== undefined) putEntity(draft, kind, role, at, { value: path.toLowerCase(), vendorId });
}

function putProcess(draft: Draft, event: WindowsEvent): void {
  const image = first(event, PROCESS_KEYS);
  putField(draft, 'process', image);
  putPath(draft, 'process', 'actor', image, guidOf(event, ['ProcessGuid', 'SourceProcessGUID', 'SourceProcessGuid']));
  putPath(
    draft,
    'process',
    'target',
    event.data('TargetImage'),
    guidOf(event, ['TargetProcessGUID', 'TargetProcessGuid']),
  );
  putPath(draft, 'process', 'related', first(event, PARENT_KEYS), guidOf(event, ['ParentProcessGuid']));
  const line = event.data('CommandLine');
  putField(draft, 'command_line', line);
  putEntity(draft, 'command_line', 'actor', line);
}

/** Sysmon's id of a process, unique across hosts and restarts; all zeros where it has none. */
function guidOf(event: WindowsEvent, keys: readonly string[]): string | undefined {
  const guid = textAt(first(event, keys));
  return guid === undefined || /^\{?[0-]+\}?$/.test(guid) ? undefined : guid;
}

const HASH = /\b(SHA256|SHA1|MD5)=([0-9A-Fa-f]{32,64})/g;
const HASHES_CHARS_MAX = 1_024;

function putFiles(draft: Draft, event: WindowsEvent): void {
  for (const [key, role] of FILE_KEYS) {
    const at = event.data(key);
    putField(draft, 'file_path', at);
    putPath(draft, 'file', role, at);
  }
  if (textAt(event.data('ObjectType'))?.toLowerCase() === 'file') {
    putField(draft, 'file_path', event.data('ObjectName'));
    putPath(draft, 'file', 'target', event.data('ObjectName'));
  }
  const hashes = first(event, ['Hashes', 'Hash']);
  for (const match of (textAt(hashes) ?? '').slice(0, HASHES_CHARS_MAX).matchAll(HASH)) {
    putEntity(draft, 'hash', 'related', hashes, { part: match[2] });
    if (match[1] === 'SHA256') putField(draft, 'hash_sha256', hashes, match[2]);
  }
  putTask(draft, event);
  putServiceFile(draft, first(event, ['ServiceFileName', 'ImagePath']));
  const service = event.data('ServiceName');
  // Of a Kerberos ticket the service is an account.
  if (event.data('TicketOptions') === undefined) putEntity(draft, 'service', 'target', service);
}

const TASK_CHARS_MAX = 16_384;

/** What a scheduled task runs: its definition is XML in a field, whose program and arguments are taken as they stand. */
function putTask(draft: Draft, event: WindowsEvent): void {
  const task = first(event, ['TaskContent', 'TaskContentNew']);
  const text = textAt(task)?.slice(0, TASK_CHARS_MAX);
  if (text === undefined) return;
  const program = /<Command>([^<]{1,1024})<\/Command>/.exec(text)?.[1];
  const line = /<Arguments>([^<]{1,8192})<\/Arguments>/.exec(text)?.[1];
  if (program !== undefined) {
    putField(draft, 'process', task, program);
    putEntity(draft, 'process', 'target', task, { part: program, value: program.toLowerCase() });
  }
  if (line === undefined) return;
  putField(draft, 'command_line', task, line);
  putEntity(draft, 'command_line', 'target', task, { part: line });
}

/** A program and what may follow it: of a service its file's name is a command line. */
const PROGRAM = /^"?([^"]{1,1024}?\.(?:exe|dll|sys|com|bat|cmd|ps1))(?=["\s]|$)/i;

function putServiceFile(draft: Draft, at: At | undefined): void {
  const text = textAt(at);
  if (text === undefined) return;
  const program = PROGRAM.exec(text)?.[1] ?? text;
  putField(draft, 'file_path', at, program);
  putEntity(draft, 'file', 'related', at, { part: program, value: program.toLowerCase() });
  if (program.length === text.length) return;
  putField(draft, 'command_line', at);
  putEntity(draft, 'command_line', 'related', at);
}

function putNetwork(draft: Draft, event: WindowsEvent): void {
  putAddress(draft, 'src_ip', 'actor', first(event, SRC_IP_KEYS));
  putAddress(draft, 'dst_ip', 'target', first(event, DST_IP_KEYS));
  putPort(draft, 'src_port', first(event, SRC_PORT_KEYS));
  putPort(draft, 'dst_port', first(event, DST_PORT_KEYS));
  const name = event.data('QueryName');
  putField(draft, 'domain', name);
  putEntity(draft, 'domain', 'related', name);
  putAnswers(draft, event.data('QueryResults'));
  const client = first(event, CLIENT_KEYS);
  if (client !== undefined && shortName(client) !== shortName(event.computer))
    putEntity(draft, 'host', 'related', client);
  const remote = event.data('DestinationHostname');
  if (textAt(remote)?.includes('.') === true) putEntity(draft, 'domain', 'related', remote);
}

function shortName(at: At | undefined): string | undefined {
  return textAt(at)?.toLowerCase().replace(/^\\\\/, '').split('.', 1)[0];
}

function putAddress(draft: Draft, field: 'src_ip' | 'dst_ip', role: EntityRole, at: At | undefined): void {
  const address = normaliseIp(textAt(at) ?? '');
  if (address === undefined) return;
  putField(draft, field, at);
  if (!NO_PLACE.test(address)) putEntity(draft, 'ip', role, at);
}

function putPort(draft: Draft, field: 'src_port' | 'dst_port', at: At | undefined): void {
  const text = textAt(at);
  if (text !== undefined && /^\d{1,5}$/.test(text) && text !== '0') putField(draft, field, at);
}

const ANSWERS_MAX = 16;

/** `type:  5 alias;::ffff:192.0.2.1;`: the addresses that a name was resolved to. */
function putAnswers(draft: Draft, at: At | undefined): void {
  for (const part of (textAt(at) ?? '').split(';', ANSWERS_MAX)) {
    const answer = part.trim();
    if (normaliseIp(answer) !== undefined) putEntity(draft, 'ip', 'related', at, { part: answer });
  }
}

/** Logon sessions that every host has: none, anonymous, local service, network service, local system. */
const WELL_KNOWN_SESSION = /^0x(?:0|3e[3-7])$/i;

/** A logon session, by whose id Windows itself relates the events of one host. */
function putSession(draft: Draft, event: WindowsEvent): void {
  const host = textAt(event.computer)?.toLowerCase();
  if (host === undefined) return;
  for (const key of ['SubjectLogonId', 'TargetLogonId', 'LogonId', 'LogonID']) {
    const at = event.data(key);
    const id = textAt(at)?.toLowerCase();
    if (id !== undefined && /^0x[0-9a-f]{1,16}$/.test(id) && !WELL_KNOWN_SESSION.test(id))
      putEntity(draft, 'session', 'related', at, { value: `${host}/${id}` });
  }
}
