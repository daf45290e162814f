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
  { predicate: 'email_clicked', action: /^click ?(?:allowed|blocked|permitted)$|^(?:url ?)?click(?:ed)?$/i },
  { predicate: 'forward_rule_set', action: /inbox-?rule|forwarding/i },
  {
    predicate: 'storage_accessed',
    action:
      /^(get|put|delete|copy|list)objects?|^(get|put|delete)bucket|^listbuckets$|snapshotattribute$|^getsecretvalue$|filedownloaded|fileaccessed/i,
  },
];

/**
 * Kinds of event that name what happened by themselves, under the rule that the source gives them: Sysmon and Windows
 * event ids, PowerShell's and the task scheduler's, Zeek's logs. Each from the product's own reference.
 */
const BY_EVENT: ReadonlyMap<string, Predicate> = new Map([
  ...entries('process_started', 'sysmon:1 windows:4688'),
  ...entries('script_executed', 'powershell:4103 powershell:4104'),
  ...entries('file_written', 'sysmon:11'),
  ...entries('file_deleted', 'sysmon:23 sysmon:26'),
  ...entries('registry_set', 'sysmon:12 sysmon:13 sysmon:14 windows:4657'),
  ...entries('service_installed', 'windows:4697 windows:7045'),
  ...entries('task_created', 'windows:4698 taskscheduler:106'),
  ...entries('net_connected', 'sysmon:3 windows:5156 zeek:conn'),
  ...entries('dns_queried', 'sysmon:22 zeek:dns'),
  ...entries('http_requested', 'zeek:http'),
  ...entries('blocked', 'windows:5152 windows:5157'),
  ...entries('credential_created', 'windows:4720'),
  ...entries('role_assigned', 'windows:4728 windows:4732 windows:4756'),
  ...entries('ioc_matched', 'zeek:intel'),
]);

function entries(predicate: Predicate, rules: string): readonly (readonly [string, Predicate])[] {
  return rules.split(' ').map(rule => [rule, predicate] as const);
}

/** Rules that compare with a list of indicators: GuardDuty's finding types, Elastic's and Sentinel's rule names. */
const INDICATOR =
  /\b(?:MaliciousIPCaller|TorIPCaller|MaliciousDomainRequest)\b|\b(?:threat[ _-]?intel\w*|indicator)[ _-]?match/i;

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
  const event = BY_EVENT.get(alert.rule);
  if (event !== undefined) return event;
  for (const rule of BY_ACTION) if (rule.action.test(action)) return rule.predicate;
  if (outcome !== undefined && (LOGIN.test(action) || LOGIN.test(alert.rule) || LOGIN.test(alert.title))) {
    return outcome === 'success' ? 'auth_succeeded' : 'auth_failed';
  }
  if (CLOUD_SOURCE.test(action)) return 'cloud_api_called';
  return byShape(alert);
}

/** What a database is asked for, as its audit names it. */
const DATABASE_USE = /^(?:select|insert|update|delete|copy|query|execute|dump|export|connect(?:ed|ion)?)\b/;

/** By what the record holds, where it names no operation that we know. Only the plainest shapes. */
function byShape({ fields, rule, entities }: PredicateInput): Predicate {
  const action = (fields.action ?? '').toLowerCase();
  if (fields.command_line !== undefined && /process|exec|start|create/.test(action)) return 'process_started';
  if (fields.email_from !== undefined && fields.email_to !== undefined) return 'email_received';
  const isOfDatabase = entities.some(({ kind, role }) => kind === 'database' && role === 'target');
  if (isOfDatabase && DATABASE_USE.test(action)) return 'database_accessed';
  // A title may be a sender's words; a rule's name is its product's.
  if (INDICATOR.test(rule) || INDICATOR.test(fields.rule_name ?? '')) return 'ioc_matched';
  if (/^(allow|allowed|accept|accepted|permit|permitted)$/.test(action)) return 'allowed';
  return 'detection_fired';
}
