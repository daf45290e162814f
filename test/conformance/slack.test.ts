import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { capabilityOf, contextOf, planned } from '../../src/connector/calls.ts';
import { slack } from '../../src/responders/slack/responder.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';
import { startSlackSessions, startSlackUsers } from './slack-target.ts';
import { SLACK_CONTRACT } from './vendor/slack-contract.ts';
import { declaredRights, vendorConformance } from './vendor/vendor-conformance.ts';

vendorConformance({ title: 'slack: users', start: startSlackUsers, notHere: NOT_IN_THIS_LANE });

describe('ending the sessions of a user of Slack, which nothing undoes', () => {
  test('asks for all devices, is seen nowhere, and claims no effect', async () => {
    const { target, reset } = await startSlackSessions();
    const plan = await planned(target, slack);
    expect(plan.refusals).toEqual([]);
    expect(target.contain.reversibility).toBe('irreversible');
    const receipt = await slack.execute(plan, target.system, capabilityOf(target, randomUUID()), contextOf(target));
    expect(receipt.outcome, receipt.detail).toBe('applied');
    expect(reset()).toEqual([target.victim]);
    expect(await slack.observe(plan, target.system, contextOf(target))).toMatchObject({
      ok: true,
      value: { state: 'not_seen', effect: 'unproven' },
    });
    await target.close();
  });

  test.each([
    ['missing_scope', 'refused'],
    ['not_an_admin', 'refused'],
    ['feature_not_enabled', 'refused'],
    ['user_not_found', 'refused'],
    ['internal_error', 'unknown'],
    ['user_session_reset_failed', 'unknown'],
    ['a_word_of_tomorrow', 'unknown'],
  ])('a 200 that says %s is no yes: %s', async (word, outcome) => {
    const { target, reset } = await startSlackSessions(word);
    const plan = await planned(target, slack);
    const receipt = await slack.execute(plan, target.system, capabilityOf(target, randomUUID()), contextOf(target));
    expect(receipt.outcome, receipt.detail).toBe(outcome);
    expect(reset()).toEqual([]);
    await target.close();
  });
});

test('the scopes that are declared are those that Slack’s documentation names for what is asked, and no others', () => {
  declaredRights(slack, { contract: SLACK_CONTRACT });
});

const GIVEN = { for: 'users', readUser: 'U0READER001', writeUser: 'W0WRITER001' };

test.each([
  [{}, 'ok'],
  [{ for: '' }, '`for`'],
  [{ for: 'all' }, '`for`'],
  [{ readUser: 'reader@example.org' }, '`readUser`'],
  [{ writeUser: 'U0READER001' }, '`writeUser`'],
  [{ url: 'http://slack.com' }, '`url`'],
  [{ scimUrl: 'http://api.slack.com' }, '`scimUrl`'],
])('a system of slack with %j is %s', (more, said) => {
  const read = slack.parseConfig({ ...GIVEN, ...more });
  expect(read.ok ? 'ok' : read.failure.detail).toContain(said);
});
