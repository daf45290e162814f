import type { PlaybookPicture } from '../../../model/api-playbooks.ts';
import type { Handler, Playbook, PlaybookFile, Step, Steps } from '../../../model/playbook.ts';
import { conditionText, detailOf } from './draw.ts';
import { effectTier } from './tiers.ts';

type OutlineLine = PlaybookPicture['lines'][number];

/** A playbook in words, in the order in which its picture goes from top to bottom; nothing is cut. */
export function outlineOf(file: PlaybookFile, playbook: Playbook): readonly OutlineLine[] {
  return [...linesOf(file, playbook.steps, 0), ...handlerLines(file, 'when anything fails', playbook.onError, 0)];
}

function linesOf(file: PlaybookFile, steps: Steps, depth: number): readonly OutlineLine[] {
  return steps.flatMap(step => stepLines(file, step, depth));
}

function stepLines(file: PlaybookFile, step: Step, depth: number): readonly OutlineLine[] {
  const inner = depth + 1;
  const line = (text: string): OutlineLine => ({ depth, name: step.name, look: lookOf(file, step), text });
  return [
    ...bodyLines(file, step, line, inner),
    ...handlerLines(file, 'when rejected', step.type === 'ask' ? step.onRejected : undefined, inner),
    ...handlerLines(file, 'when late', 'onTimeout' in step ? step.onTimeout : undefined, inner),
    ...handlerLines(file, 'on an error', step.onError, inner),
  ];
}

function bodyLines(
  file: PlaybookFile,
  step: Step,
  line: (text: string) => OutlineLine,
  inner: number,
): readonly OutlineLine[] {
  switch (step.type) {
    case 'branch':
      return [
        line(`asks whether ${conditionText(step.condition)}`),
        ...within('if so', linesOf(file, step.yes, inner + 1), inner),
        ...within('else', linesOf(file, step.no, inner + 1), inner),
      ];
    case 'loop': {
      const { over, turnsMax } = step;
      const each = over.kind === 'each' ? `for each ${over.part}` : `while ${conditionText(over.condition)}`;
      return [line(`${each}, at most ${turnsMax} times`), ...linesOf(file, step.body, inner)];
    }
    case 'parallel':
      return [
        line(step.join === 'all' ? 'all of these at once' : 'these at once, until the first is through'),
        ...step.branches.flatMap((branch, index) =>
          within(`branch ${index + 1}`, linesOf(file, branch, inner + 1), inner),
        ),
      ];
    default:
      return [line(detailOf(file, step))];
  }
}

function lookOf(file: PlaybookFile, step: Step): OutlineLine['look'] {
  if (step.type === 'ask') return 'human';
  return step.type === 'effect' && effectTier(file, step.effect) !== 'inert' ? 'effect' : 'plain';
}

function handlerLines(
  file: PlaybookFile,
  when: string,
  handler: Handler | undefined,
  depth: number,
): readonly OutlineLine[] {
  if (handler === undefined) return [];
  if (typeof handler === 'string')
    return [{ depth, name: when, look: 'plain', text: handler === 'stop' ? 'ends here' : 'goes on' }];
  return within(when, linesOf(file, handler, depth + 1), depth);
}

function within(name: string, lines: readonly OutlineLine[], depth: number): readonly OutlineLine[] {
  return [{ depth, name, look: 'plain', text: lines.length === 0 ? 'goes on' : '' }, ...lines];
}
