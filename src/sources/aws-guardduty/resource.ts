import type { EntityRole } from '../../model/alert.ts';
import { type At, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';
import { get } from './names.ts';

const ROLE_TYPES: ReadonlySet<string> = new Set(['AssumedRole', 'Role', 'AWSService']);

/** What the finding is about. `role` is the product's own word for the part that the resource plays. */
export function putResource(
  draft: Draft,
  resource: At | undefined,
  role: EntityRole,
  account: string | undefined,
): void {
  putKey(draft, get(resource, 'accessKeyDetails'), account);
  const instance = get(resource, 'instanceDetails');
  putEntity(draft, 'cloud_resource', role, get(instance, 'instanceId'));
  putEntity(draft, 'nhi', 'related', get(instance, 'iamInstanceProfile', 'arn'), { machine: 'role' });
  for (const card of each(get(instance, 'networkInterfaces'))) {
    putEntity(draft, 'ip', role, get(card, 'privateIpAddress'));
    putEntity(draft, 'ip', role, get(card, 'publicIp'));
  }
  for (const bucket of each(get(resource, 's3BucketDetails'))) {
    putEntity(draft, 'cloud_resource', role, get(bucket, 'arn') ?? get(bucket, 'name'));
  }
  putEntity(draft, 'cloud_resource', role, get(resource, 'eksClusterDetails', 'arn'));
  putEntity(draft, 'cloud_resource', role, get(resource, 'ecsClusterDetails', 'arn'));
  putEntity(draft, 'cloud_resource', role, get(resource, 'lambdaDetails', 'functionArn'));
  putKubernetes(draft, get(resource, 'kubernetesDetails', 'kubernetesUserDetails', 'username'));
  putEntity(draft, 'database', role, get(resource, 'rdsDbInstanceDetails', 'dbInstanceIdentifier'));
  const login = get(resource, 'rdsDbUserDetails', 'user');
  putEntity(draft, 'user', 'actor', login);
  putField(draft, 'user', login);
}

/** A name is unique only within its account: it is compared by the ARN that it has there. */
function arnOf(name: string | undefined, isRole: boolean, account: string | undefined): string | undefined {
  if (name === undefined || account === undefined || !/^[\w+=,.@-]+$/.test(name)) return undefined;
  return `arn:aws:iam::${account}:${isRole ? 'role' : 'user'}/${name}`.toLowerCase();
}

function putKey(draft: Draft, key: At | undefined, account: string | undefined): void {
  const name = get(key, 'userName');
  const isRole = ROLE_TYPES.has(textAt(get(key, 'userType')) ?? '');
  // A role's principal id carries the session's name behind a colon.
  const vendorId = textAt(get(key, 'principalId'))?.split(':', 1)[0];
  const value = arnOf(textAt(name), isRole, account);
  if (isRole) putEntity(draft, 'nhi', 'actor', name, { vendorId, value, machine: 'role' });
  else putEntity(draft, 'user', 'actor', name, { vendorId, value });
  putField(draft, 'user', name);
  putEntity(draft, 'access_key', 'actor', get(key, 'accessKeyId'), { machine: 'key' });
}

function putKubernetes(draft: Draft, name: At | undefined): void {
  const text = textAt(name);
  if (text === undefined) return;
  putField(draft, 'user', name);
  // Whoever says no name at all is no identity.
  if (text === 'system:anonymous') return;
  const machine = machineKindOf(text);
  putEntity(draft, machine === undefined ? 'user' : 'nhi', 'actor', name, { machine });
}
