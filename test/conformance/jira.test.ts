import { describe, expect, test } from 'vitest';
import { executed, planned, undoPlanned } from '../../src/connector/calls.ts';
import { jira } from '../../src/responders/jira/responder.ts';
import { initial, JIRA_SUITE, startJiraTarget } from './jira-target.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';
import { JIRA_CONTRACT } from './vendor/jira-contract.ts';
import { vendorConformance } from './vendor/vendor-conformance.ts';
import { startVendorTarget } from './vendor/vendor-target.ts';

vendorConformance({ title: 'jira: issues', start: startJiraTarget, notHere: NOT_IN_THIS_LANE });

const startWith = (more: Partial<ReturnType<typeof initial>>) =>
  startVendorTarget({ ...JIRA_SUITE, initial: () => ({ ...initial(), ...more }) });

describe('a workflow that does not lead there', () => {
  test.each([
    ['by no way', { ways: ['To Do', 'In Progress'] }],
    ['by two ways, each of which may do something else', { ways: ['Done', 'Done'] }],
    ['for our user, who may not move issues', { mayMove: false }],
  ])('%s: it is refused, and nothing is asked to change', async (_why, more) => {
    const target = await startWith(more);
    try {
      const plan = await planned(target, jira);
      const { outcome } = await executed(target, jira, plan, undefined, target.proxied);
      expect([outcome, target.asksForChange(target.proxy.sent())]).toEqual(['refused', false]);
      expect(await target.isContained(target.victim)).toBe(false);
    } finally {
      await target.close();
    }
  });
});

test('an issue goes back to the status that it had, and not to the first one', async () => {
  const target = await startJiraTarget();
  try {
    const plan = await planned(target, jira);
    expect(plan.params).toEqual({ 'issue.statusBefore': 'In Progress' });
    const receipt = await executed(target, jira, plan);
    const undo = await undoPlanned(target, jira, plan, receipt);
    expect(undo.changes).toEqual([{ path: 'issue.status', from: 'Done', to: 'In Progress' }]);
    expect((await executed(target, jira, undo)).outcome).toBe('applied');
    expect(await target.valueAt('issue.status')).toBe('In Progress');
  } finally {
    await target.close();
  }
});

test('the scopes that are declared suffice for what is asked, and the token that reads cannot write', () => {
  const { read, write } = jira.manifest.scopes;
  for (const { method, scopes } of JIRA_CONTRACT.operations) {
    expect(scopes.every(scope => write.includes(scope))).toBe(true);
    expect(scopes.every(scope => read.includes(scope))).toBe(method === 'GET');
  }
});

const GIVEN = {
  url: 'https://api.atlassian.com/ex/jira/1',
  project: 'SOC',
  readUser: 'reader@example.org',
  writeUser: 'writer@example.org',
};

test.each([
  [{}, 'ok'],
  [{ project: '' }, '`project`'],
  [{ project: 'soc' }, '`project`'],
  [{ done: '' }, '`done`'],
  [{ readUser: 'a:b' }, '`readUser`'],
  [{ writeUser: 'Reader@example.org' }, '`writeUser`'],
  [{ url: 'http://acme.atlassian.net' }, '`url`'],
])('a system of jira with %j is %s', (more, said) => {
  const read = jira.parseConfig({ ...GIVEN, ...more });
  expect(read.ok ? 'ok' : read.failure.detail).toContain(said);
});
