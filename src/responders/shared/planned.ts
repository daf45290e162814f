import type { Precondition } from '../../model/proposal.ts';
import type { Plan } from '../../ports/responder.ts';

/** What stood at a path when it was planned; empty where nothing did. */
export function plannedValue({ preconditions }: Pick<Plan, 'preconditions'>, path: string): string {
  return preconditions.find(one => one.path === path)?.value ?? '';
}

/**
 * Paths of the preconditions that do not hold any more, with commas between; empty where all do. Of both sides those alone that
 * are compared here: a plan that rests on another list of them is one that changed.
 */
export function changedSince(
  { preconditions }: Pick<Plan, 'preconditions'>,
  now: readonly Precondition[],
  isCompared: (path: string) => boolean,
): string {
  const values = new Map(now.filter(({ path }) => isCompared(path)).map(({ path, value }) => [path, value]));
  const planned = preconditions.filter(({ path }) => isCompared(path));
  if (planned.length !== values.size) return 'the list of preconditions';
  return planned
    .filter(({ path, value }) => values.get(path) !== value)
    .map(({ path }) => path)
    .join(', ');
}
