import { MS_PER_HOUR, MS_PER_MINUTE } from '../../base/time.ts';
import type { JoinReason } from '../../model/incident.ts';
import type { Group, Value } from './group.ts';

/** A group that an alert joins, and by what. */
export interface Link {
  readonly group: Group;
  readonly common: readonly Value[];
  readonly pause: number;
  readonly kind: 'shared_entity' | 'attack_order' | 'adjacent';
}

/** How many values a reason names. */
const NAMES_SHOWN_MAX = 4;

/** Why, as a person reads it: what is in common, with which alert, how far apart. */
export function reasonOf({ group, common, pause, kind }: Link): JoinReason {
  const names = common.filter(value => value.kind !== 'rule').map(({ name }) => name);
  const apart = `${pauseText(pause)} apart`;
  if (kind === 'adjacent') {
    return { kind, text: `the same rare rule on ${group.host ?? 'another host'}, ${apart}`, to: group.id };
  }
  const onward = kind === 'attack_order' ? ', and a later stage of an attack' : '';
  const isLinked = common.some(value => value.kind === 'link');
  const shown = names.slice(0, NAMES_SHOWN_MAX).join(', ');
  const more = names.length > NAMES_SHOWN_MAX ? ` and ${names.length - NAMES_SHOWN_MAX} more` : '';
  return {
    kind: isLinked ? 'vendor_link' : kind,
    text: `${shown}${more} in common with "${group.title}", ${apart}${onward}`,
    to: group.id,
  };
}

function pauseText(ms: number): string {
  if (ms < 2 * MS_PER_MINUTE) return `${Math.round(ms / 1000)} s`;
  if (ms < 2 * MS_PER_HOUR) return `${Math.round(ms / MS_PER_MINUTE)} min`;
  return `${Math.round(ms / MS_PER_HOUR)} h`;
}

/** Why an alert begins a cluster of its own. */
export function firstText(isEveryday: boolean): string {
  return isEveryday
    ? 'first of its group; this rule fires here every day, so it joins nothing'
    : 'nothing rare enough in common with an earlier alert';
}
