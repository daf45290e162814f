import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { securityHub } from './index.ts';

const BASE = {
  SchemaVersion: '2018-10-08',
  Id: 'f-1',
  ProductArn: 'arn:aws:securityhub:eu-central-1::product/aws/guardduty',
  AwsAccountId: '111122223333',
  GeneratorId: 'g',
  CreatedAt: '2026-03-02T00:00:00Z',
};

function read(value: object) {
  const result = securityHub.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const alertOf = (value: object) => read({ ...BASE, ...value });

describe('securityHub', () => {
  it('says the same of a finding alone and as EventBridge carries it', () => {
    const values = (value: object) => {
      const { vendorId, title, severity, occurredAt, entities } = read(value);
      return { vendorId, title, severity, occurredAt, entities: entities.map(one => one.value) };
    };
    const wrapped = { 'detail-type': 'Security Hub Findings - Imported', detail: { findings: [BASE] } };
    expect(values(wrapped)).toEqual(values(BASE));
  });

  it('reads the first of several findings in one event, and says how many it leaves', () => {
    expect(read({ detail: { findings: [BASE, BASE, BASE] } }).warnings).toEqual([
      '2 more findings of this record are not read',
    ]);
  });

  it.each([
    [{ Label: 'CRITICAL', Normalized: 1 }, 'critical'],
    [{ Normalized: 0 }, 'informational'],
    [{ Normalized: 39 }, 'low'],
    [{ Normalized: 40 }, 'medium'],
    [{ Normalized: 70 }, 'high'],
    [{ Normalized: 90 }, 'critical'],
    [{ Normalized: 101 }, 'unknown'],
    [{ Label: 'SEVEREST' }, 'unknown'],
    [undefined, 'unknown'],
  ])('takes the severity %j for %s', (Severity, severity) => {
    expect(alertOf({ Severity }).severity).toBe(severity);
  });

  it('takes the tactic from a type of TTPs and from no other', () => {
    expect(alertOf({ Types: ['TTPs/Lateral Movement/x', 'Effects/Impact'] }).tactics).toEqual(['lateral-movement']);
  });

  it('takes a check to have happened when it last ran, and anything else when it was first seen', () => {
    const times = { FirstObservedAt: '2021-01-01T00:00:00Z', UpdatedAt: '2026-03-02T12:00:00Z' };
    const of = (type: string) => new Date(alertOf({ ...times, Types: [type] }).occurredAt ?? 0).getUTCFullYear();
    expect([of('Software and Configuration Checks/x'), of('TTPs/Impact/x')]).toEqual([2026, 2021]);
  });

  it('has roles and keys as machine identities, compared by what CloudTrail and GuardDuty call them', () => {
    const key = (details: object) =>
      alertOf({
        Resources: [
          {
            Type: 'AwsIamAccessKey',
            Id: 'AWS::IAM::AccessKey:AKIAEXAMPLE000000001',
            Details: { AwsIamAccessKey: details },
          },
        ],
      }).entities;
    expect(key({ PrincipalType: 'AssumedRole', PrincipalName: 'web', AccountId: '1' })).toMatchObject([
      { kind: 'nhi', machine: 'role', value: 'arn:aws:iam::1:role/web' },
      { kind: 'access_key', machine: 'key', value: 'AKIAEXAMPLE000000001' },
      { kind: 'cloud_account' },
    ]);
    expect(key({ PrincipalType: 'IAMUser', PrincipalName: 'Kim', AccountId: '1' })[0]).toMatchObject({
      kind: 'user',
      value: 'arn:aws:iam::1:user/kim',
    });
    const instance = { Type: 'AwsEc2Instance', Id: 'arn:aws:ec2:eu-central-1:1:instance/i-0abc12345678' };
    expect(alertOf({ Resources: [instance] }).entities[0]).toMatchObject({ value: 'i-0abc12345678' });
  });

  it('relates a finding to those that it names, whichever of them names the other', () => {
    const naming = alertOf({ RelatedFindings: [{ Id: 'f-0' }] }).vendorLinks;
    const named = alertOf({ Id: 'f-0' }).vendorLinks;
    expect(naming.filter(link => named.includes(link))).toEqual(['finding:f-0']);
  });

  it('turns a connection round by its direction', () => {
    const of = (ConnectionDirection: string) =>
      alertOf({
        Action: { NetworkConnectionAction: { ConnectionDirection, RemoteIpDetails: { IpAddressV4: '203.0.113.1' } } },
      }).fields;
    expect(of('INBOUND').src_ip).toBe('203.0.113.1');
    expect(of('OUTBOUND').dst_ip).toBe('203.0.113.1');
  });
});
