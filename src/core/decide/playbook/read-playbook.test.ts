import { expect, test } from 'vitest';
import { readPlaybook } from './read-playbook.ts';

const SOUND = `
playbook: lock an account that was taken over
version: "1"
steps:
  - { step: ask-lock, ask: lock }
  - { step: lock, act: disable_account, on: incident.user }
`;

function problems(text: string): readonly string[] {
  const read = readPlaybook(text);
  return read.ok ? [] : read.failure.map(({ at, text: what }) => `${at}: ${what}`);
}

/** The sound file with other steps. */
function withSteps(...steps: readonly string[]): string {
  return `playbook: p\nversion: "1"\nsteps:\n${steps.map(step => `  - ${step}\n`).join('')}`;
}

test('a playbook is read as it is written', () => {
  const read = readPlaybook(SOUND);
  expect(read.ok && read.value.playbooks[0]?.steps.map(step => [step.name, step.type])).toEqual([
    ['ask-lock', 'ask'],
    ['lock', 'effect'],
  ]);
});

const ASK = '{ step: ask, ask: lock }';
const LOCK = '{ step: lock, act: disable_account, on: incident.user }';

test.each([
  ['a member that is not known', withSteps('{ step: a, notify: x, on_eror: stop }'), /on_eror/],
  ['a step of two types', withSteps('{ step: a, notify: x, stop: true }'), /notify and stop/],
  ['a command of a shell', withSteps('{ step: a, bash: "rm -rf /" }'), /is none/],
  ['a call over HTTP', withSteps('{ step: a, http-api: "POST /disable" }'), /is none/],
  ['a kind that only tells people as an act', withSteps('{ step: a, act: notify, on: incident.user }'), /only tells/],
  [
    'an act on the rules themselves',
    withSteps(ASK, '{ step: lock, act: change_policy, on: incident.self }'),
    /rules themselves/,
  ],
  ['a kind that there is not', withSteps('{ step: a, act: shell, on: incident.user }'), /no kind of response/],
  ['a target that is a name in a text', withSteps('{ step: a, act: disable_account, on: bob }'), /neither a part/],
  ['a human step for a step that is not there', withSteps('{ step: ask, ask: nothing }'), /no step of this playbook/],
  [
    'a human step for what changes nothing',
    withSteps('{ step: ask, ask: tell }', '{ step: tell, notify: x }'),
    /no step of this/,
  ],
  ['a name that nothing was put on', withSteps('{ step: look, enrich: $nobody }'), /nothing is put on/],
  ['two steps of one name', withSteps(ASK, LOCK, LOCK), /two steps have this name/],
  ['a way back', withSteps(ASK, LOCK, '{ step: again, notify: x, goto: lock }'), /no later step/],
  ['a loop without an end', withSteps('{ step: l, while: { has: user }, steps: [{ step: a, notify: x }] }'), /at_most/],
  [
    'a loop of very many turns',
    withSteps('{ step: l, while: { has: user }, at_most: 101, steps: [{ step: a, notify: x }] }'),
    /at_most/,
  ],
  [
    'a time-out that nothing can reach',
    withSteps('{ step: p, parallel: [[{ step: a, notify: x }]], on_timeout: stop }'),
    /no timeout/,
  ],
  ['a playbook that is not there', withSteps('{ step: r, run: other }'), /no playbook/],
  ['an alias', 'playbook: &a p\nversion: "1"\nsteps: *a\n', /aliases/],
  ['a key that stands twice', 'playbook: p\nplaybook: q\nversion: "1"\nsteps: []\n', /unique/],
  ['no steps', 'playbook: p\nversion: "1"\nsteps: []\n', /no list of steps/],
  ['characters that cannot be seen', withSteps('{ step: a, notify: "x\\u202e" }'), /cannot be seen/],
])('%s does not load', (_, text, what) => {
  expect(problems(text).join('\n')).toMatch(what);
});

test('a file that nests too deep is refused, whatever it is nested in', () => {
  const lists = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  expect(problems(`playbook: p\nversion: "1"\nsteps: ${lists}\n`)).not.toEqual([]);
  let step: object = { step: 's', notify: 'x' };
  for (let depth = 0; depth < 20; depth++) step = { step: `if-${depth}`, if: { has: 'user' }, yes: [step] };
  expect(problems(JSON.stringify({ playbook: 'p', version: '1', steps: [step] })).join()).toMatch(/nest deeper/);
});

test('a goto leaves neither a branch that runs beside others nor the steps around it', () => {
  const inside = '{ step: p, parallel: [[{ step: a, notify: x, goto: late }], [{ step: b, notify: x }]] }';
  expect(problems(withSteps(inside, '{ step: late, notify: x }')).join()).toMatch(/no later step/);
  const out = '{ step: i, if: { has: user }, yes: [{ step: a, notify: x, goto: late }] }';
  expect(problems(withSteps(out, '{ step: between, notify: x }', '{ step: late, notify: x }'))).toEqual([]);
});
