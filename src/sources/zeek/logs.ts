import type { EntityRole } from '../../model/alert.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField, putOutcome } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { normaliseIp } from '../shared/values.ts';

type Reader = (draft: Draft, root: At) => void;

/** What each log says beyond its endpoints. Zeek, "Log files" (docs.zeek.org); a log that is not here has only those. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['dns', dns],
  ['http', http],
  ['ssl', ssl],
  ['files', files],
  ['notice', notice],
  ['ssh', ssh],
  ['kerberos', kerberos],
  ['ntlm', ntlm],
  ['smb_mapping', smbMapping],
  ['smb_files', smbFiles],
  ['dce_rpc', dceRpc],
  ['rdp', rdp],
  ['smtp', smtp],
  ['ftp', ftp],
  ['dhcp', dhcp],
  ['intel', intel],
  ['radius', (draft, root) => putIdentity(draft, 'actor', dig(root, 'username'))],
  ['socks', (draft, root) => putIdentity(draft, 'actor', dig(root, 'user'))],
]);

/** Reads what an entry of this log says beyond its endpoints. */
export function putLog(draft: Draft, root: At, path: string): void {
  READERS.get(path)?.(draft, root);
}

/** A name or an address that stands for a server. */
function putName(draft: Draft, at: At | undefined, role: EntityRole): void {
  const text = textAt(at);
  if (text === undefined) return;
  putEntity(draft, normaliseIp(text) === undefined ? 'domain' : 'ip', role, at);
  putField(draft, 'domain', normaliseIp(text) === undefined ? at : undefined);
}

/** Zeek writes a boolean as such in JSON and as T or F in its tab-separated form. */
function putDone(draft: Draft, at: At | undefined): void {
  const text = textAt(at)?.toLowerCase();
  if (text === 'true' || text === 't') putOutcome(draft, 'success', at);
  else if (text === 'false' || text === 'f') putOutcome(draft, 'failure', at);
}

function dns(draft: Draft, root: At): void {
  putEntity(draft, 'domain', 'related', dig(root, 'query'));
  putField(draft, 'domain', dig(root, 'query'));
  for (const answer of each(dig(root, 'answers'))) putEntity(draft, 'ip', 'related', answer);
}

function http(draft: Draft, root: At): void {
  putName(draft, dig(root, 'host'), 'target');
  putField(draft, 'url', dig(root, 'uri'));
  putField(draft, 'action', dig(root, 'method'));
  putIdentity(draft, 'actor', dig(root, 'username'));
  for (const key of ['orig_filenames', 'resp_filenames'])
    for (const name of each(dig(root, key))) putEntity(draft, 'file', 'related', name);
}

function ssl(draft: Draft, root: At): void {
  putName(draft, dig(root, 'server_name'), 'target');
}

function files(draft: Draft, root: At): void {
  for (const [key, field, role] of [
    ['tx_hosts', 'src_ip', 'actor'],
    ['rx_hosts', 'dst_ip', 'target'],
  ] as const)
    for (const host of each(dig(root, key))) {
      putField(draft, field, host);
      putEntity(draft, 'ip', role, host);
    }
  putFile(draft, dig(root, 'filename'), 'related');
  for (const algorithm of ['sha256', 'sha1', 'md5']) putEntity(draft, 'hash', 'related', dig(root, algorithm));
  putField(draft, 'hash_sha256', dig(root, 'sha256'));
}

function putFile(draft: Draft, at: At | undefined, role: EntityRole): void {
  putField(draft, 'file_path', at);
  putEntity(draft, 'file', role, at);
}

function notice(draft: Draft, root: At): void {
  for (const [key, field, role] of [
    ['src', 'src_ip', 'actor'],
    ['dst', 'dst_ip', 'target'],
  ] as const) {
    const address = dig(root, key);
    if (normaliseIp(textAt(address) ?? '') === undefined) continue;
    putField(draft, field, address);
    putEntity(draft, 'ip', role, address);
  }
  putField(draft, 'dst_port', dig(root, 'p'));
  for (const action of each(dig(root, 'actions'))) putField(draft, 'action', action);
}

function ssh(draft: Draft, root: At): void {
  putDone(draft, dig(root, 'auth_success'));
  putIdentity(draft, 'actor', dig(root, 'username'));
}

/** A principal is `name/REALM`; of a service `kind/host`. */
function kerberos(draft: Draft, root: At): void {
  const client = dig(root, 'client');
  const [name, realm] = (textAt(client) ?? '').split('/', 2);
  if (name !== undefined && name !== '') putIdentity(draft, 'actor', client, { part: name, domain: realm });
  putEntity(draft, 'service', 'target', dig(root, 'service'));
  putField(draft, 'action', dig(root, 'request_type'));
  putDone(draft, dig(root, 'success'));
}

function ntlm(draft: Draft, root: At): void {
  putIdentity(draft, 'actor', dig(root, 'username'), { domain: textAt(dig(root, 'domainname')) });
  putEntity(draft, 'host', 'related', dig(root, 'hostname'));
  putEntity(draft, 'host', 'target', dig(root, 'server_nb_computer_name'));
  putDone(draft, dig(root, 'success'));
}

function smbMapping(draft: Draft, root: At): void {
  putFile(draft, dig(root, 'path'), 'target');
}

function smbFiles(draft: Draft, root: At): void {
  putField(draft, 'action', dig(root, 'action'));
  putFile(draft, dig(root, 'name'), 'target');
}

function dceRpc(draft: Draft, root: At): void {
  putEntity(draft, 'service', 'target', dig(root, 'endpoint'));
  putField(draft, 'action', dig(root, 'operation'));
}

function rdp(draft: Draft, root: At): void {
  putIdentity(draft, 'actor', dig(root, 'cookie'));
  putDone(draft, dig(root, 'auth_success'));
  putEntity(draft, 'host', 'related', dig(root, 'client_name'));
}

function smtp(draft: Draft, root: At): void {
  putField(draft, 'email_from', dig(root, 'mailfrom'));
  putField(draft, 'email_from', dig(root, 'from'));
  putEntity(draft, 'mailbox', 'actor', dig(root, 'mailfrom'));
  for (const to of each(dig(root, 'rcptto'))) {
    putField(draft, 'email_to', to);
    putEntity(draft, 'mailbox', 'target', to);
  }
  for (const url of each(dig(root, 'urls'))) putEntity(draft, 'url', 'related', url);
}

function ftp(draft: Draft, root: At): void {
  putIdentity(draft, 'actor', dig(root, 'user'));
  putField(draft, 'action', dig(root, 'command'));
}

function dhcp(draft: Draft, root: At): void {
  putEntity(draft, 'host', 'actor', dig(root, 'host_name'));
  putField(draft, 'host', dig(root, 'host_name'));
  for (const key of ['assigned_addr', 'client_addr']) {
    putField(draft, 'src_ip', dig(root, key));
    putEntity(draft, 'ip', 'actor', dig(root, key));
  }
}

/** A sighting of an indicator: what kind it is stands beside it. */
function intel(draft: Draft, root: At): void {
  const type = textAt(dig(root, 'seen.indicator_type') ?? dig(root, 'seen', 'indicator_type'));
  const at = dig(root, 'seen.indicator') ?? dig(root, 'seen', 'indicator');
  const kind = new Map([
    ['Intel::ADDR', 'ip'],
    ['Intel::DOMAIN', 'domain'],
    ['Intel::URL', 'url'],
    ['Intel::FILE_HASH', 'hash'],
    ['Intel::EMAIL', 'mailbox'],
  ] as const).get((type ?? '') as 'Intel::ADDR');
  if (kind !== undefined) putEntity(draft, kind, 'related', at);
  if (kind === 'domain') putField(draft, 'domain', at);
  if (kind === 'url') putField(draft, 'url', at);
}
