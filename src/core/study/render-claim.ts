import { MS_PER_DAY, rfc3339, type UnixMs } from '../../base/time.ts';
import type { Claim } from '../../model/claim.ts';
import { claimKindOf } from './claims/table.ts';

/** A role that is not the same in all records of a run, and how many values it takes. */
export interface Varying {
  readonly role: string;
  readonly count: number;
}

type Told = Pick<Claim, 'predicate' | 'roles' | 'at' | 'until' | 'count' | 'outcome'>;

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
  const kind = claimKindOf(told.predicate);
  const sentence = fill(kind.template, values);
  const spread = varying
    .filter(({ role, count }) => count > 1 && PLURAL.has(role))
    .map(({ role, count }) => `${count} ${PLURAL.get(role)}`);
  const failed = told.outcome === 'failure' ? ' without success' : '';
  // What is worked out counts no repetitions of itself.
  const times = told.count > 1 && kind.from !== 'computed' ? `, ${told.count} times` : '';
  const over = spread.length > 0 ? ` over ${spread.join(' and ')}` : '';
  return `${sentence}${failed}${times}${over}${spanText(told.at, told.until)}`;
}

const PLURAL: ReadonlyMap<string, string> = new Map([
  ['source_ip', 'source addresses'],
  ['destination_ip', 'destination addresses'],
  ['process', 'processes'],
  ['resource', 'resources'],
  ['url', 'addresses of pages'],
  ['sender', 'senders'],
  ['file', 'files'],
  ['domain', 'names'],
]);

/**
 * Fills `{role}`. Of a `[…|…]` part the first alternative stands whose roles are all there; where there is none the last
 * one does, and a part without alternatives falls away.
 */
function fill(template: string, values: ReadonlyMap<string, string>): string {
  const filled = template.replace(/\[([^\]]*)\]/g, (_, part: string) => {
    const alternatives = part.split('|');
    const whole = alternatives.find(one => [...one.matchAll(/\{(\w+)\}/g)].every(([, role = '']) => values.has(role)));
    return whole ?? (alternatives.length > 1 ? (alternatives.at(-1) ?? '') : '');
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
