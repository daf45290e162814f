import type { EntityInvolved } from '../../../model/claim.ts';
import { predicateOf } from '../predicate.ts';
import type { Asked } from './asked.ts';

/** Questions that are offered, and characters of a name within one. */
const EXAMPLES_MAX = 7;
const NAME_CHARS_MAX = 60;

/** Questions made from this incident's own names; a name of more than one word stands in quotes. */
export function examplesOf({
  records,
  entities,
  gaps,
}: Pick<Asked, 'records' | 'entities' | 'gaps'>): readonly string[] {
  const first = (kinds: readonly string[], roles: readonly EntityInvolved['role'][] = []): string | undefined => {
    const fitting = entities.filter(({ kind, label }) => kinds.includes(kind) && label.length <= NAME_CHARS_MAX);
    const entity = fitting.find(({ role }) => roles.includes(role)) ?? fitting[0];
    return entity === undefined ? undefined : nameIn(entity.label);
  };
  const person = first(['user', 'nhi', 'access_key'], ['actor', 'entry', 'pivot']);
  const host = first(['host'], ['target', 'pivot']);
  const address = first(['ip'], ['entry', 'actor']);
  const isFailing = records.some(({ alert }) => predicateOf(alert) === 'auth_failed');
  const all = [
    ...(person === undefined ? [] : [`What did ${person} do?`]),
    ...(host === undefined ? [] : [`Which accounts were seen on ${host}?`]),
    ...(isFailing ? ['How many failed logins?'] : ['Which rules fired?']),
    ...(address === undefined ? [] : [`Who held ${address}?`, `Have we seen ${address} before?`]),
    'Was anything blocked?',
    'What changed?',
    gaps.length > 0 ? 'What is missing?' : 'What was heard of the telemetry?',
  ];
  return all.slice(0, EXAMPLES_MAX);
}

/** Quotes of its own would end the name early: then they are left out of what is only an offer. */
function nameIn(label: string): string {
  const bare = label.replace(/["“”`]/g, '');
  return /[\s,;:!?()]/.test(bare) ? `"${bare}"` : bare;
}
