import type { EntityKind } from '../../model/alert.ts';
import { putAddress } from '../shared/address.ts';
import { type At, dig, each, members, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';

/** What a finding says was seen: the call or connection, the network, the process, the malware, the indicators. */
export function putActivity(draft: Draft, finding: At): void {
  putAction(draft, dig(finding, 'Action'));
  putGuardDuty(draft, dig(finding, 'ProductFields'));
  putNetwork(draft, dig(finding, 'Network'));
  const process = dig(finding, 'Process');
  const path = dig(process, 'Path') ?? dig(process, 'Name');
  putEntity(draft, 'process', 'actor', path);
  putField(draft, 'process', path);
  for (const one of each(dig(finding, 'Malware'))) {
    putEntity(draft, 'file', 'related', dig(one, 'Path'));
    putField(draft, 'file_path', dig(one, 'Path'));
  }
  for (const one of each(dig(finding, 'ThreatIntelIndicators'))) putIndicator(draft, one);
}

/** `Action`: an API call, a connection, a look-up or probes of ports. */
function putAction(draft: Draft, action: At | undefined): void {
  const call = dig(action, 'AwsApiCallAction');
  putField(draft, 'action', dig(call, 'Api'));
  putAddress(draft, dig(call, 'RemoteIpDetails', 'IpAddressV4'), 'actor');
  const connection = dig(action, 'NetworkConnectionAction');
  const isInbound = textAt(dig(connection, 'ConnectionDirection')) === 'INBOUND';
  const remote = dig(connection, 'RemoteIpDetails', 'IpAddressV4');
  putAddress(draft, remote, isInbound ? 'actor' : 'related', isInbound ? 'src' : 'dst');
  putField(draft, isInbound ? 'src_port' : 'dst_port', dig(connection, 'RemotePortDetails', 'Port'));
  putField(draft, isInbound ? 'dst_port' : 'src_port', dig(connection, 'LocalPortDetails', 'Port'));
  for (const probe of each(dig(action, 'PortProbeAction', 'PortProbeDetails'))) {
    putAddress(draft, dig(probe, 'RemoteIpDetails', 'IpAddressV4'), 'actor');
    putField(draft, 'dst_port', dig(probe, 'LocalPortDetails', 'Port'));
  }
  const domain = dig(action, 'DnsRequestAction', 'Domain');
  putEntity(draft, 'domain', 'related', domain);
  putField(draft, 'domain', domain);
  putField(draft, 'action', dig(action, 'ActionType'));
}

/** GuardDuty's own finding, which Security Hub keeps as paths: `aws/guardduty/service/action/…`. */
function putGuardDuty(draft: Draft, fields: At | undefined): void {
  const isInbound = textAt(dig(fields, `${GUARDDUTY}networkConnectionAction/connectionDirection`)) === 'INBOUND';
  for (const [key, at] of members(fields)) {
    if (!key.startsWith(GUARDDUTY)) continue;
    const path = key.slice(GUARDDUTY.length);
    if (path.endsWith('remoteIpDetails/ipAddressV4')) {
      const isConnection = path.startsWith('networkConnectionAction/') && !isInbound;
      putAddress(draft, at, isConnection ? 'related' : 'actor', isConnection ? 'dst' : 'src');
    } else if (path === 'awsApiCallAction/api') putField(draft, 'action', at);
    else if (path === 'dnsRequestAction/domain') {
      putEntity(draft, 'domain', 'related', at);
      putField(draft, 'domain', at);
    }
  }
}

const GUARDDUTY = 'aws/guardduty/service/action/';

function putNetwork(draft: Draft, network: At | undefined): void {
  for (const version of ['V4', 'V6']) {
    putAddress(draft, dig(network, `SourceIp${version}`), 'actor');
    putAddress(draft, dig(network, `DestinationIp${version}`), 'target', 'dst');
  }
  putField(draft, 'src_port', dig(network, 'SourcePort'));
  putField(draft, 'dst_port', dig(network, 'DestinationPort'));
  putEntity(draft, 'domain', 'actor', dig(network, 'SourceDomain'));
  putEntity(draft, 'domain', 'target', dig(network, 'DestinationDomain'));
  putField(draft, 'domain', dig(network, 'DestinationDomain'));
}

const INDICATORS: ReadonlyMap<string, EntityKind> = new Map<string, EntityKind>([
  ['DOMAIN', 'domain'],
  ['EMAIL_ADDRESS', 'mailbox'],
  ['HASH_MD5', 'hash'],
  ['HASH_SHA1', 'hash'],
  ['HASH_SHA256', 'hash'],
  ['HASH_SHA512', 'hash'],
  ['IPV4_ADDRESS', 'ip'],
  ['IPV6_ADDRESS', 'ip'],
  ['PROCESS', 'process'],
  ['URL', 'url'],
]);

function putIndicator(draft: Draft, indicator: At): void {
  const type = textAt(dig(indicator, 'Type')) ?? '';
  const kind = INDICATORS.get(type);
  if (kind === undefined) return;
  putEntity(draft, kind, 'related', dig(indicator, 'Value'));
  if (type === 'HASH_SHA256') putField(draft, 'hash_sha256', dig(indicator, 'Value'));
}
