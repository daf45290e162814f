import type { Alert } from '../../model/alert.ts';
import type { Predicate } from '../../model/claim.ts';

/** What of an alert decides its predicate: mapped fields only, never the text of the record. */
export type PredicateInput = Pick<Alert, 'fields' | 'rule' | 'title' | 'tactics' | 'entities'>;

interface Rule {
  readonly predicate: Predicate;
  /** Against the operation that the record names (`action`), case-insensitively. */
  readonly action: RegExp;
}

/**
 * Operation names of cloud and identity products, from their own references (CloudTrail event names, Okta System Log
 * event types, Entra activity names). The first that matches decides; the narrower stand first.
 */
const BY_ACTION: readonly Rule[] = [
  {
    predicate: 'mfa_changed',
    action:
      /^(enable|deactivate|delete|create|resync)(virtual)?mfadevice$|mfa\.factor|factor\.(activate|deactivate|update|reset)|security info/i,
  },
  { predicate: 'consent_granted', action: /consent|oauth2\.grant/i },
  {
    predicate: 'role_assigned',
    action:
      /^(attach|put)(user|role|group)policy$|^addusertogroup$|^updateassumerolepolicy$|^setdefaultpolicyversion$|privilege\.grant|group\.user_membership\.add|role ?assignment|add member to role|setiampolicy/i,
  },
  {
    predicate: 'credential_created',
    action:
      /^create(accesskey|loginprofile|user|keypair)$|^updateloginprofile$|^updateaccesskey$|^importkeypair$|^getfederationtoken$|api_token\.create|user\.lifecycle\.create|password\.update|serviceaccountkey|add service principal credentials/i,
  },
  { predicate: 'session_revoked', action: /session\.(end|clear|revoke)|revoke.*session|sign ?out|logout/i },
  { predicate: 'forward_rule_set', action: /inbox-?rule|forwarding/i },
  {
    predicate: 'storage_accessed',
    action:
      /^(get|put|delete|copy|list)objects?|^(get|put|delete)bucket|^listbuckets$|snapshotattribute$|^getsecretvalue$|filedownloaded|fileaccessed/i,
  },
];

const LOGIN =
  /log-?in|log-?on|logged (?:in|on)\b|accepted (?:password|publickey)|signin|sign-in|session\.start|authenticat|auth\.sso|user_auth|password spray|brute ?force/i;
const CLOUD_SOURCE = /^[a-z0-9-]+\.amazonaws\.com$|^[A-Z][A-Za-z]+[A-Z]/;

/**
 * What the alert says happened, decided by its mapped fields. Total: what no rule recognises is `detection_fired`,
 * which claims nothing but that the detection fired.
 */
export function predicateOf(alert: PredicateInput): Predicate {
  const action = alert.fields.action ?? '';
  const outcome = alert.fields.outcome;
  if (/^(block|blocked|deny|denied|drop|dropped|quarantined?)$/i.test(action)) return 'blocked';
  for (const rule of BY_ACTION) if (rule.action.test(action)) return rule.predicate;
  if (outcome !== undefined && (LOGIN.test(action) || LOGIN.test(alert.rule) || LOGIN.test(alert.title))) {
    return outcome === 'success' ? 'auth_succeeded' : 'auth_failed';
  }
  if (CLOUD_SOURCE.test(action)) return 'cloud_api_called';
  return byShape(alert);
}

/** By what the record holds, where it names no operation that we know. Only the plainest shapes. */
function byShape({ fields }: PredicateInput): Predicate {
  const action = (fields.action ?? '').toLowerCase();
  if (fields.command_line !== undefined && /process|exec|start|create/.test(action)) return 'process_started';
  if (fields.email_from !== undefined && fields.email_to !== undefined) return 'email_received';
  return 'detection_fired';
}
