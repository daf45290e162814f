import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { entra } from './index.ts';

function alertOf(value: object) {
  const result = entra.normalise(recordOfValue(value));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const SIGN_IN = {
  id: 's-1',
  createdDateTime: '2026-03-02T00:00:00Z',
  userPrincipalName: 'kim@example.com',
  userId: 'u-1',
  appId: 'a-1',
  appDisplayName: 'App',
  ipAddress: '192.0.2.1',
  status: { errorCode: 0 },
};

const without = ({ ocsf: _ocsf, pointers: _pointers, entities, ...alert }: ReturnType<typeof alertOf>) => ({
  ...alert,
  entities: entities.map(({ pointer: _pointer, ...entity }) => entity),
});

describe('entra', () => {
  it('says the same of a sign-in as Graph answers it, as a diagnostic setting exports it and as a table has it', () => {
    const graph = without(alertOf(SIGN_IN));
    expect(graph.entities.map(one => `${one.kind}:${one.value}`)).toEqual([
      'user:kim@example.com',
      'ip:192.0.2.1',
      'service:app',
    ]);
    const diagnostic = { time: '2026-03-02T00:05:00Z', category: 'SignInLogs', resultType: '0', properties: SIGN_IN };
    expect(without(alertOf(diagnostic))).toEqual(graph);
    const row = {
      Id: 's-1',
      CreatedDateTime: '2026-03-02T00:00:00Z',
      TimeGenerated: '2026-03-02T00:05:00Z',
      UserPrincipalName: 'kim@example.com',
      UserId: 'u-1',
      AppId: 'a-1',
      AppDisplayName: 'App',
      IPAddress: '192.0.2.1',
      Status: '{"errorCode":0}',
      Category: 'SignInLogs',
    };
    expect(without(alertOf(row))).toEqual(graph);
  });

  it.each([
    [0, 'success'],
    [50126, 'failure'],
    [50140, 'failure'],
    ['', undefined],
  ])('takes the error code %s for %s', (errorCode, outcome) => {
    expect(alertOf({ ...SIGN_IN, status: { errorCode } }).fields.outcome).toBe(outcome);
  });

  it('takes a risk that is none or hidden for no severity', () => {
    const of = (riskLevelDuringSignIn: string) => alertOf({ ...SIGN_IN, riskLevelDuringSignIn }).severity;
    expect([of('none'), of('hidden'), of('low'), of('high')]).toEqual(['unknown', 'unknown', 'low', 'high']);
  });

  it('meets a credential in the change that adds it and in the sign-in that uses it, and not in later changes', () => {
    const key = '59eaeebc-8a6b-44a6-9f24-7d55e64420c9';
    const listed = (...ids: readonly string[]) =>
      JSON.stringify(ids.map(id => `[KeyIdentifier=${id},KeyType=Password]`));
    const change = (oldValue: string, newValue: string) =>
      alertOf({
        activityDateTime: '2026-03-02T00:00:00Z',
        activityDisplayName: 'Update application',
        initiatedBy: { user: { id: 'u-1', userPrincipalName: 'kim@example.com' } },
        targetResources: [
          {
            type: 'Application',
            displayName: 'Sorter',
            id: 'o-1',
            modifiedProperties: [{ displayName: 'KeyDescription', oldValue, newValue }],
          },
        ],
      }).entities.filter(one => one.kind === 'access_key');
    expect(change(listed(), listed(key))).toMatchObject([{ value: key, role: 'target', machine: 'key' }]);
    expect(change(listed(key), listed(key, '00000000-0000-4000-8000-000000000001')).map(one => one.value)).toEqual([
      '00000000-0000-4000-8000-000000000001',
    ]);
    const used = alertOf({
      ...SIGN_IN,
      userPrincipalName: '',
      userId: null,
      servicePrincipalId: 'sp-1',
      servicePrincipalName: 'Sorter',
      servicePrincipalCredentialKeyId: key,
    });
    expect(used.entities).toMatchObject([
      { kind: 'nhi', value: 'sorter', vendorId: 'sp-1', machine: 'service_principal' },
      { kind: 'access_key', value: key, role: 'actor', machine: 'key' },
      { kind: 'ip' },
      { kind: 'service' },
    ]);
  });

  it('leaves an audit log of another product in the same shape alone', () => {
    const intune = { category: 'AuditLogs', resourceId: '/TENANTS/T/PROVIDERS/MICROSOFT.INTUNE', properties: { a: 1 } };
    expect(entra.recognise(recordOfValue(intune))).toBe(0);
    const own = { ...intune, resourceId: '/tenants/t/providers/Microsoft.aadiam' };
    expect(entra.recognise(recordOfValue(own))).toBeGreaterThan(0.9);
  });

  it('names a user by the object id where Entra does not disclose the name', () => {
    expect(alertOf({ ...SIGN_IN, userPrincipalName: '' }).entities[0]).toMatchObject({ kind: 'user', value: 'u-1' });
  });

  it('compares the user that a change is about by principal name, else by object id, and never by display name', () => {
    const of = (target: object) =>
      alertOf({
        activityDateTime: '2026-03-02T00:00:00Z',
        initiatedBy: {},
        targetResources: [{ type: 'User', id: 'U-1', displayName: 'Kim Park', ...target }],
      }).entities[0];
    const added = { displayName: 'UserPrincipalName', oldValue: '[]', newValue: '["Kim@example.com"]' };
    expect(of({ userPrincipalName: 'kim@example.com' })?.value).toBe('kim@example.com');
    expect(of({ modifiedProperties: [added] })).toMatchObject({ value: 'kim@example.com', label: 'Kim@example.com' });
    expect(of({})).toMatchObject({ value: 'u-1', label: 'Kim Park' });
  });

  it('takes nobody from what a change notes beside itself', () => {
    const alert = alertOf({
      activityDateTime: '2026-03-02T00:00:00Z',
      initiatedBy: { app: { displayName: 'Sync', servicePrincipalId: 'sp-2' } },
      targetResources: [{ type: 'Group', displayName: 'Admins', id: 'g-1' }],
      additionalDetails: [{ key: 'oid', value: 'lee@example.com' }],
    });
    expect(alert.entities.map(one => one.value)).toEqual(['sync']);
  });
});
