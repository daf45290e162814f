import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { awsCloudTrail } from './index.ts';

function alertOf(value: object) {
  const result = awsCloudTrail.normalise(
    recordOfValue({
      eventSource: 'iam.amazonaws.com',
      eventName: 'GetUser',
      eventTime: '2026-03-02T00:00:00Z',
      recipientAccountId: '111122223333',
      ...value,
    }),
  );
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const actors = (userIdentity: object) =>
  alertOf({ userIdentity })
    .entities.filter(one => one.role === 'actor')
    .map(one => `${one.kind}:${one.value}`);

describe('awsCloudTrail', () => {
  it.each([
    [{ type: 'IAMUser', arn: 'arn:aws:iam::1:user/kim', userName: 'kim' }, ['user:arn:aws:iam::1:user/kim']],
    [{ type: 'Root', arn: 'arn:aws:iam::1:root' }, ['user:arn:aws:iam::1:root']],
    [
      {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::1:assumed-role/web/s',
        sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::1:role/web' } },
      },
      ['nhi:arn:aws:iam::1:role/web', 'session:arn:aws:sts::1:assumed-role/web/s'],
    ],
    [{ type: 'AWSService', invokedBy: 'ec2.amazonaws.com' }, ['service:ec2.amazonaws.com']],
    [{ type: 'AWSAccount', accountId: '999900001111' }, ['cloud_account:999900001111']],
    [{ type: 'SAMLUser', userName: 'Kim@example.com' }, ['user:kim@example.com']],
    [{ type: 'IdentityCenterUser', onBehalfOf: { userId: 'u-1' } }, ['user:u-1']],
    [{ type: 'IAMUser', accessKeyId: 'AKIAEXAMPLE000000001' }, ['access_key:AKIAEXAMPLE000000001']],
  ])('names who called: %j', (identity, expected) => {
    expect(actors(identity)).toEqual(expected);
  });

  it('says of a role, its session and a key what kind of machine identity each is, and of a user nothing', () => {
    const role = alertOf({
      userIdentity: {
        type: 'AssumedRole',
        arn: 'arn:aws:sts::1:assumed-role/web/s',
        accessKeyId: 'ASIAEXAMPLE000000001',
        sessionContext: { sessionIssuer: { arn: 'arn:aws:iam::1:role/web' } },
      },
      requestParameters: { roleName: 'admin', userName: 'kim', accessKeyId: 'AKIAEXAMPLE000000002' },
    });
    const kinds = role.entities.map(one => [one.kind, one.machine]);
    expect(kinds).toEqual([
      ['nhi', 'role'],
      ['session', 'role'],
      ['access_key', 'key'],
      ['user', undefined],
      ['access_key', 'key'],
      ['nhi', 'role'],
      ['cloud_account', undefined],
    ]);
  });

  it('compares a user that a call names with users that call, by account', () => {
    const alert = alertOf({ eventName: 'DeleteUser', requestParameters: { userName: 'Kim' } });
    expect(alert.entities[0]).toMatchObject({
      kind: 'user',
      role: 'target',
      label: 'Kim',
      value: 'arn:aws:iam::111122223333:user/kim',
    });
  });

  it('keeps names of two accounts apart and ids that AWS makes as they are', () => {
    const values = (account: string) =>
      alertOf({
        recipientAccountId: account,
        requestParameters: { secretId: 'prod/db', instanceId: 'i-0abc12345678' },
      }).entities.map(one => one.value);
    expect(values('111122223333')).toEqual(['i-0abc12345678', '111122223333:prod/db', '111122223333']);
    expect(values('444455556666')[1]).toBe('444455556666:prod/db');
  });

  it('takes an error for a failure, the absence of one for success, and a login by its own words', () => {
    expect(alertOf({ errorCode: 'AccessDenied' }).fields.outcome).toBe('failure');
    expect(alertOf({}).fields.outcome).toBe('success');
    expect(alertOf({ responseElements: { ConsoleLogin: 'Failure' } }).fields.outcome).toBe('failure');
  });

  it('takes the name of a calling AWS service for no address', () => {
    const alert = alertOf({ sourceIPAddress: 'cloudformation.amazonaws.com' });
    expect(alert.fields.src_ip).toBeUndefined();
    expect(alert.entities.map(one => one.kind)).toContain('service');
  });
});
