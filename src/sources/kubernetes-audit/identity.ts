import type { EntityRole, MachineKind } from '../../model/alert.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';

/** Groups that the API server gives to machines only. */
const GROUPS: ReadonlyMap<string, MachineKind> = new Map<string, MachineKind>([
  ['system:serviceaccounts', 'service_account'],
  ['system:nodes', 'computer'],
]);

/** Whoever says no name at all is no identity: all of them would be one. */
const NOBODY: ReadonlySet<string> = new Set(['system:anonymous', 'system:unauthenticated']);

function putUser(draft: Draft, user: At | undefined, role: EntityRole): void {
  const name = dig(user, 'username');
  const text = textAt(name);
  if (text === undefined || NOBODY.has(text)) return;
  const groups = each(dig(user, 'groups')).map(group => GROUPS.get(textAt(group) ?? ''));
  const machine = machineKindOf(text) ?? groups.find(kind => kind !== undefined);
  const vendorId = textAt(dig(user, 'uid'));
  putEntity(draft, machine === undefined ? 'user' : 'nhi', role, name, { vendorId, machine });
}

/** What a service account's token was bound to, and whom the cluster's cloud knows the caller as. */
function putExtra(draft: Draft, extra: At | undefined): void {
  const pod = dig(extra, 'authentication.kubernetes.io/pod-name');
  const vendorId = textAt(each(dig(extra, 'authentication.kubernetes.io/pod-uid'))[0]);
  for (const one of each(pod)) putEntity(draft, 'nhi', 'related', one, { machine: 'workload', vendorId });
  for (const one of each(dig(extra, 'authentication.kubernetes.io/node-name')))
    putEntity(draft, 'host', 'related', one);
  // EKS: the role, its session and the access key by which AWS knows the caller, as CloudTrail writes them.
  for (const one of each(dig(extra, 'canonicalArn'))) {
    const machine = machineKindOf(textAt(one) ?? '');
    putEntity(draft, machine === undefined ? 'user' : 'nhi', 'actor', one, { machine });
  }
  for (const one of each(dig(extra, 'arn')))
    if ((textAt(one) ?? '').includes(':assumed-role/')) putEntity(draft, 'session', 'actor', one, { machine: 'role' });
  for (const one of each(dig(extra, 'accessKeyId'))) putEntity(draft, 'access_key', 'actor', one, { machine: 'key' });
}

/** Who called, and whom it acted as: whoever impersonates is the actor, and the other the target. */
export function putUsers(draft: Draft, root: At): void {
  const user = dig(root, 'user');
  putUser(draft, user, 'actor');
  putField(draft, 'user', dig(user, 'username'));
  putExtra(draft, dig(user, 'extra'));
  putUser(draft, dig(root, 'impersonatedUser'), 'target');
}
