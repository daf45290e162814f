import { expect, test } from 'vitest';
import type { PlaybookVerdict } from '../../../model/playbook.ts';
import { analysePlaybook } from './analyse.ts';
import { readPlaybook } from './read-playbook.ts';

function analysed(text: string): PlaybookVerdict {
  const read = readPlaybook(text);
  if (!read.ok) throw new Error(read.failure.map(({ at, text: what }) => `${at}: ${what}`).join('\n'));
  return analysePlaybook(read.value);
}

/** The verdict on a file with these steps and further members. */
function verdict(steps: readonly string[], more = ''): PlaybookVerdict {
  return analysed(`playbook: p\nversion: "1"\nsteps:\n${steps.map(step => `  - ${step}\n`).join('')}${more}`);
}

const ASK = '{ step: ask, ask: lock }';
const LOCK = '{ step: lock, act: disable_account, on: incident.user }';

test('an act with a human step of its own before it bypasses nobody', () => {
  const found = verdict([ASK, LOCK]);
  expect(found).toMatchObject({ bypasses: [], tier: 'T2', effects: 1, humanSteps: 1, warnings: [] });
});

test('the message names the steps of the way on which nobody was asked', () => {
  const [bypass] = verdict([
    '{ step: who, read: incident.user, as: account }',
    '{ step: ask, ask: lock, timeout: 4h, on_timeout: [{ step: tell, notify: "nobody answered" }] }',
    LOCK,
  ]).bypasses;
  expect(bypass).toMatchObject({ step: 'lock', tier: 'T2', path: ['who', 'ask (time-out)', 'tell', 'lock'] });
  expect(bypass?.text).toContain('who → ask (time-out) → tell → lock');
});

test('a way through a playbook that is run names that playbook', () => {
  const [bypass] = verdict(
    ['{ step: go, run: inner }'],
    'playbooks:\n  inner:\n    steps:\n      - { step: close, act: close_incident, on: incident.self }\n',
  ).bypasses;
  expect(bypass?.path).toEqual(['[inner]', 'close']);
});

test('the whole chain takes the strictest tier of everything that it can reach', () => {
  const inner =
    'playbooks:\n  inner:\n    steps:\n      - { step: ask-two, ask: mfa }\n      - { step: mfa, act: reset_mfa, on: incident.user }\n';
  expect(verdict([ASK, LOCK, '{ step: go, run: inner }'], inner).tier).toBe('T3');
  const elsewhere = 'elsewhere:\n  contain-now: { starts: { run: [inner] } }\n';
  expect(verdict(['{ step: ask-tag, ask: tag }', '{ step: tag, tag: contain-now }'], inner + elsewhere).tier).toBe(
    'T3',
  );
});

test('a tag is gated by what it starts, and by T3 where nobody says what that is', () => {
  const tag = ['{ step: mark, tag: contain-now }'];
  expect(verdict(tag).bypasses[0]?.tier).toBe('T3');
  expect(verdict(tag, 'elsewhere:\n  contain-now: { starts: { kinds: [isolate_host] } }\n').bypasses[0]?.tier).toBe(
    'T2',
  );
  expect(verdict(tag, 'elsewhere:\n  contain-now: { starts: nothing }\n').bypasses).toEqual([]);
  // Another namespace that only looks like it stays undeclared.
  expect(verdict(tag, 'elsewhere:\n  contain-now2: { starts: nothing }\n').bypasses[0]?.tier).toBe('T3');
});

test('a playbook that runs itself is proved like every other', () => {
  const steps = (first: string) =>
    `playbooks:\n  again:\n    steps:\n${first}      - { step: act, act: disable_account, on: incident.user }\n      - { step: more, if: { has: user }, yes: [{ step: self, run: again }] }\n`;
  expect(verdict(['{ step: go, run: again }'], steps('      - { step: ask, ask: act }\n')).bypasses).toEqual([]);
  expect(verdict(['{ step: go, run: again }'], steps('')).bypasses).toHaveLength(1);
});

test('of branches that all have to be through, what one asked is released; of the first one through, only what each asked', () => {
  const both = (join: string) => [
    `{ step: both, join: ${join}, parallel: [[{ step: ask, ask: lock }], [{ step: look, enrich: incident.user }]] }`,
    LOCK,
  ];
  expect(verdict(both('all')).bypasses).toEqual([]);
  expect(verdict(both('first')).bypasses[0]?.path).toEqual(['both (branch)', 'look', 'lock']);
});

test('what no way leads to is told and refused nowhere', () => {
  const found = verdict(['{ step: halt, stop: true }', LOCK]);
  expect(found.bypasses).toEqual([]);
  expect(found.warnings).toEqual([{ at: 'lock', text: 'no way leads to it' }]);
});
