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
    });
  });
});
