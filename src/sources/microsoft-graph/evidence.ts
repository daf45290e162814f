import type { EntityRole } from '../../model/alert.ts';
import { putAddress } from '../shared/address.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';
import { hostOfUrl } from '../shared/values.ts';

interface Walk {
  readonly draft: Draft;
  /** An alert about mail was about the accounts that got it. */
  readonly isMail: boolean;
}

type Reader = (walk: Walk, at: At) => void;

/** Evidence resource types of Microsoft Graph (`microsoft.graph.security.*`, v1.0 and beta), in lower case. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  [
    'user',
    ({ draft, isMail }, at) => putAccount(draft, dig(at, 'userAccount'), roleOf(at, isMail ? 'target' : 'actor')),
  ],
  ['device', device],
  ['ip', ip],
  ['file', ({ draft }, at) => putFile(draft, dig(at, 'fileDetails'), roleOf(at, 'related'))],
  ['filehash', fileHash],
  ['process', process],
  ['url', ({ draft }, at) => putUrl(draft, dig(at, 'url'), roleOf(at, 'related'))],
  ['dns', dns],
  ['mailbox', mailbox],
  ['analyzedmessage', message],
  ['networkconnection', connection],
  ['oauthapplication', oauthApplication],
  ['serviceprincipal', servicePrincipal],
  ['kubernetesserviceaccount', kubernetesServiceAccount],
  ['aiagent', aiAgent],
  ['cloudapplication', cloudApplication],
  ['cloudlogonsession', logonSession],
  ['hostlogonsession', logonSession],
  ['azureresource', ({ draft }, at) => putResource(draft, at, dig(at, 'resourceId'))],
  ['amazonresource', amazonResource],
  ['googlecloudresource', ({ draft }, at) => putResource(draft, at, dig(at, 'fullResourceName'))],
]);

/** What evidence is when the answer was asked for without OData annotations, told by the property that only it has. */
const TYPE_OF_PROPERTY: readonly (readonly [string, string])[] = [
  ['userAccount', 'user'],
  ['deviceDnsName', 'device'],
  ['ipAddress', 'ip'],
  ['processCommandLine', 'process'],
  ['imageFile', 'process'],
  ['fileDetails', 'file'],
  ['primaryAddress', 'mailbox'],
  ['networkMessageId', 'analyzedmessage'],
  ['url', 'url'],
];

/** Reads the evidence of an alert, each by its `@odata.type`. A type that is not listed stays in the raw record. */
export function putEvidence(draft: Draft, list: At | undefined): void {
  const all = each(list);
  const isMail = all.some(one => /^(?:mailbox|analyzedmessage)$/.test(typeOf(one)));
  for (const one of all) READERS.get(typeOf(one))?.({ draft, isMail }, one);
}

function typeOf(at: At): string {
  const stated = textAt(dig(at, '@odata.type'));
  if (stated !== undefined) return (stated.split('.').at(-1) ?? '').replace(/Evidence$/, '').toLowerCase();
  return TYPE_OF_PROPERTY.find(([property]) => dig(at, property) !== undefined)?.[1] ?? '';
}

/** The role that the product states for the evidence, else what its type usually is. */
function roleOf(at: At, otherwise: EntityRole): EntityRole {
  const roles = each(dig(at, 'roles')).map(role => (textAt(role) ?? '').toLowerCase());
  if (roles.some(role => role === 'attacker' || role === 'source' || role === 'attacked_from')) return 'actor';
  if (roles.some(role => ['compromised', 'attacked', 'destination', 'created', 'scanned'].includes(role)))
    return 'target';
  return roles.includes('contextual') ? 'related' : otherwise;
}

/** An account: a name is unique only within its domain, so it is compared by its principal name or with its domain. */
function putAccount(draft: Draft, account: At | undefined, role: EntityRole): void {
  const principal = dig(account, 'userPrincipalName');
  const source = textAt(principal) === undefined ? dig(account, 'accountName') : principal;
  const name = textAt(source);
  const sid = textAt(dig(account, 'userSid'));
  if (name === undefined) return;
  const vendorId = textAt(dig(account, 'azureAdUserId')) ?? sid;
  const machine = machineKindOf(name) ?? machineKindOf(sid ?? '');
  const value = qualified(name, textAt(dig(account, 'domainName')));
  putEntity(draft, machine === undefined ? 'user' : 'nhi', role, source, { vendorId, value, machine });
  if (machine === undefined) putField(draft, 'user', source);
}

function qualified(name: string, domain: string | undefined): string {
  const lower = name.toLowerCase();
  if (domain === undefined || lower.includes('@') || lower.includes('\\')) return lower;
  return domain.includes('.') ? `${lower}@${domain.toLowerCase()}` : `${domain.toLowerCase()}\\${lower}`;
}

function device({ draft }: Walk, at: At): void {
  const role = roleOf(at, 'target');
  const name = [dig(at, 'deviceDnsName'), dig(at, 'hostName')].find(one => textAt(one) !== undefined);
  const vendorId = textAt(dig(at, 'mdeDeviceId')) ?? textAt(dig(at, 'azureAdDeviceId'));
  putEntity(draft, 'host', role, name, { vendorId });
  putField(draft, 'host', name);
  for (const address of each(dig(at, 'ipInterfaces'))) putEntity(draft, 'ip', 'related', address);
  putEntity(draft, 'ip', 'related', dig(at, 'lastIpAddress'));
  for (const one of each(dig(at, 'loggedOnUsers'))) putLoggedOn(draft, one);
}

/** Who was logged on when the alert was raised: near it, and not said to have done it. */
function putLoggedOn(draft: Draft, at: At): void {
  const name = textAt(dig(at, 'accountName'));
  if (name === undefined) return;
  const machine = machineKindOf(name);
  const value = qualified(name, textAt(dig(at, 'domainName')));
  putEntity(draft, machine === undefined ? 'user' : 'nhi', 'related', dig(at, 'accountName'), { value, machine });
}

function ip({ draft }: Walk, at: At): void {
  const role = roleOf(at, 'related');
  putAddress(draft, dig(at, 'ipAddress'), role, role === 'target' ? 'dst' : 'src');
}

function putFile(draft: Draft, file: At | undefined, role: EntityRole): void {
  putEntity(draft, 'file', role, dig(file, 'fileName'));
  putField(draft, 'file_path', dig(file, 'filePath'));
  putHashes(draft, file);
}

function putHashes(draft: Draft, file: At | undefined): void {
  for (const algorithm of ['sha256', 'sha1', 'md5']) putEntity(draft, 'hash', 'related', dig(file, algorithm));
  putField(draft, 'hash_sha256', dig(file, 'sha256'));
}

function fileHash({ draft }: Walk, at: At): void {
  putEntity(draft, 'hash', roleOf(at, 'related'), dig(at, 'value'));
  if (/^sha256$/i.test(textAt(dig(at, 'algorithm')) ?? '')) putField(draft, 'hash_sha256', dig(at, 'value'));
}

function process({ draft }: Walk, at: At): void {
  const role = roleOf(at, 'actor');
  const image = dig(at, 'imageFile');
  putEntity(draft, 'process', role, dig(image, 'fileName'));
  putField(draft, 'process', dig(image, 'fileName'));
  putField(draft, 'file_path', dig(image, 'filePath'));
  putHashes(draft, image);
  putEntity(draft, 'command_line', role, dig(at, 'processCommandLine'));
  putField(draft, 'command_line', dig(at, 'processCommandLine'));
  putEntity(draft, 'process', 'related', dig(at, 'parentProcessImageFile', 'fileName'));
  putAccount(draft, dig(at, 'userAccount'), 'actor');
}

function putUrl(draft: Draft, at: At | undefined, role: EntityRole): void {
  putEntity(draft, 'url', role, at);
  putField(draft, 'url', at);
  const name = hostOfUrl(textAt(at) ?? '');
  if (name !== undefined) putEntity(draft, 'domain', role, at, { part: name });
}

function dns({ draft }: Walk, at: At): void {
  putEntity(draft, 'domain', roleOf(at, 'related'), dig(at, 'domainName'));
  putField(draft, 'domain', dig(at, 'domainName'));
}

function mailbox({ draft }: Walk, at: At): void {
  const account = dig(at, 'userAccount');
  const role = roleOf(at, 'target');
  const vendorId = textAt(dig(account, 'azureAdUserId'));
  putEntity(draft, 'mailbox', role, dig(at, 'primaryAddress'), { vendorId });
  putAccount(draft, account, role);
}

function message({ draft }: Walk, at: At): void {
  const sender = [dig(at, 'p2Sender', 'emailAddress'), dig(at, 'p1Sender', 'emailAddress')].find(
    one => textAt(one) !== undefined,
  );
  putEntity(draft, 'mailbox', 'actor', sender);
  putField(draft, 'email_from', sender);
  putEntity(draft, 'mailbox', 'target', dig(at, 'recipientEmailAddress'));
  putField(draft, 'email_to', dig(at, 'recipientEmailAddress'));
  putAddress(draft, dig(at, 'senderIp'), 'actor');
  putEntity(draft, 'message', 'related', dig(at, 'networkMessageId'));
  for (const one of each(dig(at, 'urls'))) putUrl(draft, one, 'related');
}

function connection({ draft }: Walk, at: At): void {
  putAddress(draft, dig(at, 'sourceAddress', 'ipAddress'), 'actor');
  putField(draft, 'src_port', dig(at, 'sourcePort'));
  putAddress(draft, dig(at, 'destinationAddress', 'ipAddress'), 'target', 'dst');
  putField(draft, 'dst_port', dig(at, 'destinationPort'));
}

function oauthApplication({ draft }: Walk, at: At): void {
  const vendorId = textAt(dig(at, 'objectId')) ?? textAt(dig(at, 'appId'));
  putEntity(draft, 'nhi', roleOf(at, 'actor'), dig(at, 'displayName'), { vendorId, machine: 'service_principal' });
}

function servicePrincipal({ draft }: Walk, at: At): void {
  const vendorId = textAt(dig(at, 'servicePrincipalObjectId')) ?? textAt(dig(at, 'appId'));
  const name = dig(at, 'servicePrincipalName');
  putEntity(draft, 'nhi', roleOf(at, 'actor'), name, { vendorId, machine: 'service_principal' });
}

/** Compared by the name that Kubernetes itself gives it, as its audit log does. */
function kubernetesServiceAccount({ draft }: Walk, at: At): void {
  const name = textAt(dig(at, 'name'));
  const space = textAt(dig(at, 'namespace', 'name'));
  const value = name === undefined || space === undefined ? undefined : `system:serviceaccount:${space}:${name}`;
  putEntity(draft, 'nhi', roleOf(at, 'actor'), dig(at, 'name'), { value, machine: 'service_account' });
}

function aiAgent({ draft }: Walk, at: At): void {
  const vendorId = textAt(dig(at, 'agentId'));
  const name = dig(at, 'agentName') ?? dig(at, 'agentId');
  putEntity(draft, 'nhi', roleOf(at, 'actor'), name, { vendorId, machine: 'bot' });
}

function cloudApplication({ draft }: Walk, at: At): void {
  putEntity(draft, 'service', roleOf(at, 'related'), dig(at, 'displayName'), { vendorId: textAt(dig(at, 'appId')) });
}

function logonSession({ draft, isMail }: Walk, at: At): void {
  putEntity(draft, 'session', roleOf(at, 'related'), dig(at, 'sessionId'));
  const account = dig(at, 'account', 'userAccount') ?? dig(at, 'account');
  putAccount(draft, account, isMail ? 'target' : 'related');
}

function putResource(draft: Draft, at: At, id: At | undefined): void {
  const text = textAt(id);
  // An Azure resource's id is compared without case, as Azure Resource Manager does.
  const value = text?.startsWith('/subscriptions/') === true ? text.toLowerCase() : undefined;
  putEntity(draft, 'cloud_resource', roleOf(at, 'target'), id, { value });
}

function amazonResource({ draft }: Walk, at: At): void {
  putEntity(draft, 'cloud_resource', roleOf(at, 'target'), dig(at, 'amazonResourceId'));
  putEntity(draft, 'cloud_account', 'related', dig(at, 'amazonAccountId'));
}
