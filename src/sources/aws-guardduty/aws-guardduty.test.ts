import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { awsGuardDuty } from './index.ts';

function alertOf(value: object) {
  const finding = {
    type: 'Recon:EC2/Portscan',
    id: 'f-1',
    accountId: '111122223333',
    resource: {},
    service: {},
    ...value,
  };
  const result = awsGuardDuty.normalise(recordOfValue(finding));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('awsGuardDuty', () => {
  it.each([
    [1, 'low'],
    [3.9, 'low'],
    [4, 'medium'],
    [7, 'high'],
    [9, 'critical'],
    [0, 'unknown'],
    [11, 'unknown'],
    ['bad', 'unknown'],
  ])('takes severity %s for %s', (severity, word) => {
    expect(alertOf({ severity }).severity).toBe(word);
  });

  it('turns a connection round by its direction', () => {
    const of = (connectionDirection: string) =>
      alertOf({
        service: {
          action: {
            networkConnectionAction: {
              connectionDirection,
              remoteIpDetails: { ipAddressV4: '203.0.113.1' },
              remotePortDetails: { port: 4444 },
              localPortDetails: { port: 22 },
            },
          },
        },
      }).fields;
    expect(of('INBOUND')).toMatchObject({ src_ip: '203.0.113.1', src_port: '4444', dst_port: '22' });
    expect(of('OUTBOUND')).toMatchObject({ dst_ip: '203.0.113.1', dst_port: '4444', src_port: '22' });
  });

  it('has a role as a machine identity, compared by the ARN that it has in its account', () => {
    const key = { userName: 'web', userType: 'AssumedRole', principalId: 'AROAEXAMPLE:session' };
    expect(alertOf({ resource: { accessKeyDetails: key } }).entities[0]).toMatchObject({
      kind: 'nhi',
      label: 'web',
      value: 'arn:aws:iam::111122223333:role/web',
      vendorId: 'AROAEXAMPLE',
      machine: 'role',
    });
  });

  it('says of a key, an instance profile and a caller in a cluster what kind of machine identity each is', () => {
    const alert = alertOf({
      resource: {
        accessKeyDetails: { accessKeyId: 'AKIAEXAMPLE000000001', userName: 'kim', userType: 'IAMUser' },
        instanceDetails: { iamInstanceProfile: { arn: 'arn:aws:iam::1:instance-profile/web' } },
        kubernetesDetails: { kubernetesUserDetails: { username: 'system:serviceaccount:ci:builder' } },
      },
    });
    expect(alert.entities.map(one => [one.kind, one.machine])).toEqual([
      ['user', undefined],
      ['access_key', 'key'],
      ['nhi', 'role'],
      ['nhi', 'service_account'],
      ['cloud_account', undefined],
    ]);
  });

  it('makes nobody of all who say no name to a cluster', () => {
    const kubernetesDetails = { kubernetesUserDetails: { username: 'system:anonymous' } };
    const alert = alertOf({ resource: { kubernetesDetails } });
    expect(alert.fields.user).toBe('system:anonymous');
    expect(alert.entities.map(one => one.kind)).toEqual(['cloud_account']);
  });
});
