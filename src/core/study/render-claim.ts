import { MS_PER_DAY, rfc3339, type UnixMs } from '../../base/time.ts';
import type { Claim, Predicate } from '../../model/claim.ts';

/** A role that is not the same in all records of a run, and how many values it takes. */
export interface Varying {
  readonly role: string;
  readonly count: number;
}

type Told = Pick<Claim, 'predicate' | 'roles' | 'at' | 'until' | 'count'>;

/** `{role}` is filled from the claim; a part in brackets falls away with any role that it names and the claim lacks. */
const TEMPLATES: { readonly [P in Predicate]: string } = {
  auth_failed: '[{who} ]failed to sign in[ to {host}][ from {source_ip}]',
  auth_succeeded: '[{who} ]signed in[ to {host}][ from {source_ip}]',
  mfa_changed: '[{who} ]changed a sign-in factor[ of {object}][ from {source_ip}]',
  role_assigned: '[{who} ]granted rights[ to {object}][ by {operation}][ from {source_ip}]',
  credential_created: '[{who} ]made a credential[ for {object}][ by {operation}][ from {source_ip}]',
  consent_granted: '[{who} ]granted consent[ to {object}][ from {source_ip}]',
  session_revoked: '[{who} ]ended a session[ of {object}]',
  process_started: '[{who} ]started [{process}|a process][ on {host}]',
  script_executed: '[{who} ]ran a script[ on {host}]',
  file_written: '[{who} ]wrote a file[ on {host}]',
  service_installed: '[{who} ]installed a service[ on {host}]',
  task_created: '[{who} ]created a scheduled task[ on {host}]',
  net_connected: '[{source_ip} ]connected[ to {destination_ip}][ on {host}]',
  dns_queried: '[{who} ]asked DNS[ on {host}]',
  http_requested: '[{source_ip} ]requested[ {url}][ from {host}]',
  email_received: '[{who} ]received mail[ from {sender}]',
  email_clicked: '[{who} ]followed a link in a mail[ from {sender}]',
  forward_rule_set: '[{who} ]set a mail rule[ for {object}]',
  cloud_api_called: '[{who} ]called {operation}[ on {object}][ from {source_ip}]',
  storage_accessed: '[{who} ]reached storage[ {object}][ by {operation}][ from {source_ip}]',
  database_accessed: '[{who} ]reached the database[ {object}][ from {source_ip}]',
  detection_fired: '"[{rule}|an unnamed rule]" fired[ on {host}][ for {who}][, target {object}][, from {source_ip}]',
  blocked: '[{rule} ]was blocked[ on {host}][ for {who}][ from {source_ip}]',
  first_seen: '[{object} ]was first seen',
  last_seen: '[{object} ]was last seen',
  count_is: '{count} alerts[ of {rule}][ on {host}]',
  same_as: '[{who} ]is the same as[ {object}]',
  address_leased: '{address} was {host} by DHCP',
  address_reported: '{address} was {host} by its own sensor',
  seen_from: '{host} was seen from {address}',
  signed_in_from: '{user} signed in from {address}',
  signed_in_on: '{user} was signed in on {host}',
  name_answered: '{domain} was answered with {address}',
  coverage_gap: '[{host} ]has a gap in its telemetry',
  not_observed: '[{object} ]was not seen in the telemetry that we have',
};

/**
 * The claim as a sentence, from its predicate, roles, count and times alone: "dana failed to sign in to db1 from
 * 10.0.0.9, 214 times, 2026-03-02 11:57 to 12:31 UTC". The only writer of claim text.
 */
export function renderClaim(told: Told, varying: readonly Varying[] = []): string {
  const values = new Map(Object.entries(told.roles));
  values.set('count', String(told.count));
  const who = values.get('actor') ?? values.get('identity');
  // Where nobody is named as acting, whom it befell is who the sentence is about.
  const subject = who ?? values.get('target');
  if (subject !== undefined) values.set('who', subject);
  const target = values.get('target') ?? values.get('resource');
  if (target !== undefined && target !== subject) values.set('object', target);
  const sentence = fill(TEMPLATES[told.predicate], values);
  const spread = varying
    .filter(({ role, count }) => count > 1 && PLURAL.has(role))
    .map(({ role, count }) => `${count} ${PLURAL.get(role)}`);
  const times = told.count > 1 ? `, ${told.count} times` : '';
  const over = spread.length > 0 ? ` over ${spread.join(' and ')}` : '';
  return `${sentence}${times}${over}${spanText(told.at, told.until)}`;
}

const PLURAL: ReadonlyMap<string, string> = new Map([
  ['source_ip', 'source addresses'],
  ['destination_ip', 'destination addresses'],
  ['process', 'processes'],
  ['resource', 'resources'],
  ['url', 'addresses of pages'],
  ['sender', 'senders'],
]);

/** Fills `{role}`; drops a `[…]` part whose role is absent, or takes what stands after `|` in it. */
function fill(template: string, values: ReadonlyMap<string, string>): string {
  const filled = template.replace(/\[([^\]|]*)(?:\|([^\]]*))?\]/g, (_, part: string, otherwise: string | undefined) => {
    const isWhole = [...part.matchAll(/\{(\w+)\}/g)].every(([, role = '']) => values.has(role));
    return isWhole ? part : (otherwise ?? '');
  });
  // A sentence that begins with a value keeps it as recorded; one that begins with our words gets its capital.
  const begun = filled.startsWith('{') ? filled : filled.charAt(0).toUpperCase() + filled.slice(1);
  return begun.replace(
    /\{(\w+)\}/g,
    (_, role: string) => values.get(role) ?? `an unnamed ${role.replaceAll('_', ' ')}`,
  );
}

/** The claim's sentence without when it was. */
export function withoutSpan({ text, at, until }: Pick<Claim, 'text' | 'at' | 'until'>): string {
  const span = spanText(at, until);
  return text.endsWith(span) ? text.slice(0, -span.length) : text;
}

/** `2026-03-02 11:57 to 12:31 UTC`; the second date only where it differs. Empty where the records do not say. */
function spanText(at: UnixMs | undefined, until: UnixMs | undefined): string {
  if (at === undefined) return ', at a time that the record does not state';
  const [from, to] = [minuteText(at), until === undefined ? undefined : minuteText(until)];
  if (to === undefined || to === from) return `, ${from} UTC`;
  const isSameDay = Math.floor(at / MS_PER_DAY) === Math.floor((until ?? at) / MS_PER_DAY);
  return `, ${from} to ${isSameDay ? to.slice(11) : to} UTC`;
}

export function minuteText(time: UnixMs): string {
  return rfc3339(time).slice(0, 16).replace('T', ' ');
}
