import { MS_PER_HOUR, MS_PER_MINUTE } from '../../base/time.ts';
import type { JoinReason } from '../../model/incident.ts';
import type { Link, NearMiss } from './link.ts';
import { classesOf, reachMs, strengthOf } from './linking.ts';

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

/** What an over-common value keeps an alert from, of so many at most. */
const COMMON_SHOWN_MAX = 2;

/** Why an alert that joined nothing did not join what it has something in common with. */
export function notJoinedOf(
  missed: readonly NearMiss[],
  overCommon: readonly { readonly name: string; readonly because: string }[],
): readonly JoinReason[] {
  return [
    ...missed.map(({ group, common, pause }): JoinReason => {
      const names = common.map(({ name }) => name).slice(0, NAMES_SHOWN_MAX);
      const reach = reachMs(strengthOf(classesOf(common)));
      const why = reach === 0 ? 'which says too little alone' : `which joins within ${pauseText(reach)} only`;
      return {
        kind: 'not_joined',
        text: `${names.join(', ')} in common with "${group.title}", ${pauseText(pause)} apart, ${why}`,
        to: group.id,
      };
    }),
    ...overCommon.slice(0, COMMON_SHOWN_MAX).map(
      ({ name, because }): JoinReason => ({
        kind: 'not_joined',
        text: `${name} is over-common and joins nothing: it ${because}`,
        to: undefined,
      }),
    ),
  ];
}
