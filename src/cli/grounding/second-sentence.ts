import type { Claim, Predicate } from '../../model/claim.ts';

/** A part of a sentence, with what stands before and behind it; nothing where there is no value. */
const part = (before: string, value: string | undefined, behind = ''): string =>
  value === undefined ? '' : `${before}${value}${behind}`;

interface Names {
  readonly who: string | undefined;
  readonly object: string | undefined;
  readonly of: (role: string) => string | undefined;
}

/** The sentences, written a second time. */
const SENTENCES: { readonly [P in Predicate]: (names: Names) => string } = {
  auth_failed: n => `${part('', n.who, ' ')}failed to sign in${part(' to ', n.of('host'))}${from(n)}`,
  auth_succeeded: n => `${part('', n.who, ' ')}signed in${part(' to ', n.of('host'))}${from(n)}`,
  mfa_changed: n => `${part('', n.who, ' ')}changed a sign-in factor${part(' of ', n.object)}${from(n)}`,
  role_assigned: n => `${part('', n.who, ' ')}granted rights${part(' to ', n.object)}${by(n)}${from(n)}`,
  credential_created: n => `${part('', n.who, ' ')}made a credential${part(' for ', n.object)}${by(n)}${from(n)}`,
  consent_granted: n => `${part('', n.who, ' ')}granted consent${part(' to ', n.object)}${from(n)}`,
  session_revoked: n => `${part('', n.who, ' ')}ended a session${part(' of ', n.object)}`,
  process_started: n => `${part('', n.who, ' ')}started ${n.of('process') ?? 'a process'}${on(n)}`,
  script_executed: n => `${part('', n.who, ' ')}ran a script${on(n)}`,
  file_written: n => `${program(n)} wrote ${n.of('file') ?? 'a file'}${on(n)}`,
  file_deleted: n => `${program(n)} deleted ${n.of('file') ?? 'a file'}${on(n)}`,
  registry_set: n => `${program(n)} changed the registry${on(n)}${part(' (', n.of('operation'), ')')}`,
  service_installed: n => `${part('', n.who, ' ')}installed a service${part(' ', n.object)}${on(n)}`,
  task_created: n => `${part('', n.who, ' ')}created a scheduled task${on(n)}`,
  net_connected: n =>
    `${n.of('source_ip') ?? n.of('process') ?? 'a process'} sent traffic${part(' to ', n.of('destination_ip'))}${on(n)}`,
  dns_queried: n =>
    `${n.who ?? n.of('source_ip') ?? n.of('process') ?? 'a client'} asked DNS${part(' for ', n.of('domain'))}${on(n)}`,
  http_requested: n =>
    `${part('', n.of('source_ip'), ' ')}requested${part(' ', n.of('url'))}${part(' from ', n.of('host'))}`,
  email_received: n => `${part('', n.who, ' ')}received mail${part(' from ', n.of('sender'))}`,
  email_clicked: n => `${part('', n.who, ' ')}followed a link in a mail${part(' from ', n.of('sender'))}`,
  forward_rule_set: n => `${part('', n.who, ' ')}set a mail rule${part(' for ', n.object)}`,
  cloud_api_called: n =>
    `${part('', n.who, ' ')}called ${n.of('operation') ?? 'an unnamed operation'}${part(' on ', n.object)}${from(n)}`,
  storage_accessed: n => `${part('', n.who, ' ')}reached storage${part(' ', n.object)}${by(n)}${from(n)}`,
  database_accessed: n => `${part('', n.who, ' ')}reached the database${part(' ', n.object)}${from(n)}`,
  detection_fired: n => `${rule(n)} fired${on(n)}${forWhom(n)}${part(', target ', n.object)}${and(n)}`,
  blocked: n => `${part('', n.of('rule'), ' ')}was blocked${on(n)}${forWhom(n)}${from(n)}`,
  allowed: n => `${rule(n)} fired and let it through${on(n)}${forWhom(n)}${part(', target ', n.object)}${and(n)}`,
  ioc_matched: n => `${rule(n)} matched a known indicator${on(n)}${forWhom(n)}${and(n)}`,
  address_leased: n => `${n.of('address')} was ${n.of('host')} by DHCP`,
  address_reported: n => `${n.of('address')} was ${n.of('host')} by its own sensor`,
  seen_from: n => `${n.of('host')} was seen from ${n.of('address')}`,
  signed_in_from: n => `${n.of('user')} signed in from ${n.of('address')}`,
  signed_in_on: n => `${n.of('user')} was signed in on ${n.of('host')}`,
  name_answered: n => `${n.of('domain')} was answered with ${n.of('address')}`,
  count_is: n =>
    `${n.of('count')} alerts${part(' of "', n.of('rule'), '"')}${on(n)}${part(' of ', n.of('actor'))}${from(n)}`,
  first_seen: n => `${n.of('entity')} was first seen in these alerts`,
  last_seen: n => `${n.of('entity')} was last seen in these alerts`,
  before: n => `"${n.of('earlier')}" began before "${n.of('later')}"`,
  technique_of: n => `"${n.of('rule')}" names the technique ${n.of('technique')}`,
  same_as: n => `${n.of('entity')} is the same as ${n.of('same')}: both are ${n.of('vendor_id')}`,
  baseline_deviation: n =>
    `"${n.of('rule')}" fired ${n.of('count')} alerts in a day; in the ${n.of('days')} days before, ${n.of('baseline')} at most`,
  coverage_gap: n => `Telemetry of ${n.of('stream')} is missing: ${n.of('because')}`,
  not_observed: n =>
    n.of('sure') === undefined
      ? `No ${n.of('what')} of ${n.of('value')} stands in these alerts; not all telemetry that would show it is there`
      : `No ${n.of('what')} of ${n.of('value')} stands in these alerts, ${n.of('sure')}`,
};

const from = (n: Names): string => part(' from ', n.of('source_ip'));
const and = (n: Names): string => part(', from ', n.of('source_ip'));
const by = (n: Names): string => part(' by ', n.of('operation'));
const on = (n: Names): string => part(' on ', n.of('host'));
const forWhom = (n: Names): string => part(' for ', n.who);
const rule = (n: Names): string => `"${n.of('rule') ?? 'an unnamed rule'}"`;
const program = (n: Names): string => n.who ?? n.of('process') ?? 'a process';

/** Predicates that count no repetitions: they are worked out. */
const ONCE = new Set<Predicate>([
  ...(['count_is', 'first_seen', 'last_seen', 'before', 'technique_of', 'same_as'] as const),
  ...(['baseline_deviation', 'coverage_gap', 'not_observed'] as const),
]);

const MANY: readonly (readonly [string, string])[] = [
  ['destination_ip', 'destination addresses'],
  ['domain', 'names'],
  ['file', 'files'],
  ['process', 'processes'],
  ['resource', 'resources'],
  ['sender', 'senders'],
  ['source_ip', 'source addresses'],
  ['url', 'addresses of pages'],
];

/** What a claim of these roles, count and times has to say; `varied` is how many values a role takes that it leaves out. */
export function sentenceOf(
  claim: Pick<Claim, 'predicate' | 'roles' | 'at' | 'until' | 'count' | 'outcome'>,
  varied: ReadonlyMap<string, number>,
): string {
  const { roles, predicate, count, outcome } = claim;
  const who = roles['actor'] ?? roles['identity'] ?? roles['target'];
  const target = roles['target'] ?? roles['resource'];
  const names: Names = {
    who,
    object: target === who ? undefined : target,
    of: role => (role === 'count' ? String(count) : roles[role]),
  };
  const said = SENTENCES[predicate](names);
  // Only a sentence that begins with our own words gets a capital.
  const begun = beginsWithName(predicate, names) ? said : said.charAt(0).toUpperCase() + said.slice(1);
  const spread = MANY.filter(([role]) => (varied.get(role) ?? 0) > 1).map(
    ([role, many]) => `${varied.get(role)} ${many}`,
  );
  const times = count > 1 && !ONCE.has(predicate) ? `, ${count} times` : '';
  const over = spread.length === 0 ? '' : ` over ${spread.join(' and ')}`;
  return `${begun}${outcome === 'failure' ? ' without success' : ''}${times}${over}${when(claim)}`;
}

function beginsWithName(predicate: Predicate, { who, of }: Names): boolean {
  const first = new Map<Predicate, string | undefined>([
    ['net_connected', of('source_ip') ?? of('process')],
    ['http_requested', of('source_ip')],
    ['dns_queried', who ?? of('source_ip') ?? of('process')],
    ['blocked', of('rule')],
    ['file_written', who ?? of('process')],
    ['file_deleted', who ?? of('process')],
    ['registry_set', who ?? of('process')],
  ]);
  if (first.has(predicate)) return first.get(predicate) !== undefined;
  return HELD.has(predicate) || ONCE.has(predicate) || who !== undefined;
}

const HELD = new Set<Predicate>([
  ...(['address_leased', 'address_reported', 'seen_from', 'signed_in_from', 'signed_in_on', 'name_answered'] as const),
]);

function when({ at, until }: Pick<Claim, 'at' | 'until'>): string {
  if (at === undefined) return ', at a time that the record does not state';
  const [begin, end] = [minute(at), until === undefined ? minute(at) : minute(until)];
  if (begin === end) return `, ${begin} UTC`;
  return `, ${begin} to ${begin.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end} UTC`;
}

function minute(time: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = new Date(time);
  const day = `${String(date.getUTCFullYear()).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}
