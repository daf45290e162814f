import type { Playbook, PlaybookFile, PlaybookProblem, Step, Steps, Subject } from '../../../model/playbook.ts';
import { effectTier } from './tiers.ts';
import { allSteps, listOf, listsIn } from './walk.ts';

/** Everything in a file that names what is not there: steps, playbooks, and names that nothing was put on. */
export function checkNames(file: PlaybookFile): readonly PlaybookProblem[] {
  const names = file.playbooks.map(one => one.name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...twice.map(name => ({ at: name, text: 'two playbooks have this name' })),
    ...file.elsewhere.flatMap(({ namespace, runs }) =>
      runs
        .filter(name => !names.includes(name))
        .map(name => ({ at: `elsewhere.${namespace}`, text: `there is no playbook \`${name}\` in this file` })),
    ),
    ...file.playbooks.flatMap(playbook => namesIn(file, playbook)),
  ];
}

function namesIn(file: PlaybookFile, playbook: Playbook): readonly PlaybookProblem[] {
  const steps = allSteps([playbook.steps, ...listOf(playbook.onError)]);
  const byName = new Map<string, Step>();
  const problems: PlaybookProblem[] = [];
  for (const step of steps) {
    if (byName.has(step.name)) problems.push({ at: step.name, text: 'two steps have this name' });
    byName.set(step.name, step);
  }
  for (const step of steps) {
    if (step.type === 'ask') problems.push(...askProblems(file, step.name, step.releases, byName));
    if (step.type === 'run') problems.push(...runProblems(file, step));
  }
  const given = [...playbook.takes, ...steps.flatMap(step => (step.type === 'read' ? [step.as] : []))];
  problems.push(...scopeProblems([playbook.steps, ...listOf(playbook.onError)], new Set(given)));
  return problems.map(({ at, text }) => ({ at: playbook.name === 'main' ? at : `${playbook.name}.${at}`, text }));
}

function askProblems(
  file: PlaybookFile,
  at: string,
  releases: string,
  byName: ReadonlyMap<string, Step>,
): readonly PlaybookProblem[] {
  const released = byName.get(releases);
  if (released?.type !== 'effect')
    return [{ at, text: `asks for \`${releases}\`, which is no step of this playbook that changes something` }];
  if (effectTier(file, released.effect) === 'inert')
    return [{ at, text: `asks for \`${releases}\`, which starts nothing, so there is nothing to ask` }];
  return [];
}

function runProblems(file: PlaybookFile, step: Extract<Step, { type: 'run' }>): readonly PlaybookProblem[] {
  const run = file.playbooks.find(one => one.name === step.playbook);
  if (run === undefined) return [{ at: step.name, text: `there is no playbook \`${step.playbook}\` in this file` }];
  const gives = step.gives.map(one => one.name);
  const missing = run.takes.filter(name => !gives.includes(name));
  const extra = gives.filter(name => !run.takes.includes(name));
  return [
    ...missing.map(name => ({ at: step.name, text: `\`${step.playbook}\` takes \`${name}\`, which it is not given` })),
    ...extra.map(name => ({ at: step.name, text: `\`${step.playbook}\` does not take \`${name}\`` })),
  ];
}

/** Names that nothing was put on. That of a loop stands only inside it. */
function scopeProblems(lists: readonly Steps[], given: ReadonlySet<string>): readonly PlaybookProblem[] {
  return lists.flatMap(list =>
    list.flatMap(step => {
      const unknown = subjectsIn(step).flatMap(subject =>
        subject.from === 'name' && !given.has(subject.name)
          ? [{ at: step.name, text: `nothing is put on the name \`$${subject.name}\`` }]
          : [],
      );
      const inner = step.type === 'loop' && step.over.kind === 'each' ? new Set([...given, step.over.as]) : given;
      const clash =
        step.type === 'loop' && step.over.kind === 'each' && given.has(step.over.as)
          ? [{ at: step.name, text: `the name \`$${step.over.as}\` is taken` }]
          : [];
      return [...unknown, ...clash, ...scopeProblems(listsIn(step), inner)];
    }),
  );
}

/** What a step is about. */
export function subjectsIn(step: Step): readonly Subject[] {
  switch (step.type) {
    case 'effect':
      return step.effect.writes === 'act' ? [step.effect.on] : [];
    case 'read':
    case 'enrich':
      return [step.subject];
    case 'run':
      return step.gives.map(one => one.subject);
    default:
      return [];
  }
}
