import { putAddress } from '../shared/address.ts';
import { type At, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField, putOutcome } from '../shared/draft.ts';
import { get } from './names.ts';
import { putUser, type Reading } from './sign-in.ts';

/** Who asked for the change: a user, or an application by its service principal. */
function putInitiator(draft: Draft, outer: At, by: At | undefined): void {
  const user = get(by, 'user');
  const name = get(user, 'userPrincipalName');
  if (textAt(name) !== undefined || textAt(get(user, 'id')) !== undefined) {
    putUser(draft, name, get(user, 'id'), 'actor');
    putField(draft, 'user', name);
  }
  const app = get(by, 'app');
  const principal = [get(app, 'servicePrincipalName'), get(app, 'displayName'), get(app, 'servicePrincipalId')].find(
    one => textAt(one) !== undefined,
  );
  const vendorId = textAt(get(app, 'servicePrincipalId')) ?? textAt(get(app, 'appId'));
  putEntity(draft, 'nhi', 'actor', principal, { vendorId, machine: 'service_principal' });
  putField(draft, 'user', principal);
  const address = [get(user, 'ipAddress'), get(outer, 'callerIpAddress')].find(one => textAt(one) !== undefined);
  putAddress(draft, address, 'actor');
}

/**
 * A user by the principal name, which the change itself may be the first to give. A display name is no name to
 * compare by, for two may have the same: there the object id is.
 */
function putTargetUser(draft: Draft, target: At): void {
  const vendorId = textAt(get(target, 'id'));
  const principal = get(target, 'userPrincipalName');
  if (textAt(principal) !== undefined) {
    putEntity(draft, 'user', 'target', principal, { vendorId });
    return;
  }
  for (const property of each(get(target, 'modifiedProperties'))) {
    if (textAt(get(property, 'displayName')) !== 'UserPrincipalName') continue;
    const after = get(property, 'newValue');
    const part = /[^\s"[\],]{1,128}@[^\s"[\],]{1,128}/.exec(wordsOf(after))?.[0];
    if (part !== undefined) {
      putEntity(draft, 'user', 'target', after, { part, vendorId });
      return;
    }
  }
  const name = get(target, 'displayName');
  putEntity(draft, 'user', 'target', textAt(name) === undefined ? get(target, 'id') : name, {
    vendorId,
    value: vendorId?.toLowerCase(),
  });
}

function putTarget(draft: Draft, target: At): void {
  const vendorId = textAt(get(target, 'id'));
  const name = get(target, 'displayName');
  switch (textAt(get(target, 'type'))?.toLowerCase()) {
    case 'user':
      putTargetUser(draft, target);
      break;
    case 'serviceprincipal':
    case 'application':
      putEntity(draft, 'nhi', 'target', textAt(name) === undefined ? get(target, 'id') : name, {
        vendorId,
        machine: 'service_principal',
      });
      break;
    case 'device':
      putEntity(draft, 'host', 'target', name, { vendorId });
      break;
    default:
  }
  for (const property of each(get(target, 'modifiedProperties'))) putNewKeys(draft, property);
}

/** A key id as the property KeyDescription lists it: `[KeyIdentifier=…,KeyType=Password,…]`. */
const KEY = /KeyIdentifier=([0-9a-f-]{36})/gi;

function keysOf(at: At | undefined): readonly string[] {
  return [...wordsOf(at).matchAll(KEY)].map(match => match[1] ?? '');
}

/** The value of a property as text: most hold a list in JSON. */
function wordsOf(at: At | undefined): string {
  return typeof at?.value === 'object' ? JSON.stringify(at.value) : (textAt(at) ?? '');
}

/**
 * The credentials that a change gives an application: those that stand in its new value and not in the old one. A
 * sign-in with one of them carries the same key id.
 */
function putNewKeys(draft: Draft, property: At): void {
  if (textAt(get(property, 'displayName')) !== 'KeyDescription') return;
  const before = new Set(keysOf(get(property, 'oldValue')));
  const after = get(property, 'newValue');
  for (const key of keysOf(after))
    if (!before.has(key)) putEntity(draft, 'access_key', 'target', after, { part: key, machine: 'key' });
}

/** An entry of the directory's audit log. */
export function readAudit(draft: Draft, outer: At, entry: At): Reading {
  const activity = get(entry, 'activityDisplayName') ?? get(outer, 'operationName');
  putField(draft, 'action', activity);
  const result = get(entry, 'result');
  const said = textAt(result)?.toLowerCase();
  if (said === 'success') putOutcome(draft, 'success', result);
  else if (said === 'failure' || said === 'failed') putOutcome(draft, 'failure', result);
  putInitiator(draft, outer, get(entry, 'initiatedBy'));
  for (const target of each(get(entry, 'targetResources'))) putTarget(draft, target);
  const title = textAt(activity)?.trim() ?? 'Directory change';
  return { title, rule: title, severity: 'unknown', isAlert: false };
}
