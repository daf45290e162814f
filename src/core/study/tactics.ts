import type { Alert } from '../../model/alert.ts';
import { TACTICS } from '../../model/attack.ts';
import { techniqueOf } from './enrich/technique.ts';

/**
 * The stages of an attack that an alert stands in, in the order of the matrix: those that it states. Where it states none,
 * those of its techniques that belong to one stage only: of several a guess would be made. What is no tactic of ATT&CK
 * is none, whatever a record calls so.
 */
export function tacticsOf({ tactics, techniques }: Pick<Alert, 'tactics' | 'techniques'>): readonly string[] {
  const stated = inOrder(tactics);
  if (stated.length > 0 || techniques.length === 0) return stated;
  return inOrder(
    techniques.flatMap(id => {
      const own = techniqueOf(id)?.tactics ?? [];
      return own.length === 1 ? own : [];
    }),
  );
}

/** Each once, in the order of the matrix. */
export function inOrder(tactics: readonly string[] | ReadonlySet<string>): readonly string[] {
  const said = tactics instanceof Set ? tactics : new Set(tactics);
  return said.size === 0 ? [] : TACTICS.filter(tactic => said.has(tactic));
}
