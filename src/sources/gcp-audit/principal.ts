import type { EntityRole } from '../../model/alert.ts';
import { type At, dig, each, textAt } from '../shared/at.ts';
import { type Draft, putEntity, putField } from '../shared/draft.ts';
import { machineKindOf } from '../shared/machine.ts';

/** `user:kim@example.com`, `serviceAccount:a@b.iam.gserviceaccount.com`: the kinds of an IAM member that name one account. */
const MEMBER = /^(?:deleted:)?(user|serviceAccount):([^?\s]+)/;

/** An account by its address, bare or as a member of a policy. */
export function putAccount(draft: Draft, at: At | undefined, role: EntityRole, vendorId?: string): void {
  const text = textAt(at);
  if (text === undefined) return;
  const member = MEMBER.exec(text);
  const name = member?.[2] ?? text;
  const machine = member?.[1] === 'serviceAccount' ? 'service_account' : machineKindOf(name);
  // Clusters of Google's log who called by the name that Kubernetes gives; a group or a domain is no account.
  if (machine === undefined && member === null && !/^[^:\s]+@/.test(name)) return;
  putEntity(draft, machine === undefined ? 'user' : 'nhi', role, at, { part: name, machine, vendorId });
}

/** A key by its resource name, which the use of it has behind `//iam.googleapis.com/` and the making of it has bare. */
export function putKey(draft: Draft, at: At | undefined, role: EntityRole): void {
  const text = textAt(at);
  const name = text === undefined ? undefined : /projects\/[^/]+\/serviceAccounts\/[^/]+\/keys\/[^/]+$/.exec(text)?.[0];
  if (name !== undefined) putEntity(draft, 'access_key', role, at, { part: name, machine: 'key' });
}

/** A workload of another identity provider, or of a cluster, by its subject (`principal://…`). */
function putSubject(draft: Draft, subject: At | undefined): void {
  const text = textAt(subject);
  if (text === undefined) return;
  if (text.startsWith('principal://')) putEntity(draft, 'nhi', 'actor', subject, { machine: 'workload' });
  else putAccount(draft, subject, 'actor');
}

/** Who called: the principal, the key that it used, and those on whose behalf the service account was used. */
export function putPrincipal(draft: Draft, payload: At): void {
  const info = dig(payload, 'authenticationInfo');
  const email = dig(info, 'principalEmail');
  putAccount(draft, email, 'actor');
  putField(draft, 'user', email);
  if (textAt(email) === undefined) {
    putSubject(draft, dig(info, 'principalSubject'));
    putField(draft, 'user', dig(info, 'principalSubject'));
  }
  putKey(draft, dig(info, 'serviceAccountKeyName'), 'actor');
  for (const step of each(dig(info, 'serviceAccountDelegationInfo'))) {
    putAccount(draft, dig(step, 'firstPartyPrincipal', 'principalEmail'), 'actor');
    putSubject(draft, dig(step, 'principalSubject'));
  }
}
