import type { EntityKind, Severity } from '../../../model/alert.ts';
import type { EntityInvolved, Predicate } from '../../../model/claim.ts';
import type { Grouping } from '../../../model/query.ts';

/*
 * The grammar of questions as tables. A phrase is words with blanks between them; `a|b` is either, `~` is a gap of at
 * most two words. No name from a record is here, and none adds to it.
 */

export interface Phrase<T> {
  readonly words: readonly (readonly string[])[];
  readonly means: T;
  /** As the person is told that it was understood. */
  readonly as: string;
}

function phrases<T>(rows: readonly (readonly [text: string, means: T, as: string])[]): readonly Phrase<T>[] {
  const all = rows.flatMap(([text, means, as]) =>
    text.split(';').map(one => ({
      words: one
        .trim()
        .split(/\s+/)
        .map(word => word.split('|')),
      means,
      as,
    })),
  );
  // The longest that fits wins.
  return all.sort((a, b) => b.words.length - a.words.length);
}

/** Predicates in the words of whoever reads a sentence; the order is that of the builder. */
export const PREDICATE_TITLES: { readonly [P in Predicate]?: string } = {
  auth_failed: 'sign-ins that failed',
  auth_succeeded: 'sign-ins that succeeded',
  mfa_changed: 'changes of sign-in factors',
  role_assigned: 'grants of rights',
  credential_created: 'new credentials',
  consent_granted: 'grants of consent',
  session_revoked: 'ended sessions',
  process_started: 'started processes',
  script_executed: 'scripts that ran',
  file_written: 'written files',
  file_deleted: 'deleted files',
  registry_set: 'changes of the registry',
  service_installed: 'installed services',
  task_created: 'scheduled tasks',
  net_connected: 'network connections',
  dns_queried: 'DNS questions',
  http_requested: 'web requests',
  email_received: 'received mail',
  email_clicked: 'followed links in mail',
  forward_rule_set: 'mail rules',
  cloud_api_called: 'calls of cloud interfaces',
  storage_accessed: 'access to storage',
  database_accessed: 'access to databases',
  detection_fired: 'detections that fired',
  blocked: 'what was blocked',
  allowed: 'what was let through',
  ioc_matched: 'matches of indicators',
};
export const ASKED_PREDICATES = Object.keys(PREDICATE_TITLES) as readonly Predicate[];

/** What counts as a change that somebody made. */
export const CHANGES: readonly Predicate[] = [
  'mfa_changed',
  'role_assigned',
  'credential_created',
  'consent_granted',
  'session_revoked',
  'forward_rule_set',
  'service_installed',
  'task_created',
];

const LOGIN = 'login|logins|logon|logons|sign-in|sign-ins|signin|signins|authentication|authentications';
const title = (predicate: Predicate): string => PREDICATE_TITLES[predicate] ?? predicate;
const stated = (text: string, ...all: readonly Predicate[]): readonly [string, readonly Predicate[], string] => [
  text,
  all,
  all.map(title).join(' or '),
];

export const PREDICATES = phrases<readonly Predicate[]>([
  stated(
    `failed|unsuccessful|failing ~ ${LOGIN}; ${LOGIN} ~ failed|failures|failure; failed|fail to sign|log in; wrong password|passwords; brute force`,
    'auth_failed',
  ),
  stated(
    `successful|succeeded ~ ${LOGIN}; ${LOGIN} ~ succeeded|successful; signed|logged in|on; sign|log in|on`,
    'auth_succeeded',
  ),
  stated(LOGIN, 'auth_failed', 'auth_succeeded'),
  stated('mfa|2fa|factor|factors; second factor', 'mfa_changed'),
  stated(
    'granted|assigned|given|gained|got ~ rights|role|roles|privileges|permissions; privilege escalation; role assignment|assignments',
    'role_assigned',
  ),
  stated(
    'new|created|added|made ~ credential|credentials|key|keys|token|tokens; access key created; password change|changed|reset',
    'credential_created',
  ),
  stated('consent|consented', 'consent_granted'),
  stated('revoked|ended sessions|session', 'session_revoked'),
  stated('started|launched|created process|processes; processes|process ~ started|launched', 'process_started'),
  stated('ran|executed script|scripts; scripts|script ~ ran|executed', 'script_executed'),
  stated('wrote|written|dropped file|files; files|file ~ written', 'file_written'),
  stated('installed|registered service|services; services|service ~ installed', 'service_installed'),
  stated('scheduled task|tasks', 'task_created'),
  stated('network connection|connections', 'net_connected'),
  stated('dns queries|query|questions|lookups', 'dns_queried'),
  stated('web|http request|requests', 'http_requested'),
  stated('received|got ~ mail|mails|email|emails; received mail', 'email_received'),
  stated('followed|clicked ~ link|links', 'email_clicked'),
  stated('inbox|mail|forwarding rule|rules', 'forward_rule_set'),
  stated('api|cloud call|calls', 'cloud_api_called'),
  stated('accessed|downloaded|reached ~ storage|bucket|buckets|object|objects', 'storage_accessed'),
  stated('accessed|reached ~ database|databases', 'database_accessed'),
  stated('deleted|removed file|files; files|file ~ deleted', 'file_deleted'),
  stated('registry', 'registry_set'),
  stated('blocked|denied|prevented', 'blocked'),
  stated('allowed; let through', 'allowed'),
  stated('indicator|indicators|ioc|iocs', 'ioc_matched'),
  ['what changed; what ~ changed|changes; changes made', CHANGES, 'changes that somebody made'],
]);

const entity = (...kinds: readonly EntityKind[]): Grouping => ({ by: 'entity', kinds });

/** What can be asked for. */
export const NOUNS = phrases<Grouping>([
  [
    'user|users|account|accounts|person|people|identity|identities|username|usernames|employee|employees',
    entity('user', 'nhi'),
    'accounts',
  ],
  ['account name; user name', entity('user', 'nhi'), 'accounts'],
  ['service account|accounts; machine identity|identities', entity('nhi'), 'machine identities'],
  [
    'host|hosts|machine|machines|device|devices|computer|computers|server|servers|workstation|workstations|endpoint|endpoints|hostname|hostnames',
    entity('host'),
    'hosts',
  ],
  ['host name; device name', entity('host'), 'hosts'],
  ['ip|ips|address|addresses; ip address|addresses', entity('ip'), 'addresses'],
  ['domain|domains', entity('domain'), 'domains'],
  ['url|urls|link|links|website|websites', entity('url'), 'URLs'],
  ['file|files|filename|filenames|attachment|attachments; file name|names', entity('file'), 'files'],
  ['hash|hashes|sha256|sha1|md5', entity('hash'), 'hashes'],
  ['process|processes|executable|executables|program|programs|tool|tools', entity('process', 'file'), 'processes'],
  ['process name; process|executable ~ name', entity('process', 'file'), 'processes'],
  [
    'command|commands|cmdline; command line|lines; commandline|commandlines',
    { by: 'field', field: 'command_line' },
    'command lines',
  ],
  [
    'email|emails|mailbox|mailboxes|recipient|recipients; email|mail|mailbox address|addresses; address|addresses ~ mailbox|mailboxes; email recipient|recipients',
    entity('mailbox'),
    'mailboxes',
  ],
  ['sender|senders; email|mail sender', { by: 'field', field: 'email_from' }, 'senders of mail'],
  ['message|messages', entity('message'), 'messages'],
  ['key|keys; access key|keys', entity('access_key'), 'access keys'],
  ['session|sessions', entity('session'), 'sessions'],
  ['database|databases', entity('database'), 'databases'],
  ['service|services', entity('service'), 'services'],
  [
    'resource|resources|bucket|buckets|application|applications|app|apps; cloud application|resource',
    entity('cloud_resource'),
    'cloud resources',
  ],
  ['cloud account|accounts; subscription|subscriptions', entity('cloud_account'), 'cloud accounts'],
  ['rule|rules|detection|detections; alert types|kinds', { by: 'rule' }, 'rules'],
  ['product|products|sensor|sensors|source|sources|vendor|vendors', { by: 'product' }, 'products'],
  ['technique|techniques|ttp|ttps', { by: 'technique' }, 'techniques'],
  ['severity|severities', { by: 'severity' }, 'severities'],
  ['hour|hours; per hour', { by: 'hour' }, 'hours'],
  ['action|actions|operation|operations', { by: 'field', field: 'action' }, 'operations'],
]);

export type Asked =
  | 'count'
  | 'who'
  | 'what'
  | 'when'
  | 'deeds'
  | 'happened'
  | 'coverage'
  | 'held'
  | 'proposals'
  | 'reviews'
  | 'acts'
  | 'prevalence'
  | 'absent'
  | 'roles';

/** What sort of answer is wanted; the first that stands in the question wins within its length. */
export const ASKING = phrases<Asked>([
  ['how many|often; number of; how much; count', 'count', 'how many'],
  ['who|whom|whose', 'who', 'who'],
  ['which|what|list|identify|determine|find|give|specify|retrieve|provide|name|show', 'what', 'what'],
  ['when|what time; at what time', 'when', 'when'],
  ['what did ~ do; what ~ do|doing', 'deeds', 'what somebody did'],
  ['what happened|occurred; what ~ happened', 'happened', 'what happened'],
  [
    'missing|gap|gaps|coverage|telemetry|silent|blind; what ~ missing; not heard; stopped sending',
    'coverage',
    'what was heard and what is missing',
  ],
  ['who|what|which held|had|owned|owns; who ~ held; belong|belongs to', 'held', 'who held it'],
  ['proposal|proposals|proposed', 'proposals', 'proposals'],
  ['review|reviews|reviewed|approved|approvals|rejected; signed off', 'reviews', 'reviews'],
  ['act|acts; done about; we do|did; isolated|contained', 'acts', 'acts of ours'],
  [
    'how common|rare|prevalent|unusual; prevalence; seen before|elsewhere; seen ~ before|elsewhere',
    'prevalence',
    'how common it is here',
  ],
  [
    'not there; did nobody|not; was|were there no; is there no; never; absence of; nothing about; no sign|evidence of',
    'absent',
    'what is not there',
  ],
  [
    'involved; role|roles; entry point; attacker|attackers; victim|victims; patient zero; entities|entity',
    'roles',
    'who was involved in which role',
  ],
]);

export const ROLES = phrases<readonly EntityInvolved['role'][]>([
  ['entry; entry point; way in; patient zero; initial access', ['entry'], 'the way in'],
  ['attacker|attackers|actor|actors', ['entry', 'actor', 'pivot'], 'who acted'],
  ['victim|victims|target|targets|targeted', ['target', 'pivot'], 'the targets'],
  ['pivot|pivots|pivoted', ['pivot'], 'pivots'],
  ['infrastructure', ['infrastructure'], 'infrastructure'],
]);

const GRAVE: readonly Severity[] = ['critical', 'high'];
export const SEVERITIES = phrases<readonly Severity[]>([
  ['critical', ['critical'], 'severity critical'],
  ['high severity; severity high', ['high'], 'severity high'],
  ['at least high; high or above|higher|worse; severe|serious|grave', GRAVE, 'severity high or critical'],
  [
    'at least medium; medium or above|higher|worse',
    ['critical', 'high', 'medium'],
    'severity medium, high or critical',
  ],
  ['medium severity; severity medium', ['medium'], 'severity medium'],
  ['low severity; severity low', ['low'], 'severity low'],
]);

export const OUTCOMES = phrases<'success' | 'failure'>([
  ['successful|succeeded|success', 'success', 'what succeeded'],
  ['failed|failure|failures|unsuccessful', 'failure', 'what failed'],
]);

export const EXTREMES = phrases<'first' | 'last' | 'gravest' | 'most'>([
  ['first|earliest', 'first', 'the earliest first'],
  ['last|latest|newest; most recent', 'last', 'the latest first'],
  ['gravest|worst; most severe|serious', 'gravest', 'the gravest first'],
  ['most|top; most often', 'most', 'the most frequent first'],
]);

/** A word that a gap may be is any word. */
export const GAP = '~';
export const GAP_WORDS_MAX = 2;
