import { expect, test } from 'vitest';
import { contextOf } from '../../src/connector/calls.ts';
import { pagerduty } from '../../src/responders/pagerduty/responder.ts';
import { startPagerdutyTarget } from './pagerduty-target.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';
import { PAGERDUTY_CONTRACT } from './vendor/pagerduty-contract.ts';
import { declaredRights, vendorConformance } from './vendor/vendor-conformance.ts';

vendorConformance({ title: 'pagerduty: incidents', start: startPagerdutyTarget, notHere: NOT_IN_THIS_LANE });

test('the scopes that are declared are those that its reference names for what is asked, and no others', () => {
  declaredRights(pagerduty, { contract: PAGERDUTY_CONTRACT });
});

test('an incident of high urgency is marked as severe, and that what is closed cannot be opened again is declared', async () => {
  const target = await startPagerdutyTarget();
  try {
    const request = { operation: 'resolve', target: { name: target.victim }, before: undefined };
    const plan = await pagerduty.plan(request, target.system, contextOf(target));
    expect(plan.ok ? plan.value.facts.marks : plan.failure).toEqual(['severe_incident']);
    expect(target.contain.reversibility).toBe('irreversible');
  } finally {
    await target.close();
  }
});

const GIVEN = {
  account: 'us.acme',
  services: 'PSERVIC1',
  from: 'soc@example.org',
  readClient: 'reader',
  writeClient: 'writer',
};

test.each([
  [{}, 'ok'],
  [{ account: 'acme' }, '`account`'],
  [{ services: '' }, '`services`'],
  [{ services: 'PSERVIC1,,PSERVIC2' }, '`services`'],
  [{ services: '*' }, '`services`'],
  [{ from: 'soc@example.org\nx-evil: 1' }, '`from`'],
  [{ from: '' }, '`from`'],
  [{ writeClient: 'reader' }, '`writeClient`'],
  [{ url: 'http://api.pagerduty.com' }, '`url`'],
])('a system of pagerduty with %j is %s', (more, said) => {
  const read = pagerduty.parseConfig({ ...GIVEN, ...more });
  expect(read.ok ? 'ok' : read.failure.detail).toContain(said);
});
