import type { Presentation } from '../model/proposal.ts';
import type { Operation, Plan, UndoComparison } from '../ports/responder.ts';

type UndoCheck = NonNullable<Presentation['undo']['check']>;

/** Why an undo cannot be done before its act was: that is no trouble. */
const NOT_YET: readonly Plan['refusals'][number]['reason'][] = [
  'nothing_to_undo',
  'changed_since',
  'already_in_effect',
  'not_settled',
];

/**
 * What the undo of a planned act would do, from a look at the target by its own operation before anything is done: which changes
 * it takes back, which it leaves, and what stands in its way as things are. An undo that could not be done is none.
 */
export function foreseeUndo(act: Plan, undo: Plan): UndoCheck {
  const touched = new Set(undo.changes.map(({ path }) => path));
  const obstacles = undo.refusals.filter(({ reason }) => !NOT_YET.includes(reason)).map(({ text }) => text);
  return {
    verdict: obstacles.length > 0 ? 'obstructed' : 'planned',
    brings: act.changes
      .filter(({ path }) => touched.has(path))
      .map(({ path, from, to }) => ({ path, from: to, to: from })),
    leaves: act.changes.filter(({ path }) => !touched.has(path)).map(({ path }) => path),
    obstacles,
  };
}

/**
 * The target as it was when the act was planned, and as it is after the undo. Whatever is otherwise now is residue: declared, or
 * not. Marks that count changes move with every change, and say nothing.
 */
export function compareUndo(
  before: Plan,
  now: Plan,
  declared: readonly string[],
  { versionPaths = [] }: Pick<Operation, 'versionPaths'>,
): UndoComparison {
  const [then, today] = [stateOf(before), stateOf(now)];
  const paths = [...new Set([...then.keys(), ...today.keys()])].filter(path => !versionPaths.includes(path)).sort();
  const differences = paths.flatMap(path => {
    const [a, b] = [then.get(path) ?? '', today.get(path) ?? ''];
    return a === b ? [] : [{ path, before: a, now: b, isDeclared: declared.includes(path) }];
  });
  return { verdict: differences.every(({ isDeclared }) => isDeclared) ? 'as_declared' : 'differs', differences };
}

function stateOf({ preconditions, changes }: Plan): ReadonlyMap<string, string> {
  return new Map([
    ...changes.map(({ path, from }) => [path, from] as const),
    ...preconditions.map(({ path, value }) => [path, value] as const),
  ]);
}
