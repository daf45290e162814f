import { type At, dig, digFirst, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity } from '../shared/draft.ts';
import { putAccount, putKey } from './principal.ts';

const SERVICE_ACCOUNT = /\/serviceAccounts\/([^/\s]+@[^/\s]+)$/;

/** The resource: a service account by its address, anything else by its full name (AIP-122: `//service/name`). */
function putResource(draft: Draft, payload: At): void {
  const resource = dig(payload, 'resourceName');
  const text = textAt(resource);
  if (text === undefined) return;
  const account = SERVICE_ACCOUNT.exec(text)?.[1];
  if (account !== undefined) {
    putEntity(draft, 'nhi', 'target', resource, { part: account, machine: 'service_account' });
    return;
  }
  const service = textAt(dig(payload, 'serviceName'));
  // A name that does not begin with what owns it is unique only within its service.
  const isFull = text.startsWith('//') || /^(?:projects|organizations|folders|billingAccounts)\//.test(text);
  const value = isFull || service === undefined ? undefined : `//${service}/${text}`;
  putEntity(draft, 'cloud_resource', 'target', resource, { value });
}

/** Who was given, or lost, a role: the members of a change of policy. */
function putMembers(draft: Draft, payload: At): void {
  for (const key of ['serviceData', 'metadata']) {
    const delta = dig(payload, key, 'policyDelta') ?? dig(payload, key);
    for (const binding of each(dig(delta, 'bindingDeltas'))) putAccount(draft, dig(binding, 'member'), 'target');
  }
}

/** What was done to what: resource, project, members of a policy, and what the call made or asked for. */
export function putTargets(draft: Draft, root: At, payload: At): void {
  putResource(draft, payload);
  const labels = dig(root, 'resource', 'labels');
  const account = dig(labels, 'email_id');
  putEntity(draft, 'nhi', 'target', account, {
    vendorId: textAt(dig(labels, 'unique_id')),
    machine: 'service_account',
  });
  putEntity(draft, 'cloud_account', 'related', digFirst(labels, ['project_id', 'organization_id', 'folder_id']));
  putMembers(draft, payload);
  putKey(draft, dig(payload, 'response', 'name'), 'target');
  putKey(draft, dig(payload, 'request', 'name'), 'target');
  const made = dig(payload, 'response', 'email');
  putEntity(draft, 'nhi', 'target', made, {
    vendorId: textAt(dig(payload, 'response', 'unique_id')),
    machine: 'service_account',
  });
}
