import type { Severity } from '../../model/alert.ts';
import { putAddress } from '../shared/address.ts';
import { type At, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField, putOutcome } from '../shared/draft.ts';
import { severityOfWord } from '../shared/severity.ts';
import { get } from './names.ts';

/** What a record says, told apart by its kind. */
export interface Reading {
  readonly title: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly isAlert: boolean;
}

/** Risk as Entra ID Protection words it. `none` and `hidden` say nothing of how grave it is. */
export function putRisk(draft: Draft, level: At | undefined): Severity {
  const severity = severityOfWord(textAt(level));
  if (severity !== 'unknown') putField(draft, 'severity', level);
  return severity;
}

/** A user by the principal name, with the object id. A name is absent where Entra does not disclose it. */
export function putUser(draft: Draft, name: At | undefined, id: At | undefined, role: 'actor' | 'target'): void {
  putEntity(draft, 'user', role, textAt(name) === undefined ? id : name, { vendorId: textAt(id) });
}

/** Who signed in: a user, or a service principal (a managed identity is one) with the credential that it used. */
function putPrincipal(draft: Draft, entry: At): boolean {
  const id = get(entry, 'servicePrincipalId');
  const name = get(entry, 'servicePrincipalName');
  const principal = [name, id].find(one => textAt(one) !== undefined);
  const user = get(entry, 'userPrincipalName');
  if (principal === undefined || textAt(user) !== undefined) {
    putUser(draft, user, get(entry, 'userId'), 'actor');
    putField(draft, 'user', user);
    return false;
  }
  putEntity(draft, 'nhi', 'actor', principal, { vendorId: textAt(id), machine: 'service_principal' });
  putField(draft, 'user', principal);
  putEntity(draft, 'access_key', 'actor', get(entry, 'servicePrincipalCredentialKeyId'), { machine: 'key' });
  return true;
}

/** Where from: the device that Entra knows, the address and the session. */
function putOrigin(draft: Draft, outer: At, entry: At): void {
  const address = get(entry, 'ipAddress') ?? get(outer, 'callerIpAddress');
  putAddress(draft, address, 'actor');
  const device = get(entry, 'deviceDetail');
  putEntity(draft, 'host', 'related', get(device, 'displayName'), { vendorId: textAt(get(device, 'deviceId')) });
  putField(draft, 'host', get(device, 'displayName'));
  putEntity(draft, 'session', 'actor', get(entry, 'sessionId'));
}

/** Error code 0 is a sign-in; any other is none, also where Entra only interrupts it to ask for more. */
function putResult(draft: Draft, outer: At, entry: At): string | undefined {
  const code = get(entry, 'status', 'errorCode') ?? get(outer, 'resultType');
  const text = textAt(code);
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  putOutcome(draft, Number(text) === 0 ? 'success' : 'failure', code);
  return text;
}

export function readSignIn(draft: Draft, outer: At, entry: At): Reading {
  const isMachine = putPrincipal(draft, entry);
  putOrigin(draft, outer, entry);
  const code = putResult(draft, outer, entry);
  const app = get(entry, 'appDisplayName');
  const resource = get(entry, 'resourceDisplayName');
  putEntity(draft, 'service', 'related', app, { vendorId: textAt(get(entry, 'appId')) });
  putEntity(draft, 'service', 'target', resource, { vendorId: textAt(get(entry, 'resourceId')) });
  const severity = putRisk(draft, get(entry, 'riskLevelDuringSignIn'));
  const reason = textAt(get(entry, 'status', 'failureReason'));
  const into = textAt(resource) ?? textAt(app) ?? 'an application';
  const who = isMachine ? 'Service principal sign-in' : 'Sign-in';
  const isFailed = code !== undefined && Number(code) !== 0;
  return {
    title: isFailed ? `${who} to ${into} failed: ${reason ?? `error ${code}`}` : `${who} to ${into}`,
    rule: `${isMachine ? 'service-principal-sign-in' : 'sign-in'}:${code ?? 'unknown'}`,
    severity,
    isAlert: false,
  };
}

/** A detection of Entra ID Protection: a judgement, and so an alert. */
export function readRisk(draft: Draft, entry: At): Reading {
  const user = get(entry, 'userPrincipalName');
  putUser(draft, user, get(entry, 'userId'), 'actor');
  const principal = get(entry, 'servicePrincipalDisplayName');
  const vendorId = textAt(get(entry, 'servicePrincipalId'));
  putEntity(draft, 'nhi', 'actor', principal, { vendorId, machine: 'service_principal' });
  putField(draft, 'user', textAt(user) === undefined ? principal : user);
  putAddress(draft, get(entry, 'ipAddress'), 'actor');
  for (const key of each(get(entry, 'keyIds'))) putEntity(draft, 'access_key', 'related', key, { machine: 'key' });
  putField(draft, 'rule_name', get(entry, 'riskEventType'));
  const kind = textAt(get(entry, 'riskEventType')) ?? 'risk';
  return {
    title: `Risk detected: ${kind}`,
    rule: kind,
    severity: putRisk(draft, get(entry, 'riskLevel')),
    isAlert: true,
  };
}
