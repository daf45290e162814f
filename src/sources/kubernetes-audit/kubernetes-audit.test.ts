import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { kubernetesAudit } from './index.ts';

function alertOf(value: object) {
  const result = kubernetesAudit.normalise(
    recordOfValue({
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      auditID: 'a-1',
      stage: 'ResponseComplete',
      verb: 'get',
      requestReceivedTimestamp: '2026-03-02T00:00:00Z',
      ...value,
    }),
  );
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('kubernetesAudit', () => {
  it.each([
    [{ username: 'system:serviceaccount:ci:builder' }, { kind: 'nhi', machine: 'service_account' }],
    [{ username: 'system:node:node-1' }, { kind: 'nhi', machine: 'computer' }],
    [{ username: 'system:kube-scheduler' }, { kind: 'nhi', machine: 'system' }],
    [
      { username: 'node-1', groups: ['system:nodes'] },
      { kind: 'nhi', machine: 'computer' },
    ],
    [{ username: 'kim@example.com', groups: ['system:masters'] }, { kind: 'user' }],
  ])('names who called: %j', (user, expected) => {
    const [first] = alertOf({ user }).entities;
    expect(first).toMatchObject({ role: 'actor', ...expected });
    expect(first?.machine).toBe((expected as { machine?: string }).machine);
  });

  it('makes nobody of all who say no name', () => {
    const alert = alertOf({ user: { username: 'system:anonymous', groups: ['system:unauthenticated'] } });
    expect(alert.entities).toEqual([]);
    expect(alert.fields.user).toBe('system:anonymous');
  });

  it('has another id for each stage of one request, and the request for what they share', () => {
    const [received, complete] = [alertOf({ stage: 'RequestReceived' }), alertOf({})];
    expect([received.vendorId, complete.vendorId]).toEqual(['a-1:RequestReceived', 'a-1:ResponseComplete']);
    expect(received.vendorLinks).toEqual(complete.vendorLinks);
  });

  it('meets a service account in the call that makes it and in the calls that it makes', () => {
    const made = alertOf({ objectRef: { resource: 'serviceaccounts', namespace: 'ci', name: 'builder' } });
    const used = alertOf({ user: { username: 'system:serviceaccount:ci:builder' } });
    expect(made.entities[0]).toMatchObject({
      role: 'target',
      value: used.entities[0]?.value,
      machine: 'service_account',
    });
  });

  it('keeps things of one name in two namespaces and of two kinds apart', () => {
    const of = (objectRef: object) => alertOf({ objectRef }).entities[0]?.value;
    const values = [
      of({ resource: 'secrets', namespace: 'a', name: 'db' }),
      of({ resource: 'secrets', namespace: 'b', name: 'db' }),
      of({ resource: 'configmaps', namespace: 'a', name: 'db' }),
    ];
    expect(new Set(values).size).toBe(3);
  });

  it('has whoever impersonates for the actor and the impersonated for the target', () => {
    const alert = alertOf({ user: { username: 'kim' }, impersonatedUser: { username: 'system:serviceaccount:a:b' } });
    expect(alert.entities.map(one => [one.kind, one.role])).toEqual([
      ['user', 'actor'],
      ['nhi', 'target'],
    ]);
  });

  it('takes a proxy for no actor', () => {
    const alert = alertOf({ sourceIPs: ['203.0.113.9', '192.0.2.10'] });
    expect(alert.fields.src_ip).toBe('203.0.113.9');
    expect(alert.entities.map(one => one.role)).toEqual(['actor', 'related']);
  });

  it.each([
    [{ responseStatus: { code: 201 } }, 'success'],
    [{ responseStatus: { code: 404 } }, 'failure'],
    [{ annotations: { 'authorization.k8s.io/decision': 'forbid' } }, 'failure'],
    [{ stage: 'RequestReceived' }, undefined],
  ])('takes %j for the outcome %s', (value, outcome) => {
    expect(alertOf(value).fields.outcome).toBe(outcome);
  });

  it("takes an event of the cluster's own, which is no audit, for another's record", () => {
    const event = {
      kind: 'Event',
      apiVersion: 'v1',
      reason: 'BackOff',
      involvedObject: { kind: 'Pod', name: 'web-1' },
    };
    expect(kubernetesAudit.recognise(recordOfValue(event))).toBe(0);
  });
});
