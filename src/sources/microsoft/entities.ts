import type { EntityRole, MachineKind } from '../../model/alert.ts';
import { type At, dig, each, members, textAt } from '../shared/at.ts';
import { type Draft, type EntityOptions, putEntity, putField, warn } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';
import { hostOfUrl } from '../shared/values.ts';

/** How deep an entity may hold others (a process its parents, each with its file and hashes). */
const ENTITY_DEPTH_MAX = 12;

/** What an inline entity is when it carries no `Type`, told by the property that holds it. */
const KIND_OF_PROPERTY: ReadonlyMap<string, string> = new Map([
  ['ImageFile', 'file'],
  ['ParentProcess', 'process'],
  ['CreationProcess', 'process'],
  ['Account', 'account'],
  ['Host', 'host'],
  ['IpAddress', 'ip'],
  ['HostIpAddress', 'ip'],
  ['FileHashes', 'filehash'],
  ['Files', 'file'],
]);

interface Walk {
  readonly draft: Draft;
  /** `$id` → the entity that carries it, for the accounts and files that a process points to by `$ref`. */
  readonly byId: ReadonlyMap<string, At>;
  readonly isMail: boolean;
}

/**
 * Reads the `Entities` of a SecurityAlert. An entity is written out once, where it carries its `$id`, and elsewhere
 * stands `{"$ref": "…"}`; each is read where it is written out, and a reference that leads nowhere is a warning.
 */
export function putEntities(draft: Draft, list: At | undefined): void {
  const roots = each(list);
  const byId = new Map<string, At>();
  for (const root of roots) collectIds(root, byId, 0);
  const isMail = roots.some(root => /^(?:mailmessage|mailbox)$/.test(typeOf(root, undefined)));
  const walk: Walk = { draft, byId, isMail };
  for (const root of roots) {
    const reference = textAt(dig(root, '$ref'));
    if (reference !== undefined) {
      if (!byId.has(reference)) warn(draft, `an entity reference leads nowhere: ${root.pointer}`);
    } else visit(walk, root, undefined, 0);
  }
}

function collectIds(at: At, byId: Map<string, At>, depth: number): void {
  const id = textAt(dig(at, '$id'));
  if (id !== undefined && !byId.has(id)) byId.set(id, at);
  if (depth >= ENTITY_DEPTH_MAX) return;
  for (const [, member] of members(at)) {
    if (typeof member.value !== 'object') continue;
    for (const one of each(member)) if (typeof one.value === 'object') collectIds(one, byId, depth + 1);
  }
}

function typeOf(at: At, property: string | undefined): string {
  const stated = textAt(dig(at, 'Type'));
  return (stated ?? KIND_OF_PROPERTY.get(property ?? '') ?? '').toLowerCase();
}

function visit(walk: Walk, at: At, property: string | undefined, depth: number): void {
  if (depth > ENTITY_DEPTH_MAX) {
    warn(walk.draft, `entities nested deeper than ${ENTITY_DEPTH_MAX} are left in the record`);
    return;
  }
  if (dig(at, '$ref') !== undefined) return;
  READERS.get(typeOf(at, property).replace(/[^a-z]/g, ''))?.(walk, at);
  for (const [name, member] of members(at)) {
    if (!KIND_OF_PROPERTY.has(name) || typeof member.value !== 'object') continue;
    for (const one of each(member)) visit(walk, one, name, depth + 1);
  }
}

/** The role that the product states for an entity, else what its kind usually is in an alert of this kind. */
function roleOf(at: At, otherwise: EntityRole): EntityRole {
  const roles = each(dig(at, 'Roles')).map(role => (textAt(role) ?? '').toLowerCase());
  if (roles.some(role => role === 'attacker' || role === 'source')) return 'actor';
  if (roles.some(role => role === 'compromised' || role === 'destination' || role === 'created')) return 'target';
  return roles.includes('contextual') ? 'related' : otherwise;
}

type Reader = (walk: Walk, at: At) => void;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['account', account],
  ['host', host],
  ['ip', ip],
  ['process', process],
  ['file', file],
  ['filehash', fileHash],
  ['url', url],
  ['dns', dns],
  ['dnsresolution', dns],
  ['mailbox', mailbox],
  ['mailmessage', mailMessage],
  ['azureresource', azureResource],
  ['amazonresource', amazonResource],
  ['cloudapplication', cloudApplication],
  ['oauthapplication', oauthApplication],
  ['serviceprincipal', oauthApplication],
  ['cloudlogonsession', session],
  ['hostlogonsession', session],
]);

function account({ draft, isMail }: Walk, at: At): void {
  const principal = dig(at, 'UserPrincipalName') ?? dig(at, 'Upn');
  const named = dig(at, 'AccountName') ?? dig(at, 'Name');
  const label = textAt(principal) ?? textAt(named);
  const source = textAt(principal) === undefined ? named : principal;
  const sid = textAt(dig(at, 'Sid'));
  const vendorId = textAt(dig(at, 'AadUserId')) ?? sid ?? textAt(dig(at, 'ObjectGuid'));
  if (label === undefined) {
    if (sid !== undefined)
      putMachineOrUser(draft, machineKindOf(sid), roleOf(at, 'related'), dig(at, 'Sid'), { vendorId });
    return;
  }
  const domain = ['UPNSuffix', 'DomainName', 'DnsDomain', 'NTDomain']
    .map(key => textAt(dig(at, key)))
    .find(text => text !== undefined);
  const machine = machineKindOf(label) ?? machineKindOf(sid ?? '');
  const value = qualified(label, domain);
  const role = roleOf(at, machine !== undefined ? 'related' : isMail ? 'target' : 'actor');
  putMachineOrUser(draft, machine, role, source, { vendorId, value });
  if (machine === undefined) putField(draft, 'user', source);
}

function putMachineOrUser(
  draft: Draft,
  machine: MachineKind | undefined,
  role: EntityRole,
  at: At | undefined,
  options: EntityOptions,
): void {
  if (machine === undefined) putEntity(draft, 'user', role, at, options);
  else putEntity(draft, 'nhi', role, at, { ...options, machine });
}

/** A user name is unique only within its domain: `name@domain`, or `domain\name` for a NetBIOS domain. */
function qualified(name: string, domain: string | undefined): string {
  const lower = name.toLowerCase();
  if (domain === undefined || lower.includes('@') || lower.includes('\\')) return lower;
  return domain.includes('.') ? `${lower}@${domain.toLowerCase()}` : `${domain.toLowerCase()}\\${lower}`;
}

function host({ draft }: Walk, at: At): void {
  const named = [dig(at, 'HostName'), dig(at, 'NetBiosName'), dig(at, 'FQDN')].find(name => textAt(name) !== undefined);
  const vendorId = textAt(dig(at, 'MdatpDeviceId')) ?? textAt(dig(at, 'AadDeviceId')) ?? textAt(dig(at, 'AzureID'));
  putEntity(draft, 'host', roleOf(at, 'target'), named, { vendorId });
  putField(draft, 'host', named);
  putEntity(draft, 'ip', 'related', dig(at, 'LastIpAddress'));
}

function ip({ draft }: Walk, at: At): void {
  const address = dig(at, 'Address');
  const role = roleOf(at, 'related');
  putEntity(draft, 'ip', role, address);
  if (role === 'target') putField(draft, 'dst_ip', address);
  else putField(draft, 'src_ip', address);
}

function process({ draft, byId }: Walk, at: At): void {
  const line = dig(at, 'CommandLine');
  putEntity(draft, 'command_line', 'actor', line);
  putField(draft, 'command_line', line);
  const reference = textAt(dig(at, 'ImageFile', '$ref'));
  const image = reference === undefined ? dig(at, 'ImageFile') : byId.get(reference);
  const name = dig(image, 'Name');
  putEntity(draft, 'process', 'actor', name);
  putField(draft, 'process', name);
}

function file({ draft }: Walk, at: At): void {
  putEntity(draft, 'file', 'related', dig(at, 'Name'));
  putField(draft, 'file_path', dig(at, 'FullPath'));
}

function fileHash({ draft }: Walk, at: At): void {
  const value = dig(at, 'Value');
  putEntity(draft, 'hash', 'related', value);
  if (textAt(dig(at, 'Algorithm'))?.toUpperCase() === 'SHA256') putField(draft, 'hash_sha256', value);
}

function url({ draft }: Walk, at: At): void {
  putUrl(draft, dig(at, 'Url'));
}

function putUrl(draft: Draft, at: At | undefined): void {
  putEntity(draft, 'url', 'related', at);
  putField(draft, 'url', at);
  const name = hostOfUrl(textAt(at) ?? '');
  if (name !== undefined) putEntity(draft, 'domain', 'related', at, { part: name });
}

function dns({ draft }: Walk, at: At): void {
  const name = dig(at, 'DomainName');
  putEntity(draft, 'domain', 'related', name);
  putField(draft, 'domain', name);
}

function mailbox({ draft }: Walk, at: At): void {
  putEntity(draft, 'mailbox', 'target', dig(at, 'MailboxPrimaryAddress'), { vendorId: textAt(dig(at, 'AadId')) });
  putEntity(draft, 'user', 'target', dig(at, 'Upn'), { vendorId: textAt(dig(at, 'AadId')) });
  putField(draft, 'user', dig(at, 'Upn'));
}

function mailMessage({ draft }: Walk, at: At): void {
  const sender = [dig(at, 'P2Sender'), dig(at, 'P1Sender'), dig(at, 'Sender')].find(one => textAt(one) !== undefined);
  putEntity(draft, 'mailbox', 'actor', sender);
  putField(draft, 'email_from', sender);
  putEntity(draft, 'mailbox', 'target', dig(at, 'Recipient'));
  putField(draft, 'email_to', dig(at, 'Recipient'));
  putEntity(draft, 'ip', 'actor', dig(at, 'SenderIP'));
  putField(draft, 'src_ip', dig(at, 'SenderIP'));
  putEntity(draft, 'message', 'related', dig(at, 'NetworkMessageId'));
  for (const one of each(dig(at, 'Urls'))) putUrl(draft, one);
}

function azureResource({ draft }: Walk, at: At): void {
  putEntity(draft, 'cloud_resource', 'target', dig(at, 'ResourceId'));
}

function amazonResource({ draft }: Walk, at: At): void {
  putEntity(draft, 'cloud_resource', 'target', dig(at, 'AmazonResourceId') ?? dig(at, 'ResourceId'));
}

function cloudApplication({ draft }: Walk, at: At): void {
  putEntity(draft, 'service', 'related', dig(at, 'Name'), { vendorId: textAt(dig(at, 'AppId')) });
}

function oauthApplication({ draft }: Walk, at: At): void {
  const vendorId =
    textAt(dig(at, 'OAuthAppId')) ?? textAt(dig(at, 'ServicePrincipalObjectId')) ?? textAt(dig(at, 'AppId'));
  putEntity(draft, 'nhi', 'actor', dig(at, 'Name') ?? dig(at, 'ServicePrincipalName'), {
    vendorId,
    machine: 'service_principal',
  });
}

function session({ draft }: Walk, at: At): void {
  putEntity(draft, 'session', 'related', dig(at, 'SessionId'));
}
