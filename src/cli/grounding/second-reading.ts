import type { Alert, EntityKind } from '../../model/alert.ts';
import type { Predicate } from '../../model/claim.ts';

/*
 * What one alert says, read a second time: from the sources' mapping and from word lists of its own, without any of the
 * code that the product reads facts with. Where the two differ, one of them is wrong.
 */

export interface Said {
  readonly alert: Alert;
  readonly what: Predicate;
  readonly failed: boolean;
  /** By role name; what was read, and from which field. */
  readonly roles: ReadonlyMap<string, { readonly value: string; readonly pointer: string }>;
  /** What it is ordered by. */
  readonly moment: number;
}

const CAN_FAIL = new Set<Predicate>([
  ...(['mfa_changed', 'role_assigned', 'credential_created', 'consent_granted', 'session_revoked'] as const),
  ...(['process_started', 'script_executed', 'file_written', 'file_deleted', 'registry_set'] as const),
  ...(['service_installed', 'task_created', 'forward_rule_set', 'cloud_api_called'] as const),
  ...(['storage_accessed', 'database_accessed'] as const),
]);

const PEOPLE: readonly EntityKind[] = ['user', 'nhi', 'access_key', 'mailbox', 'session'];
const THINGS: readonly EntityKind[] = ['database', 'service', 'cloud_resource', 'file', 'cloud_account'];

export function saidBy(alert: Alert): Said {
  const { fields, pointers } = alert;
  const roles = new Map<string, { value: string; pointer: string }>();
  const put = (role: string, value?: string, pointer?: string): void => {
    if (value && pointer !== undefined && !roles.has(role)) roles.set(role, { value, pointer });
  };
  const named = (role: string, standing: readonly string[], kinds: readonly EntityKind[]): void => {
    let best: { rank: number; kind: number; pointer: string; label: string } | undefined;
    for (const { kind, label, pointer, role: stands } of alert.entities) {
      const one = { rank: standing.indexOf(stands), kind: kinds.indexOf(kind), pointer, label };
      if (one.rank < 0 || one.kind < 0 || label === '') continue;
      const order =
        best === undefined ? -1 : one.rank - best.rank || one.kind - best.kind || (one.pointer < best.pointer ? -1 : 1);
      if (order < 0) best = one;
    }
    if (best !== undefined) put(role, best.label, best.pointer);
  };
  named('actor', ['actor'], PEOPLE);
  named('target', ['target'], PEOPLE);
  named('resource', ['target'], THINGS);
  if (!roles.has('actor') && !roles.has('target')) named('identity', ['related'], ['user', 'nhi', 'mailbox']);
  named('host', ['target', 'observer', 'actor', 'related'], ['host']);
  put('host', fields.host, pointers.host);
  put('source_ip', fields.src_ip, pointers.src_ip);
  put('destination_ip', fields.dst_ip, pointers.dst_ip);
  put('operation', fields.action, pointers.action);
  put('rule', fields.rule_name, pointers.rule_name);
  put('process', fields.process, pointers.process);
  put('url', fields.url, pointers.url);
  put('sender', fields.email_from, pointers.email_from);
  const what = happening(alert);
  if (what === 'file_written' || what === 'file_deleted' || what === 'service_installed')
    put('file', fields.file_path, pointers.file_path);
  if (what === 'dns_queried' || what === 'http_requested') put('domain', fields.domain, pointers.domain);
  return {
    alert,
    what,
    failed: CAN_FAIL.has(what) && fields.outcome === 'failure',
    roles,
    moment: alert.occurredAt ?? alert.reportedAt ?? alert.receivedAt,
  };
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));
const STOPPED = words('block blocked deny denied drop dropped quarantine quarantined');
const PASSED = words('allow allowed accept accepted permit permitted');
const RIGHTS = words(
  'attachuserpolicy attachrolepolicy attachgrouppolicy putuserpolicy putrolepolicy putgrouppolicy addusertogroup updateassumerolepolicy setdefaultpolicyversion',
);
const CREDENTIALS = words(
  'createaccesskey createloginprofile createuser createkeypair updateloginprofile updateaccesskey importkeypair getfederationtoken',
);
const CLICKS: ReadonlySet<string> = new Set([
  ...['click', 'clicked', 'urlclick', 'urlclicked', 'url click', 'url clicked'],
  ...['clickallowed', 'clickblocked', 'clickpermitted', 'click allowed', 'click blocked', 'click permitted'],
]);
const EVENTS: ReadonlyMap<string, Predicate> = new Map(
  (
    [
      ['sysmon', { 1: 'process_started', 3: 'net_connected', 11: 'file_written', 22: 'dns_queried' }],
      ['sysmon', { 12: 'registry_set', 13: 'registry_set', 14: 'registry_set' }],
      ['sysmon', { 23: 'file_deleted', 26: 'file_deleted' }],
      ['windows', { 4688: 'process_started', 4657: 'registry_set', 5156: 'net_connected' }],
      ['windows', { 4697: 'service_installed', 7045: 'service_installed', 4698: 'task_created' }],
      ['windows', { 5152: 'blocked', 5157: 'blocked', 4720: 'credential_created' }],
      ['windows', { 4728: 'role_assigned', 4732: 'role_assigned', 4756: 'role_assigned' }],
      ['powershell', { 4103: 'script_executed', 4104: 'script_executed' }],
      ['taskscheduler', { 106: 'task_created' }],
      ['zeek', { conn: 'net_connected', dns: 'dns_queried', http: 'http_requested', intel: 'ioc_matched' }],
    ] as const
  ).flatMap(([log, events]) =>
    Object.entries(events).map(([event, what]): [string, Predicate] => [`${log}:${event}`, what]),
  ),
);

function happening({ fields, rule, title, entities }: Alert): Predicate {
  const operation = fields.action ?? '';
  const low = operation.toLowerCase();
  const has = (...parts: readonly string[]): boolean => parts.some(part => low.includes(part));
  if (STOPPED.has(low)) return 'blocked';
  const event = EVENTS.get(rule);
  if (event !== undefined) return event;
  if (/^(?:enable|deactivate|delete|create|resync)(?:virtual)?mfadevice$/.test(low)) return 'mfa_changed';
  if (has('mfa.factor', 'security info')) return 'mfa_changed';
  if (['activate', 'deactivate', 'update', 'reset'].some(verb => has(`factor.${verb}`))) return 'mfa_changed';
  if (has('consent', 'oauth2.grant')) return 'consent_granted';
  if (RIGHTS.has(low) || has('privilege.grant', 'group.user_membership.add', 'setiampolicy')) return 'role_assigned';
  if (has('role assignment', 'roleassignment', 'add member to role')) return 'role_assigned';
  if (CREDENTIALS.has(low) || has('api_token.create', 'user.lifecycle.create', 'password.update'))
    return 'credential_created';
  if (has('serviceaccountkey', 'add service principal credentials')) return 'credential_created';
  if (has('session.end', 'session.clear', 'session.revoke', 'sign out', 'signout', 'logout')) return 'session_revoked';
  if (low.includes('revoke') && low.lastIndexOf('session') > low.indexOf('revoke')) return 'session_revoked';
  if (CLICKS.has(low)) return 'email_clicked';
  if (has('inboxrule', 'inbox-rule', 'forwarding')) return 'forward_rule_set';
  if (isStorage(low)) return 'storage_accessed';
  if (fields.outcome !== undefined && [operation, rule, title].some(isSignIn))
    return fields.outcome === 'success' ? 'auth_succeeded' : 'auth_failed';
  if (isCloudCall(operation)) return 'cloud_api_called';
  if (fields.command_line !== undefined && has('process', 'exec', 'start', 'create')) return 'process_started';
  if (fields.email_from !== undefined && fields.email_to !== undefined) return 'email_received';
  if (isDatabaseUse(low) && entities.some(one => one.kind === 'database' && one.role === 'target'))
    return 'database_accessed';
  if ([rule, fields.rule_name ?? ''].some(isIndicator)) return 'ioc_matched';
  return PASSED.has(low) ? 'allowed' : 'detection_fired';
}

function isDatabaseUse(low: string): boolean {
  const [verb = ''] = low.split(/[^a-z0-9_]/);
  return words('select insert update delete copy query execute dump export connect connected connection').has(verb);
}

function isStorage(low: string): boolean {
  const verbs = ['get', 'put', 'delete', 'copy', 'list'].filter(verb => low.startsWith(verb));
  return (
    verbs.some(verb => low.startsWith(`${verb}object`)) ||
    ['getbucket', 'putbucket', 'deletebucket'].some(start => low.startsWith(start)) ||
    low === 'listbuckets' ||
    low === 'getsecretvalue' ||
    low.endsWith('snapshotattribute') ||
    low.includes('filedownloaded') ||
    low.includes('fileaccessed')
  );
}

const SIGN_IN = [
  ...['login', 'log-in', 'logon', 'log-on', 'accepted password', 'accepted publickey', 'signin', 'sign-in'],
  ...['session.start', 'authenticat', 'auth.sso', 'user_auth', 'password spray', 'brute force', 'bruteforce'],
];

function isSignIn(text: string): boolean {
  const low = text.toLowerCase();
  return SIGN_IN.some(part => low.includes(part)) || /logged (?:in|on)(?![a-z0-9_])/.test(low);
}

function isCloudCall(operation: string): boolean {
  if (operation.endsWith('.amazonaws.com')) return !/[^a-z0-9-]/.test(operation.slice(0, -'.amazonaws.com'.length));
  const letters = /^[A-Za-z]*/.exec(operation)?.[0] ?? '';
  return /^[A-Z]$/.test(letters[0] ?? '') && /[A-Z]/.test(letters.slice(2));
}

function isIndicator(text: string): boolean {
  if (/(?<!\w)(?:MaliciousIPCaller|TorIPCaller|MaliciousDomainRequest)(?!\w)/i.test(text)) return true;
  const low = text.toLowerCase().replaceAll(/[ _-]/g, ' ');
  return /(?<!\w)(?:threat ?intel\w* ?match|indicator ?match)/.test(low);
}
