import type { UnixMs } from '../../base/time.ts';
import type { EntityInvolved, NextQuery } from '../../model/claim.ts';
import { IDENTITIES } from './headline.ts';
import { minuteText } from './render-claim.ts';

/** Searches that are offered. */
const QUERIES_MAX = 5;
/** A value longer than this is no word that anybody searches for. */
const QUERY_CHARS_MAX = 120;

/** Who is asked about first: whoever let it in, whoever goes on, what it talks to, and what it aims at. */
const WORTH: { readonly [R in EntityInvolved['role']]: number } = {
  entry: 0,
  pivot: 1,
  infrastructure: 2,
  actor: 3,
  target: 4,
  bystander: 5,
};
const SEARCHED: ReadonlySet<string> = new Set(['user', 'nhi', 'mailbox', 'access_key', 'host', 'ip', 'domain']);

/**
 * The searches that would say most beside what is known, the best first: one for each role before a second of any, of
 * one role those that stand in the fewest alerts, whose other traces are not told here already.
 */
export function nextQueries(
  entities: readonly EntityInvolved[],
  window: { readonly from: UnixMs; readonly to: UnixMs },
): readonly NextQuery[] {
  const ranked = entities
    .filter(({ kind, role, label }) => SEARCHED.has(kind) && role !== 'bystander' && label.length <= QUERY_CHARS_MAX)
    .sort((a, b) => WORTH[a.role] - WORTH[b.role] || a.alertCount - b.alertCount || (a.key < b.key ? -1 : 1));
  const labels = new Set<string>();
  const distinct = ranked.filter(({ label }) => !labels.has(label.toLowerCase()) && labels.add(label.toLowerCase()));
  const roles = new Set<string>();
  const first = distinct.filter(({ role }) => !roles.has(role) && roles.add(role));
  return [...first, ...distinct.filter(entity => !first.includes(entity))]
    .slice(0, QUERIES_MAX)
    .map(entity => ({ text: textOf(entity, minuteText(window.from)), query: quoted(entity.label) }));
}

/** As one phrase, so that a name of several words is not searched for word by word. */
function quoted(label: string): string {
  return /\s/.test(label) ? `"${label.replaceAll('"', ' ')}"` : label;
}

function textOf({ label, kind, role }: EntityInvolved, from: string): string {
  switch (role) {
    case 'entry':
      return `Everything of ${label}, also before ${from} UTC: whether it began earlier`;
    case 'infrastructure':
      return `Everything with ${label}: who else reached it`;
    case 'target':
      return `Everything of ${label}: what else was done to it, and from where`;
    default:
      return `Everything of ${label}: ${IDENTITIES.has(kind) ? 'where else they acted' : 'what else it was used for'}`;
  }
}
