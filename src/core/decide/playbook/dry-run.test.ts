import { describe, expect, test } from 'vitest';
import type { WouldPropose } from '../../../model/playbook-dry-run.ts';
import { dryRun, type PastIncident } from './dry-run.ts';
import { readPlaybook } from './read-playbook.ts';

const PROPOSAL: WouldPropose = {
  what: 'Lock an account',
  system: 'orders-db',
  targetName: 'app_jo',
  tier: 'T2',
  seats: [{ slot: 'responder', people: [] }],
};

const HEAD = 'playbook: p\nversion: "1"\nsteps:\n';
const LOCK = `${HEAD}
  - { step: who, read: incident.user, as: account }
  - { step: look, enrich: $account, on_error: continue }
  - step: ask-lock
    ask: lock
    timeout: 4h
    on_rejected: [{ step: tell, notify: The lock was rejected. }, { step: halt, stop: true }]
  - { step: lock, act: disable_account, on: $account }
  - { step: said, notify: It is locked. }
`;

function past(changed: Partial<PastIncident> = {}): PastIncident {
  return {
    severity: 'high',
    coverage: 'complete',
    valuesOf: part => (part === 'user' ? ['app_jo'] : []),
    proposalOf: () => PROPOSAL,
    ...changed,
  };
}

function follow(text: string, of: PastIncident, people: 'sign' | 'reject' | 'late' = 'sign') {
  const read = readPlaybook(text);
  if (!read.ok) throw new Error(JSON.stringify(read.failure));
  const { steps, end } = dryRun(read.value, of, people);
  return { end, steps: steps.map(({ place, is, text: what }) => `${place} ${is}: ${what}`), proposed: steps };
}

describe('a dry run', () => {
  test('tells each step in its order, what would be proposed and where a run would wait', () => {
    const { end, steps, proposed } = follow(LOCK, past());
    expect(end).toBe('done');
    expect(steps).toEqual([
      'who reads: incident.user: app_jo',
      'look would: looks up app_jo',
      'ask-lock would: asks for lock, waits for people until its time is over, goes on as if they signed',
      'lock would: waits until the act was carried out and seen in effect',
      'said would: writes on the run: It is locked.',
    ]);
    expect(proposed.filter(step => step.proposes !== undefined).map(step => step.proposes)).toEqual([PROPOSAL]);
  });

  test('takes the way that the file has for a rejection and for nobody’s answer', () => {
    expect(follow(LOCK, past(), 'reject')).toMatchObject({
      end: 'stopped',
      steps: [
        'who reads: incident.user: app_jo',
        'look would: looks up app_jo',
        expect.stringContaining('as if they rejected it'),
        'tell would: writes on the run: The lock was rejected.',
      ],
    });
    expect(follow(LOCK, past(), 'late').end).toBe('stopped');
  });

  test('says what nobody can know: what a gap may hide, a severity that no source gave, and who is first', () => {
    const asks = (condition: string) =>
      `${HEAD}  - { step: c, if: ${condition}, yes: [{ step: a, notify: yes }], no: [{ step: b, notify: no }] }\n`;
    const first = (text: string, of: PastIncident) => follow(text, of).steps[0];
    expect(first(asks('{has: host}'), past())).toBe('c reads: a host is known: no');
    expect(first(asks('{has: host}'), past({ coverage: 'gaps' }))).toMatch(/^c unknown: whether a host is known/);
    expect(first(asks('{severity: low}'), past({ severity: 'unknown' }))).toMatch(/^c unknown/);
    expect(first(asks('{severity: critical}'), past())).toBe('c reads: severity critical or more: no');
    expect(first(asks('{coverage: complete}'), past({ coverage: 'unknown' }))).toMatch(/^c unknown/);
    expect(first(LOCK, past({ valuesOf: () => [], coverage: 'gaps' }))).toBe(
      'who unknown: incident.user: none is stored',
    );
    expect(first(LOCK, past({ valuesOf: () => [] }))).toBe('who fails: incident.user: none is stored');
    const race = `${HEAD}  - step: race\n    parallel:\n      - [{ step: a, notify: a }]\n      - [{ step: b, notify: b }]\n    join: first\n`;
    expect(follow(race, past()).steps.at(-1)).toMatch(/^race unknown: which of its branches/);
  });

  test('says of each turn of a loop which one it is, and why nothing would be proposed', () => {
    const text = `${HEAD}  - step: users\n    each: user\n    as: one\n    at_most: 5\n    steps:\n      - { step: ask-lock, ask: lock, on_error: continue }\n      - { step: lock, act: disable_account, on: $one, on_error: continue }\n`;
    const two = past({
      valuesOf: part => (part === 'user' ? ['app_jo', 'app_mia'] : []),
      proposalOf: (_, on) => (on === 'app_jo' ? PROPOSAL : `fails: nothing on ${on}`),
    });
    const { steps } = follow(text, two);
    expect(steps[0]).toBe('users reads: incident.user: app_jo, app_mia');
    expect(steps.filter(step => step.includes('turn 2'))[0]).toBe(
      'users (turn 2) › ask-lock fails: fails: nothing on app_mia',
    );
  });

  test('is cut where a loop in a loop has more places than are followed, and says so', () => {
    const text = `${HEAD}  - step: outer\n    while: {has: user}\n    at_most: 100\n    steps:\n      - step: inner\n        while: {has: user}\n        at_most: 100\n        steps: [{ step: n, notify: again }]\n`;
    const { end, steps } = follow(text, past());
    expect([end, steps.length > 250]).toEqual(['unknown', true]);
  });
});
