import { LEAVING_WORDS } from '../../src/core/study/assist/words.ts';
import { CATALOGUE } from '../../src/core/study/catalogue/catalogue.ts';
import { type Alert, SEVERITY_RANK } from '../../src/model/alert.ts';
import { TACTICS } from '../../src/model/attack.ts';
import { HYPOTHESES, type Packet } from '../../src/model/packet.ts';
import { TELEMETRY_KINDS } from '../../src/model/telemetry.ts';
import { RESPONDERS } from '../../src/responders/index.ts';

/*
 * Looks for names in what would leave. Knows nothing of how they were taken out.
 */

/** Forms of names, whoever they are of. */
const FORMS: readonly (readonly [string, RegExp])[] = [
  ['an IPv4 address', /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/],
  ['an IPv6 address', /\b(?:[0-9a-f]{1,4}:){3,}[0-9a-f]{0,4}\b|\b[0-9a-f]{1,4}::[0-9a-f:]*\b/i],
  ['an address of mail', /[\w.+-]+@[\w-]+/],
  ['a URL', /[a-z]{2,}:\/\//i],
  ['a digest', /\b[0-9a-f]{32,}\b/i],
  ['a GUID', /\b[0-9a-f]{8}-[0-9a-f]{4}-/i],
  ['a SID', /\bS-1-\d/],
  ['an ARN', /\barn:/i],
  ['an account number', /\b\d{9,}\b/],
  ['a domain', /\b[a-z0-9-]+\.(?:com|net|org|io|local|internal|test|corp|lan|onmicrosoft)\b/i],
  ['a path', /[a-z]:\\|\\\\|\/(?:usr|etc|home|var|tmp|bin|opt|root)\//i],
  ['an access key', /\b(?:AKIA|ASIA|ghp_|xox[bp]-|eyJ)/],
  ['a moment', /\b(?:19|20)\d\d-\d\d-\d\d/],
];

/** Words that the form of a packet brings along, whatever it tells of. */
const FORM_WORDS: ReadonlySet<string> = new Set(
  [
    'v incident namesWithheld coverage entities facts detections gaps candidates techniques requests strings mustShow leftOut',
    'id kind role privileged criticality alerts predicate roles value at until count severity tactics title stream status from to',
    'isRequired target tier reversibility rests what field length flags text yes no complete gaps unknown other every related',
    'entry actor pivot target infrastructure bystander low medium high critical T1 T2 T3 TX records word before secret',
    'cut words_withheld hidden_characters encoded command_line wait_and_collect heard silent degraded late never cannot_tell',
    'user nhi host ip domain url hash file process mailbox message cloud_resource cloud_account access_key session database',
    'service account identity resource operation rule source_ip destination_ip sender address mail path number',
    'auth_failed auth_succeeded mfa_changed role_assigned credential_created consent_granted session_revoked process_started',
    'script_executed file_written service_installed task_created net_connected dns_queried http_requested email_received',
    'email_clicked forward_rule_set cloud_api_called storage_accessed database_accessed detection_fired blocked first_seen',
    'last_seen count_is same_as address_leased address_reported seen_from signed_in_from signed_in_on name_answered coverage_gap',
    'not_observed before technique_of baseline_deviation file_deleted registry_set allowed ioc_matched',
    'earlier later entity same vendor_id stat days baseline what sure predicate role outcome failure',
  ]
    .flatMap(line => line.split(' '))
    .concat(TACTICS, HYPOTHESES, TELEMETRY_KINDS, Object.keys(SEVERITY_RANK))
    .concat(CATALOGUE.map(({ id }) => id))
    .concat([...RESPONDERS.values()].flatMap(({ manifest }) => manifest.operations.map(({ name }) => name)))
    // Of `remove-key` the form brings along `key`, too.
    .flatMap(word => [word, ...word.split(/[_:-]/)])
    .map(word => word.toLowerCase()),
);

const NUMBER_OR_ID = /^(?:[a-z]\d{1,5}|\d{1,8}|t\d{4}(?:\.\d{3})?|t[+-]\d{1,6}d\d\d:\d\d:\d\d)$/;

/** What of a packet's text may be no name, and what looks like one. */
export function formsFound({ text, packet }: { readonly text: string; readonly packet: Packet }): readonly string[] {
  const body = text.replace(`"incident":"${packet.incident}"`, '');
  const found = FORMS.flatMap(([what, form]) => {
    const match = form.exec(body);
    return match === null ? [] : [`${what}: ${match[0]}`];
  });
  // By what may stand there: each word is of a closed list, an id, a count, a technique or a time since the first activity.
  const strange = body
    .split(/[^\p{L}\p{N}_.:+-]+/u)
    .filter(token => /[\p{L}\p{N}]/u.test(token) && !isClosed(token.toLowerCase()));
  return [...found, ...strange.map(token => `a word of no list: ${token}`)];
}

function isClosed(token: string): boolean {
  if (FORM_WORDS.has(token) || NUMBER_OR_ID.test(token)) return true;
  return token.split(/[_:]/).every(part => LEAVING_WORDS.has(part) || FORM_WORDS.has(part) || NUMBER_OR_ID.test(part));
}

/** Names of these alerts that stand in the text: as words of their own, in whatever case. */
export function namesFound(text: string, names: ReadonlySet<string>): readonly string[] {
  const lower = text.toLowerCase();
  return [...names].filter(name => {
    const wanted = name.toLowerCase().trim();
    if (wanted.length < 2 || FORM_WORDS.has(wanted) || NUMBER_OR_ID.test(wanted)) return false;
    const escaped = JSON.stringify(wanted).slice(1, -1);
    for (let at = lower.indexOf(escaped); at >= 0; at = lower.indexOf(escaped, at + 1))
      if (!isWord(lower[at - 1]) && !isWord(lower[at + escaped.length])) return true;
    return false;
  });
}

function isWord(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}

/** Every value by which an alert names somebody or something, and those of the records' own fields that look like names. */
export function namesOf(
  alerts: readonly Alert[],
  inventory: { readonly records: readonly object[] },
): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (value: unknown): void => {
    if (typeof value === 'string' && value !== '') names.add(value);
  };
  for (const { entities, fields } of alerts) {
    for (const { label, value, vendorId } of entities) for (const one of [label, value, vendorId]) add(one);
    for (const [field, value] of Object.entries(fields)) if (!SAID.has(field)) add(value);
  }
  for (const record of inventory.records) {
    add((record as { readonly name?: unknown }).name);
    add((record as { readonly owner?: unknown }).owner);
  }
  return names;
}

/** Fields that say what was done, when and how bad it is. */
const SAID: ReadonlySet<string> = new Set([
  'time',
  'rule_name',
  'action',
  'outcome',
  'severity',
  'src_port',
  'dst_port',
]);
