import type { Generator, Written, WrittenFile } from './generate.ts';

/** What is put into a safe playbook so that it can be bypassed: the steps, and what else of the file has to change. */
type Plant = (made: Generator, file: WrittenFile) => Written[];

function act(made: Generator, on = 'incident.user'): Written {
  return { step: made.name('planted'), act: 'disable_account', on };
}

function ask(made: Generator, effect: Written, more: object = {}): Written {
  return { step: made.name('ask'), ask: effect.step, ...more };
}

function tell(made: Generator): Written {
  return { step: made.name('tell'), notify: 'Look at this.' };
}

function addSub(made: Generator, file: WrittenFile, steps: Written[], takes: string[] = []): string {
  const name = made.name('planted-sub');
  file.playbooks[name] = { takes, steps };
  return name;
}

/** Every sort of bypass that we know of. In each, one effect that is named `planted` is done although nobody was asked. */
export const PLANTS: { readonly [sort: string]: Plant } = {
  'no human step': made => [act(made)],
  'asked afterwards': made => {
    const effect = act(made);
    return [effect, ask(made, effect)];
  },
  'asked on one arm': made => {
    const effect = act(made);
    return [{ step: made.name('if'), if: made.condition(), yes: [ask(made, effect)] }, effect];
  },
  'asked for another act': made => {
    const [meant, effect] = [act(made), act(made)];
    return [ask(made, meant), meant, effect];
  },
  'one answer for two acts': made => {
    const [first, second] = [act(made), act(made)];
    return [ask(made, first), first, { step: made.name('if'), if: made.condition(), yes: [second] }];
  },
  'asked before a loop': made => {
    const effect = act(made);
    return [ask(made, effect), { step: made.name('loop'), while: made.condition(), at_most: 3, steps: [effect] }];
  },
  'released for the next turn': made => {
    const effect = act(made);
    const yes = [effect];
    const steps = [{ step: made.name('if'), if: made.condition(), yes }, ask(made, effect)];
    return [{ step: made.name('loop'), while: made.condition(), at_most: 3, steps }];
  },
  'asked for the first of many': made => {
    const as = made.name('each');
    const effect = act(made, `$${as}`);
    const steps = [{ step: made.name('if'), if: made.condition(), yes: [ask(made, effect)] }, effect];
    return [{ step: made.name('loop'), each: 'user', as, at_most: 5, steps }];
  },
  'asked in a loop that may not turn': made => {
    const effect = act(made);
    return [
      { step: made.name('loop'), each: 'user', as: made.name('each'), at_most: 2, steps: [ask(made, effect)] },
      effect,
    ];
  },
  'goes on after a time-out': made => {
    const effect = act(made);
    return [ask(made, effect, { timeout: '1h', on_timeout: 'continue' }), effect];
  },
  'goes on after a rejection': made => {
    const effect = act(made);
    return [ask(made, effect, { on_rejected: [tell(made)] }), effect];
  },
  'goes on after an error of the human step': made => {
    const effect = act(made);
    return [ask(made, effect, { on_error: 'continue' }), effect];
  },
  'act in an error handler': made => [{ step: made.name('look'), enrich: 'incident.user', on_error: [act(made)] }],
  'act in a time-out handler': made => {
    const effect = act(made);
    return [ask(made, effect, { on_timeout: [act(made)] }), effect];
  },
  'act in a rejection handler': made => {
    const effect = act(made);
    return [ask(made, effect, { on_rejected: [act(made), { step: made.name('halt'), stop: true }] }), effect];
  },
  'done again after an error': made => {
    const effect = act(made);
    effect['on_error'] = [{ step: made.name('planted'), act: 'disable_account', on: 'incident.user' }];
    return [ask(made, effect), effect];
  },
  'act in the handler of the playbook': (made, file) => {
    file.on_error = [act(made)];
    return [{ step: made.name('look'), enrich: 'incident.user' }];
  },
  'act in the handler of a loop': made => [
    {
      step: made.name('loop'),
      while: made.condition(),
      at_most: 2,
      steps: [{ step: made.name('look'), enrich: 'incident.user' }],
      on_error: [act(made)],
    },
  ],
  'asked in a branch beside': made => {
    const effect = act(made);
    return [{ step: made.name('both'), parallel: [[ask(made, effect)], [effect]] }];
  },
  'asked in a branch that may lose': made => {
    const effect = act(made);
    return [{ step: made.name('both'), parallel: [[ask(made, effect)], [tell(made)]], join: 'first' }, effect];
  },
  'asked in branches that took too long': made => {
    const effect = act(made);
    const parallel = [[ask(made, effect)], [tell(made)]];
    return [{ step: made.name('both'), parallel, timeout: '1h', on_timeout: 'continue' }, effect];
  },
  'asked in a branch beside one that fails': made => {
    const effect = act(made);
    const parallel = [[ask(made, effect)], [{ step: made.name('look'), enrich: 'incident.user' }]];
    return [{ step: made.name('both'), parallel, on_error: 'continue' }, effect];
  },
  'another target after the answer': made => {
    const as = made.name('who');
    const effect = act(made, `$${as}`);
    const read = () => ({ step: made.name('read'), read: 'incident.user', as });
    return [read(), ask(made, effect), read(), effect];
  },
  'another target by a branch beside': made => {
    const as = made.name('who');
    const effect = act(made, `$${as}`);
    const read = () => ({ step: made.name('read'), read: 'incident.user', as });
    return [read(), { step: made.name('both'), parallel: [[ask(made, effect), effect], [read()]] }];
  },
  'asked twice, rejected the second time': made => {
    const effect = act(made);
    return [ask(made, effect), ask(made, effect, { on_rejected: 'continue' }), effect];
  },
  'leapt over': made => {
    const effect = act(made);
    const leap = { step: made.name('look'), enrich: 'incident.user', goto: effect.step };
    return [{ step: made.name('if'), if: made.condition(), yes: [leap] }, ask(made, effect), effect];
  },
  'in a playbook that is run': (made, file) => [{ step: made.name('run'), run: addSub(made, file, [act(made)]) }],
  'in a playbook that the one that is run runs': (made, file) => {
    const inner = addSub(made, file, [act(made, '$given')], ['given']);
    const run = { step: made.name('run'), run: inner, with: { given: 'incident.user' } };
    return [{ step: made.name('run'), run: addSub(made, file, [tell(made), run]) }];
  },
  'in a playbook that runs itself': (made, file) => {
    const name = made.name('planted-sub');
    const effect = act(made);
    const yes = [ask(made, effect), { step: made.name('run'), run: name }];
    file.playbooks[name] = { takes: [], steps: [{ step: made.name('if'), if: made.condition(), yes }, effect] };
    return [{ step: made.name('run'), run: name }];
  },
  'a tag that contains': (made, file) => {
    file.elsewhere['planted/tag'] = { starts: { kinds: ['isolate_host'] } };
    return [{ step: made.name('planted'), tag: 'planted/tag' }];
  },
  'a namespace that nobody declared': made => [
    { step: made.name('planted'), [made.random.pick(['tag', 'ticket', 'comment'])]: 'planted/unheard-of' },
  ],
  'a ticket that runs a playbook that acts': (made, file) => {
    const name = addSub(made, file, [act(made)]);
    file.elsewhere['planted/ticket'] = { starts: { run: [name] } };
    const effect = { step: made.name('mark'), ticket: 'planted/ticket' };
    return [ask(made, effect), effect];
  },
  'close riding on contain': made => {
    const contain = act(made);
    return [ask(made, contain), contain, { step: made.name('planted'), act: 'close_incident', on: 'incident.self' }];
  },
};
