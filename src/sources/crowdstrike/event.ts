import type { EntityRole } from '../../model/alert.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';
import { putIdentity } from '../shared/identity.ts';
import { normaliseIp } from '../shared/values.ts';
import type { Falcon } from './form.ts';

/** The host, who acted, what ran, and the network, under the names that each interface gives them. */
export function putEvent(draft: Draft, falcon: Falcon): void {
  putHost(draft, falcon);
  putAccounts(draft, falcon);
  putProcess(draft, falcon);
  putNetwork(draft, falcon);
}

function putHost(draft: Draft, falcon: Falcon): void {
  const device = falcon.first(['device']);
  const name =
    dig(device, 'hostname') ??
    falcon.first(['Hostname', 'ComputerName', 'HostnameField', 'source_endpoint_host_name', 'hostname']);
  const id =
    dig(device, 'device_id') ??
    falcon.first(['AgentId', 'AgentIdString', 'SensorId', 'aid', 'agent_id', 'source_endpoint_sensor_id']);
  // A sensor event may carry no name: the sensor's id then stands for its host.
  putEntity(draft, 'host', 'target', name ?? (falcon.form === 'sensor' ? id : undefined), { vendorId: textAt(id) });
  putField(draft, 'host', name);
  putEntity(draft, 'host', 'target', falcon.first(['target_endpoint_host_name', 'TargetEndpointHostName']));
  const address = dig(device, 'local_ip') ?? falcon.first(['LocalIP', 'LocalAddressIP4']);
  if (falcon.form !== 'sensor') putEntity(draft, 'ip', 'related', address);
}

function putAccount(draft: Draft, role: EntityRole, at: At | undefined, domain?: At, sid?: At): void {
  putIdentity(draft, role, at, { domain: textAt(domain), vendorId: textAt(sid) });
}

function putAccounts(draft: Draft, falcon: Falcon): void {
  const domain = falcon.first(['logon_domain', 'LogonDomain', 'source_account_domain', 'SourceAccountDomain']);
  const sid = falcon.first(['user_id', 'UserSid', 'source_account_object_sid']);
  const isName = (at: At | undefined): boolean => textAt(at) !== undefined;
  const user = [
    falcon.first(['user_name']),
    falcon.first(['UserName']),
    falcon.first(['source_account_name', 'SourceAccountName']),
  ].find(isName);
  putAccount(draft, 'actor', user, domain, sid);
  if (user === undefined) putAccount(draft, 'actor', falcon.first(['UserId', 'UserUUID']));
  putAccount(
    draft,
    'target',
    falcon.first(['target_account_name', 'TargetAccountName']),
    falcon.first(['target_account_domain', 'TargetAccountDomain']),
  );
  // An audit event names whom it was done to in a list of keys and values.
  for (const pair of each(falcon.first(['AuditKeyValues']))) {
    const key = textAt(dig(pair, 'Key'));
    if (key === 'target_name' || key === 'target_username') putAccount(draft, 'target', dig(pair, 'ValueString'));
  }
}

/** Falcon writes a hash that it does not have as zeros. */
const NO_HASH = /^0+$/;

function putHash(draft: Draft, at: At | undefined): void {
  const text = textAt(at);
  if (text === undefined || NO_HASH.test(text)) return;
  putEntity(draft, 'hash', 'related', at);
  if (text.length === 64) putField(draft, 'hash_sha256', at);
}

function putProcess(draft: Draft, falcon: Falcon): void {
  const image = falcon.first(['filename', 'FileName', 'ImageFileName']);
  putField(draft, 'process', image);
  putEntity(draft, 'process', 'actor', image);
  const path = falcon.first(['filepath', 'FilePath', 'TargetFileName']);
  putField(draft, 'file_path', path);
  putEntity(draft, 'file', 'related', path);
  const line = falcon.first(['cmdline', 'CommandLine']);
  putField(draft, 'command_line', line);
  putEntity(draft, 'command_line', 'actor', line);
  const parent = falcon.first(['parent_details']);
  putEntity(
    draft,
    'process',
    'related',
    dig(parent, 'filename') ?? falcon.first(['ParentImageFileName', 'ParentBaseFileName']),
  );
  for (const key of [
    'sha256',
    'SHA256String',
    'SHA256HashData',
    'sha1',
    'SHA1String',
    'SHA1HashData',
    'md5',
    'MD5String',
    'MD5HashData',
  ])
    putHash(draft, falcon.first([key]));
}

function putAddress(draft: Draft, field: 'src_ip' | 'dst_ip', role: EntityRole, at: At | undefined): void {
  if (normaliseIp(textAt(at) ?? '') === undefined) return;
  putField(draft, field, at);
  putEntity(draft, 'ip', role, at);
}

function putNetwork(draft: Draft, falcon: Falcon): void {
  putAddress(
    draft,
    'src_ip',
    'actor',
    falcon.first(['source_endpoint_ip_address', 'source_endpoint_address_ip4', 'SourceEndpointIpAddress', 'UserIp']),
  );
  if (falcon.form === 'sensor') {
    // A sensor's own address is local, whichever side began.
    const isInbound = textAt(falcon.first(['ConnectionDirection'])) === '1';
    const local = falcon.first(['LocalAddressIP4', 'LocalAddressIP6']);
    const remote = falcon.first(['RemoteAddressIP4', 'RemoteAddressIP6']);
    putAddress(draft, isInbound ? 'dst_ip' : 'src_ip', isInbound ? 'target' : 'actor', local);
    putAddress(draft, isInbound ? 'src_ip' : 'dst_ip', isInbound ? 'actor' : 'target', remote);
    putField(draft, isInbound ? 'dst_port' : 'src_port', falcon.first(['LocalPort']));
    putField(draft, isInbound ? 'src_port' : 'dst_port', falcon.first(['RemotePort']));
  }
  putDomain(draft, falcon.first(['DomainName']));
  for (const access of each(falcon.first(['network_accesses', 'NetworkAccesses']))) {
    putAddress(draft, 'dst_ip', 'target', dig(access, 'remote_address') ?? dig(access, 'RemoteAddress'));
    putField(draft, 'dst_port', dig(access, 'remote_port') ?? dig(access, 'RemotePort'));
  }
  for (const request of each(falcon.first(['dns_requests', 'DnsRequests'])))
    putDomain(draft, dig(request, 'domain_name') ?? dig(request, 'DomainName'));
}

function putDomain(draft: Draft, at: At | undefined): void {
  putEntity(draft, 'domain', 'related', at);
  putField(draft, 'domain', at);
}

/** The Detects API keeps what happened in a list of behaviours; the first fills the fields. */
export function putBehaviours(draft: Draft, falcon: Falcon): void {
  for (const one of each(falcon.first(['behaviors']))) {
    putField(draft, 'rule_name', dig(one, 'display_name') ?? dig(one, 'scenario'));
    putAccount(draft, 'actor', dig(one, 'user_name'), undefined, dig(one, 'user_id'));
    putField(draft, 'process', dig(one, 'filename'));
    putEntity(draft, 'process', 'actor', dig(one, 'filename'));
    putField(draft, 'file_path', dig(one, 'filepath'));
    putEntity(draft, 'file', 'related', dig(one, 'filepath'));
    putField(draft, 'command_line', dig(one, 'cmdline'));
    putEntity(draft, 'command_line', 'actor', dig(one, 'cmdline'));
    putHash(draft, dig(one, 'sha256'));
    putHash(draft, dig(one, 'md5'));
  }
}
