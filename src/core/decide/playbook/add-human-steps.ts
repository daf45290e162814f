import type { Handler, Playbook, PlaybookFile, Step, Steps } from '../../../model/playbook.ts';
import { effectTier } from './tiers.ts';
import { allSteps, listOf } from './walk.ts';

/**
 * A file in which every effect that nobody is asked about anywhere has a human step right before it: what comes from elsewhere
 * becomes something that is proposed. What is asked about somewhere is left as it is, and analysed like everything else.
 */
export function withHumanSteps(file: PlaybookFile): { readonly file: PlaybookFile; readonly added: readonly string[] } {
  const added: string[] = [];
  const playbooks = file.playbooks.map(playbook => asking(file, playbook, added));
  return { file: { ...file, playbooks }, added };
}

function asking(file: PlaybookFile, playbook: Playbook, added: string[]): Playbook {
  const all = allSteps([playbook.steps, ...listOf(playbook.onError)]);
  const asked = new Set(all.flatMap(step => (step.type === 'ask' ? [step.releases] : [])));
  const names = new Set(all.map(step => step.name));
  const before = (step: Step): readonly Step[] => {
    if (step.type !== 'effect' || asked.has(step.name) || effectTier(file, step.effect) === 'inert') return [];
    let name = `ask-${step.name}`.slice(0, 60);
    while (names.has(name)) name = `${name}x`.slice(-60);
    names.add(name);
    added.push(name);
    const nothing = {
      onError: undefined,
      goto: undefined,
      onRejected: undefined,
      timeoutMs: undefined,
      onTimeout: undefined,
    };
    return [{ type: 'ask', name, releases: step.name, ...nothing }];
  };
  const list = (steps: Steps): Steps => steps.flatMap(step => [...before(step), inside(step)]);
  const handler = (of: Handler | undefined) => (typeof of === 'object' ? list(of) : of);
  const inside = (step: Step): Step => {
    const outer = { ...step, onError: handler(step.onError) };
    const timed = 'onTimeout' in outer ? { ...outer, onTimeout: handler(outer.onTimeout) } : outer;
    switch (timed.type) {
      case 'ask':
        return { ...timed, onRejected: handler(timed.onRejected) };
      case 'branch':
        return { ...timed, yes: list(timed.yes), no: list(timed.no) };
      case 'loop':
        return { ...timed, body: list(timed.body) };
      case 'parallel':
        return { ...timed, branches: timed.branches.map(list) };
      default:
        return timed;
    }
  };
  return { ...playbook, steps: list(playbook.steps), onError: handler(playbook.onError) };
}
