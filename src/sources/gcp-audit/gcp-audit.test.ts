import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { gcpAudit } from './index.ts';

function alertOf(payload: object, rest: object = {}) {
  const result = gcpAudit.normalise(
    recordOfValue({
      protoPayload: { methodName: 'm', serviceName: 'compute.googleapis.com', ...payload },
      timestamp: '2026-03-02T00:00:00Z',
      ...rest,
    }),
  );
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const KEY = 'projects/p/serviceAccounts/a@p.iam.gserviceaccount.com/keys/k1';

describe('gcpAudit', () => {
  it.each([
    [{ principalEmail: 'Kim@example.com' }, { kind: 'user', value: 'kim@example.com' }],
    [{ principalEmail: 'a@p.iam.gserviceaccount.com' }, { kind: 'nhi', machine: 'service_account' }],
    [{ principalSubject: 'serviceAccount:a@p.iam.gserviceaccount.com' }, { kind: 'nhi', machine: 'service_account' }],
    [{ principalSubject: 'user:kim@example.com' }, { kind: 'user', value: 'kim@example.com' }],
    [{ principalSubject: 'principal://iam.googleapis.com/x/subject/s' }, { kind: 'nhi', machine: 'workload' }],
  ])('names who called: %j', (authenticationInfo, expected) => {
    expect(alertOf({ authenticationInfo }).entities[0]).toMatchObject({ role: 'actor', ...expected });
  });

  it('meets a key in the call that makes it and in the calls that use it', () => {
    const made = alertOf({ response: { name: KEY } }).entities.find(one => one.kind === 'access_key');
    const used = alertOf({
      authenticationInfo: {
        principalEmail: 'a@p.iam.gserviceaccount.com',
        serviceAccountKeyName: `//iam.googleapis.com/${KEY}`,
      },
    }).entities.find(one => one.kind === 'access_key');
    expect(made).toMatchObject({ role: 'target', machine: 'key', value: KEY });
    expect(used).toMatchObject({ role: 'actor', machine: 'key', value: KEY });
  });

  it('keeps resources of two services apart where their names do not say whose they are', () => {
    const of = (serviceName: string, resourceName: string) => alertOf({ serviceName, resourceName }).entities[0]?.value;
    expect(of('a.googleapis.com', 'main')).toBe('//a.googleapis.com/main');
    expect(of('a.googleapis.com', 'projects/p/x/main')).toBe('projects/p/x/main');
  });

  it.each([
    [{ status: { code: 7 } }, {}, 'failure'],
    [{ authorizationInfo: [{ granted: true }, { granted: false }] }, {}, 'failure'],
    [{ status: {} }, {}, 'success'],
    [{}, { operation: { first: true } }, undefined],
    [{}, { operation: { first: true, last: true } }, 'success'],
  ])('takes %j with %j for the outcome %s', (payload, rest, outcome) => {
    expect(alertOf(payload, rest).fields.outcome).toBe(outcome);
  });

  it('takes a word for no address', () => {
    expect(alertOf({ requestMetadata: { callerIp: 'gce-internal-ip' } }).fields.src_ip).toBeUndefined();
  });

  it('has the members of a change of policy for targets, and a group or a domain for nobody', () => {
    const bindingDeltas = ['user:kim@example.com', 'group:g@example.com', 'allUsers'].map(member => ({ member }));
    expect(alertOf({ serviceData: { policyDelta: { bindingDeltas } } }).entities).toMatchObject([
      { kind: 'user', role: 'target', value: 'kim@example.com' },
    ]);
  });
});
