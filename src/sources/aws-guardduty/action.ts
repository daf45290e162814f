import { type At, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField, putOutcome } from '../shared/draft.ts';
import { get } from './names.ts';

/** What was seen: an API call, a connection, a port probe, a look-up, a Kubernetes call or a database login. */
export function putAction(draft: Draft, service: At | undefined): void {
  const action = get(service, 'action');
  putField(draft, 'action', get(action, 'awsApiCallAction', 'api'));
  putCall(draft, get(action, 'awsApiCallAction'));
  putCall(draft, get(action, 'kubernetesApiCallAction'));
  putCall(draft, get(action, 'rdsLoginAttemptAction'));
  putConnection(draft, get(action, 'networkConnectionAction'));
  for (const probe of each(get(action, 'portProbeAction', 'portProbeDetails'))) {
    putRemote(draft, probe, 'src_ip');
    putField(draft, 'dst_port', get(probe, 'localPortDetails', 'port'));
  }
  const domain = get(action, 'dnsRequestAction', 'domain');
  putEntity(draft, 'domain', 'related', domain);
  putField(draft, 'domain', domain);
  putField(draft, 'action', get(action, 'kubernetesApiCallAction', 'verb'));
  putField(draft, 'action', get(action, 'actionType'));
  putProcess(draft, get(service, 'runtimeDetails', 'process'));
}

function putRemote(draft: Draft, from: At | undefined, field: 'src_ip' | 'dst_ip'): void {
  const remote = get(from, 'remoteIpDetails');
  const address = get(remote, 'ipAddressV4') ?? get(remote, 'ipAddressV6');
  putEntity(draft, 'ip', field === 'src_ip' ? 'actor' : 'related', address);
  putField(draft, field, address);
}

function putCall(draft: Draft, call: At | undefined): void {
  if (call === undefined) return;
  putRemote(draft, call, 'src_ip');
  for (const address of each(get(call, 'sourceIps'))) putEntity(draft, 'ip', 'actor', address);
  const error = get(call, 'errorCode');
  if (textAt(error) !== undefined) putOutcome(draft, 'failure', error);
  putEntity(draft, 'domain', 'related', get(call, 'domainDetails', 'domain'));
}

function putConnection(draft: Draft, connection: At | undefined): void {
  if (connection === undefined) return;
  const isInbound = textAt(get(connection, 'connectionDirection')) === 'INBOUND';
  putRemote(draft, connection, isInbound ? 'src_ip' : 'dst_ip');
  const local = get(connection, 'localIpDetails', 'ipAddressV4');
  putField(draft, isInbound ? 'dst_ip' : 'src_ip', local);
  putEntity(draft, 'ip', 'target', local);
  putField(draft, isInbound ? 'src_port' : 'dst_port', get(connection, 'remotePortDetails', 'port'));
  putField(draft, isInbound ? 'dst_port' : 'src_port', get(connection, 'localPortDetails', 'port'));
}

function putProcess(draft: Draft, process: At | undefined): void {
  const path = get(process, 'executablePath') ?? get(process, 'name');
  putEntity(draft, 'process', 'actor', path);
  putField(draft, 'process', path);
  const hash = get(process, 'executableSha256');
  putEntity(draft, 'hash', 'related', hash);
  putField(draft, 'hash_sha256', hash);
}
