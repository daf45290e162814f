import { expect, test } from 'vitest';
import { contextOf } from '../../src/connector/calls.ts';
import { awsIam } from '../../src/responders/aws-iam/responder.ts';
import { startIamKeys, startIamRoles, startIamUsers } from './aws-iam-target.ts';
import { NOT_IN_THIS_LANE } from './server-process.ts';
import { IAM_CONTRACT } from './vendor/iam-contract.ts';
import { declaredRights, vendorConformance } from './vendor/vendor-conformance.ts';

const notHere = NOT_IN_THIS_LANE;
vendorConformance({ title: 'aws-iam: access keys', start: startIamKeys, notHere });
vendorConformance({ title: 'aws-iam: users', start: startIamUsers, notHere });
vendorConformance({ title: 'aws-iam: roles', start: startIamRoles, notHere });

test('the rights that are declared are the actions that are asked for', () => {
  declaredRights(awsIam, { contract: IAM_CONTRACT });
});

test('a credential that is no access key is sent nowhere', async () => {
  const target = await startIamKeys();
  const wrong = { ...target, secrets: { ...target.secrets, read: 'canary-no-key' } };
  const plan = await awsIam.plan(
    { operation: 'deactivate-key', target: { name: target.victim }, before: undefined },
    target.system,
    contextOf(wrong),
  );
  expect(plan).toMatchObject({ ok: false, failure: { code: 'responder.unreachable' } });
  expect(JSON.stringify(plan)).not.toContain('canary');
  expect(target.double.credentials.size).toBe(0);
  await target.close();
});
