import type { Handler, Step, Steps } from '../../../model/playbook.ts';

/** The lists of steps inside a step, in the order in which they are written. */
export function listsIn(step: Step): readonly Steps[] {
  return [...ownLists(step), ...handlersOf(step).flatMap(handler => listOf(handler))];
}

/** The lists that are part of what a step does, without its handlers. */
function ownLists(step: Step): readonly Steps[] {
  switch (step.type) {
    case 'branch':
      return [step.yes, step.no];
    case 'loop':
      return [step.body];
    case 'parallel':
      return step.branches;
    default:
      return [];
  }
}

/** What handles errors, time-outs and rejections of a step. */
function handlersOf(step: Step): readonly (Handler | undefined)[] {
  return [
    step.onError,
    'onTimeout' in step ? step.onTimeout : undefined,
    step.type === 'ask' ? step.onRejected : undefined,
  ];
}

/** The steps of a handler, where it has any. */
export function listOf(handler: Handler | undefined): readonly Steps[] {
  return handler === undefined || handler === 'stop' || handler === 'continue' ? [] : [handler];
}

/** Every step of these lists and of those inside them, outer before inner. */
export function allSteps(lists: readonly Steps[]): readonly Step[] {
  const found: Step[] = [];
  const open = [...lists].reverse();
  for (let list = open.pop(); list !== undefined; list = open.pop()) {
    for (const step of list) found.push(step);
    for (const step of [...list].reverse()) open.push(...[...listsIn(step)].reverse());
  }
  return found;
}
