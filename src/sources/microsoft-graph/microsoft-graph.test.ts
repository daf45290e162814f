import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { microsoftGraph } from './index.ts';

function alertWith(...evidence: readonly object[]) {
  const result = microsoftGraph.normalise(
    recordOfValue({
      id: 'a-1',
      serviceSource: 'microsoft365Defender',
      title: 'x',
      createdDateTime: '2026-03-02T00:00:00Z',
      evidence,
    }),
  );
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const typed = (type: string, value: object) => ({
  '@odata.type': `#microsoft.graph.security.${type}Evidence`,
  ...value,
});

describe('microsoftGraph', () => {
  it.each([
    [['attacker'], 'actor'],
    [['contextual', 'source'], 'actor'],
    [['compromised'], 'target'],
    [['destination'], 'target'],
    [['contextual'], 'related'],
    [['somethingNew'], 'related'],
    [[], 'related'],
  ])('takes the roles %j of an address for %s', (roles, role) => {
    expect(alertWith(typed('ip', { ipAddress: '192.0.2.1', roles })).entities).toMatchObject([{ kind: 'ip', role }]);
  });

  it('puts an address that was gone to into the destination, and any other into the source', () => {
    const { fields } = alertWith(
      typed('ip', { ipAddress: '192.0.2.1', roles: ['destination'] }),
      typed('ip', { ipAddress: '192.0.2.2', roles: [] }),
    );
    expect(fields).toMatchObject({ dst_ip: '192.0.2.1', src_ip: '192.0.2.2' });
  });

  it.each([
    ['oauthApplication', { displayName: 'Sorter', objectId: 'o-1' }, 'service_principal'],
    ['servicePrincipal', { servicePrincipalName: 'Sorter', servicePrincipalObjectId: 'o-1' }, 'service_principal'],
    ['aiAgent', { agentName: 'Sorter', agentId: 'o-1' }, 'bot'],
    ['user', { userAccount: { accountName: 'WS-1$', domainName: 'CORP', userSid: 'o-1' } }, 'computer'],
    ['user', { userAccount: { accountName: 'Sorter', azureAdUserId: 'o-1', userSid: 'S-1-5-20' } }, 'system'],
  ])('says of %s evidence what kind of machine it is', (type, value, machine) => {
    expect(alertWith(typed(type, value)).entities).toMatchObject([{ kind: 'nhi', machine, vendorId: 'o-1' }]);
  });

  it('compares a service account of Kubernetes by the name that its cluster knows', () => {
    const alert = alertWith(typed('kubernetesServiceAccount', { name: 'builder', namespace: { name: 'ci' } }));
    expect(alert.entities[0]).toMatchObject({ value: 'system:serviceaccount:ci:builder', label: 'builder' });
  });

  it('keeps accounts of one name in two domains apart', () => {
    const of = (domainName: string) =>
      alertWith(typed('user', { userAccount: { accountName: 'kim', domainName } })).entities[0]?.value;
    expect([of('CORP'), of('LAB'), of('example.com')]).toEqual(['corp\\kim', 'lab\\kim', 'kim@example.com']);
  });

  it('has a category for a tactic only where it is the name of one', () => {
    const of = (category: string) => {
      const result = microsoftGraph.normalise(
        recordOfValue({ serviceSource: 'x', createdDateTime: '2026-03-02T00:00:00Z', category }),
      );
      return result.ok ? result.value.tactics : undefined;
    };
    expect([of('LateralMovement'), of('AnonymousLogin')]).toEqual([['lateral-movement'], []]);
  });

  it('leaves evidence of a type that it does not know in the record', () => {
    expect(
      alertWith(typed('quantum', { userAccount: { accountName: 'kim' }, ipAddress: '192.0.2.1' })).entities,
    ).toEqual([]);
  });

  it('takes no incident of Graph for an alert', () => {
    const incident = { '@odata.type': '#microsoft.graph.security.incident', id: '1', createdDateTime: 'x' };
    expect(microsoftGraph.recognise(recordOfValue(incident))).toBe(0);
  });
});
