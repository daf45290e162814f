import type { Fault } from './fault.ts';
import type { Leaf } from './leaf.ts';
import { gapBefore } from './trail-numbers.ts';

/**
 * That nothing that an executor found in a target's own log is kept back: it counts what it finds in each system, so a server
 * that leaves one out of the log leaves a gap, which shows with the next.
 */
export class TrailRules {
  readonly #found = new Map<string, number>();
  readonly #unsigned: string[] = [];
  readonly #seen = new Set<string>();

  /** Changes that targets ascribe to our credential and that no act explains, by system and number. A person has to look at each. */
  get unsigned(): readonly string[] {
    return this.#unsigned;
  }

  /** Nobody can have looked at what was not found yet, and whoever looked is counted once. */
  seen({ system, number }: Leaf<'trail.seen'>): Fault | undefined {
    const key = `${system}/${number}`;
    if (Number(number) < 1 || Number(number) > (this.#found.get(system) ?? 0))
      return {
        code: 'trail.not_found',
        detail: `somebody is said to have looked at finding ${key}, which is not in the log`,
      };
    if (this.#seen.has(key)) return { code: 'trail.seen_twice', detail: `finding ${key} was looked at before` };
    this.#seen.add(key);
    return undefined;
  }

  found({ system, number, kind, execution }: Leaf<'trail.found'>, isIntended: boolean): Fault | undefined {
    const expected = (this.#found.get(system) ?? 0) + 1;
    this.#found.set(system, Number(number));
    if (kind === 'unknown_change') this.#unsigned.push(`${system}/${number}`);
    const gap = gapBefore(system, number, expected);
    if (gap !== undefined) return gap;
    if ((kind === 'not_shown') !== (execution !== ''))
      return {
        code: 'trail.other_kind',
        detail: `finding ${number} of ${system} is ${kind}, and names an act or none`,
      };
    return execution === '' || isIntended
      ? undefined
      : { code: 'trail.no_act', detail: `${execution} is said not to be shown by ${system}, and was never begun` };
  }
}
