import type { EntityKind, MachineKind } from '../../model/alert.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';

/** Request parameters that name what the call is about, as the services' API references define them. */
const PARAMETERS: readonly (readonly [string, EntityKind])[] = [
  ['accessKeyId', 'access_key'],
  ['roleArn', 'nhi'],
  ['roleName', 'nhi'],
  ['instanceProfileName', 'nhi'],
  ['policyArn', 'cloud_resource'],
  ['bucketName', 'cloud_resource'],
  ['functionName', 'cloud_resource'],
  ['instanceId', 'cloud_resource'],
  ['secretId', 'cloud_resource'],
  ['keyId', 'cloud_resource'],
  ['snapshotId', 'cloud_resource'],
  ['volumeId', 'cloud_resource'],
  ['imageId', 'cloud_resource'],
  ['groupId', 'cloud_resource'],
  ['groupName', 'cloud_resource'],
  ['dBInstanceIdentifier', 'database'],
  ['dBSnapshotIdentifier', 'cloud_resource'],
  ['trailName', 'cloud_resource'],
  ['name', 'cloud_resource'],
  ['detectorId', 'cloud_resource'],
  ['flowLogId', 'cloud_resource'],
  ['vpcId', 'cloud_resource'],
  ['repositoryName', 'cloud_resource'],
  ['clusterName', 'cloud_resource'],
];

/** What kind of machine identity a parameter names: the roles and keys of IAM. */
const MACHINES: ReadonlyMap<EntityKind, MachineKind> = new Map<EntityKind, MachineKind>([
  ['nhi', 'role'],
  ['access_key', 'key'],
]);

/** What the call was done to: the users, roles, keys and resources that its request and its answer name. */
export function putParameters(draft: Draft, root: At): void {
  const request = dig(root, 'requestParameters');
  const answer = dig(root, 'responseElements');
  const named = dig(request, 'userName');
  const created = dig(answer, 'user', 'arn');
  putEntity(draft, 'user', 'target', created, { vendorId: textAt(dig(answer, 'user', 'userId')) });
  if (textAt(created) === undefined) putUser(draft, root, named);
  // Where the caller has no user name of its own (a role, a service), the record's user is the one that the call names.
  putField(draft, 'user', named);
  const account = accountOf(root);
  for (const [key, kind] of PARAMETERS) {
    const at = dig(request, key);
    putEntity(draft, kind, 'target', at, {
      value: qualified(key, textAt(at), account),
      machine: MACHINES.get(kind),
    });
  }
  for (const item of each(dig(request, 'instancesSet', 'items')))
    putEntity(draft, 'cloud_resource', 'target', dig(item, 'instanceId'));
  putEntity(draft, 'access_key', 'target', dig(answer, 'accessKey', 'accessKeyId'), { machine: 'key' });
  putEntity(draft, 'access_key', 'target', dig(answer, 'credentials', 'accessKeyId'), { machine: 'key' });
  putEntity(draft, 'nhi', 'target', dig(answer, 'role', 'arn'), { machine: 'role' });
  putEntity(draft, 'session', 'target', dig(answer, 'assumedRoleUser', 'arn'), { machine: 'role' });
}

function accountOf(root: At): string | undefined {
  return textAt(dig(root, 'recipientAccountId')) ?? textAt(dig(root, 'userIdentity', 'accountId'));
}

/** Ids that AWS makes, and bucket names, are unique in the world; other names only within an account. */
const WORLDWIDE = /^(?:arn:|[a-z]{1,8}-[0-9a-f]{8,}$|A[A-Z]{3}[A-Z0-9]{12,}$)/;

function qualified(key: string, name: string | undefined, account: string | undefined): string | undefined {
  if (name === undefined || account === undefined || key === 'bucketName' || WORLDWIDE.test(name)) return undefined;
  return key === 'roleName' ? `arn:aws:iam::${account}:role/${name}`.toLowerCase() : `${account}:${name}`;
}

/** A bare user name is made comparable with the callers' ARNs by the account that the record names. */
function putUser(draft: Draft, root: At, named: At | undefined): void {
  const name = textAt(named);
  const account = accountOf(root);
  if (name === undefined) return;
  const partition = textAt(dig(root, 'userIdentity', 'arn'))?.split(':')[1] ?? 'aws';
  const isIam =
    textAt(dig(root, 'eventSource')) === 'iam.amazonaws.com' && account !== undefined && /^[\w+=,.@-]+$/.test(name);
  putEntity(
    draft,
    'user',
    'target',
    named,
    isIam ? { value: `arn:${partition}:iam::${account}:user/${name}`.toLowerCase() } : {},
  );
}
