import type { EntityKind, EntityRole } from '../../model/alert.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';

/** What a resource is, and the end of its ARN by which AWS's other products name it. */
const KINDS: ReadonlyMap<string, { readonly kind: EntityKind; readonly tail?: RegExp }> = new Map<
  string,
  { readonly kind: EntityKind; readonly tail?: RegExp }
>([
  ['AwsEc2Instance', { kind: 'cloud_resource', tail: /\binstance\/(i-[0-9a-f]+)$/ }],
  ['AwsEc2Volume', { kind: 'cloud_resource', tail: /\bvolume\/(vol-[0-9a-f]+)$/ }],
  ['AwsEc2SecurityGroup', { kind: 'cloud_resource', tail: /\bsecurity-group\/(sg-[0-9a-f]+)$/ }],
  ['AwsEc2Vpc', { kind: 'cloud_resource', tail: /\bvpc\/(vpc-[0-9a-f]+)$/ }],
  ['AwsRdsDbInstance', { kind: 'database', tail: /:db:([^:/]+)$/ }],
  ['AwsRdsDbCluster', { kind: 'database', tail: /:cluster:([^:/]+)$/ }],
  ['AwsAccount', { kind: 'cloud_account', tail: /:(\d{12})$/ }],
]);

/** `ResourceRole` is the format's own word for the part that a resource plays. */
function roleOf(resource: At): EntityRole {
  return textAt(dig(resource, 'ResourceRole')) === 'Actor' ? 'actor' : 'target';
}

/** The resources of a finding, each by its `Type`. */
export function putResources(draft: Draft, finding: At): void {
  const resources = each(dig(finding, 'Resources'));
  for (const resource of resources) putResource(draft, resource);
}

function putResource(draft: Draft, resource: At): void {
  const id = dig(resource, 'Id');
  const role = roleOf(resource);
  switch (textAt(dig(resource, 'Type'))) {
    case 'AwsIamAccessKey':
      putKey(draft, resource);
      return;
    case 'AwsIamUser':
      putEntity(draft, 'user', role, id, { vendorId: textAt(dig(resource, 'Details', 'AwsIamUser', 'UserId')) });
      putField(draft, 'user', dig(resource, 'Details', 'AwsIamUser', 'UserName'));
      return;
    case 'AwsIamRole':
      putEntity(draft, 'nhi', role, id, {
        vendorId: textAt(dig(resource, 'Details', 'AwsIamRole', 'RoleId')),
        machine: 'role',
      });
      return;
    default:
      putThing(draft, resource, role);
  }
}

function putThing(draft: Draft, resource: At, role: EntityRole): void {
  const id = dig(resource, 'Id');
  const known = KINDS.get(textAt(dig(resource, 'Type')) ?? '');
  const part = known?.tail?.exec(textAt(id) ?? '')?.[1];
  putEntity(draft, known?.kind ?? 'cloud_resource', role, id, part === undefined ? {} : { part });
  const instance = dig(resource, 'Details', 'AwsEc2Instance');
  for (const key of ['IpV4Addresses', 'IpV6Addresses'])
    for (const address of each(dig(instance, key))) putEntity(draft, 'ip', role, address);
  const profile = dig(instance, 'IamInstanceProfileArn');
  putEntity(draft, 'nhi', 'related', profile, { machine: 'role' });
}

/** A key, and whose it is. A name is unique only within its account: where AWS gives the ARN, that is what is compared. */
function putKey(draft: Draft, resource: At): void {
  const key = dig(resource, 'Details', 'AwsIamAccessKey');
  const issuer = dig(key, 'SessionContext', 'SessionIssuer');
  const name = [dig(key, 'UserName'), dig(key, 'PrincipalName')].find(at => textAt(at) !== undefined);
  const account = textAt(dig(key, 'AccountId')) ?? textAt(dig(resource, 'AwsAccountId'));
  const isRole = /^(?:AssumedRole|Role)$/.test(textAt(dig(key, 'PrincipalType')) ?? '');
  // A role's principal id carries the session's name behind a colon.
  const vendorId = textAt(dig(key, 'PrincipalId'))?.split(':', 1)[0];
  const arn = dig(issuer, 'Arn');
  if (isRole && machineKindOf(textAt(arn) ?? '') === 'role')
    putEntity(draft, 'nhi', 'actor', arn, { vendorId, machine: 'role' });
  else {
    const value = arnOf(textAt(name), isRole, account);
    if (isRole) putEntity(draft, 'nhi', 'actor', name, { vendorId, value, machine: 'role' });
    else putEntity(draft, 'user', 'actor', name, { vendorId, value });
  }
  putField(draft, 'user', name);
  const id = textAt(dig(resource, 'Id'));
  const part = id === undefined ? undefined : /^(?:AWS::IAM::AccessKey:)?([A-Z0-9]{16,128})$/.exec(id)?.[1];
  const own = dig(key, 'AccessKeyId');
  if (textAt(own) !== undefined) putEntity(draft, 'access_key', 'actor', own, { machine: 'key' });
  else if (part !== undefined) putEntity(draft, 'access_key', 'actor', dig(resource, 'Id'), { part, machine: 'key' });
}

function arnOf(name: string | undefined, isRole: boolean, account: string | undefined): string | undefined {
  if (name === undefined || account === undefined || !/^[\w+=,.@-]+$/.test(name)) return undefined;
  return `arn:aws:iam::${account}:${isRole ? 'role' : 'user'}/${name}`.toLowerCase();
}
