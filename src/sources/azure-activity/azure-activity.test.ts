import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { azureActivity } from './index.ts';

const BASE = {
  time: '2026-03-02T00:00:00Z',
  resourceId: '/subscriptions/S-1/resourceGroups/RG/providers/Microsoft.KeyVault/vaults/V',
  operationName: 'Microsoft.KeyVault/vaults/delete',
  category: 'Administrative',
};

function alertOf(value: object) {
  const result = azureActivity.normalise(recordOfValue({ ...BASE, ...value }));
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

const OBJECT_ID = '66666666-7777-4888-8999-aaaaaaaaaaaa';

describe('azureActivity', () => {
  it.each([
    [{ caller: 'kim@example.com' }, { kind: 'user', value: 'kim@example.com' }],
    [{ caller: OBJECT_ID }, { kind: 'nhi', machine: 'service_principal', value: OBJECT_ID }],
    [
      { caller: 'deployer', identity: { authorization: { evidence: { principalType: 'ServicePrincipal' } } } },
      { kind: 'nhi', machine: 'service_principal', value: 'deployer' },
    ],
    [
      { caller: 'x', claims: { idtyp: 'app' } },
      { kind: 'nhi', machine: 'service_principal' },
    ],
    [
      { caller: OBJECT_ID, claims: { upn: 'Kim@example.com' } },
      { kind: 'user', value: 'kim@example.com' },
    ],
  ])('tells a person from an application: %j', (value, expected) => {
    expect(alertOf(value).entities[0]).toMatchObject(expected);
  });

  it('knows one resource and one operation however Azure writes them', () => {
    const keys = [BASE.resourceId, BASE.resourceId.toUpperCase()].map(resourceId =>
      alertOf({ resourceId }).entities.map(one => one.value),
    );
    expect(keys[0]).toEqual(keys[1]);
    expect(alertOf({ operationName: BASE.operationName.toUpperCase() }).rule).toBe(alertOf({}).rule);
  });

  it.each([
    ['Success', 'success'],
    ['Succeeded', 'success'],
    ['Failed', 'failure'],
    ['Start', undefined],
    ['Accept', undefined],
  ])('takes %s for the outcome %s', (resultType, outcome) => {
    expect(alertOf({ resultType }).fields.outcome).toBe(outcome);
  });

  it('parts a port from the address of the caller, and takes no word for an address', () => {
    expect(alertOf({ callerIpAddress: '192.0.2.1:4711' }).fields).toMatchObject({
      src_ip: '192.0.2.1',
      src_port: '4711',
    });
    expect(alertOf({ callerIpAddress: 'somewhere' }).fields.src_ip).toBeUndefined();
  });

  it('takes a level in numbers for no severity', () => {
    expect([alertOf({ level: 4 }).severity, alertOf({ level: 'Critical' }).severity]).toEqual(['unknown', 'critical']);
  });

  it('leaves the logs of a tenant to Entra', () => {
    const value = { ...BASE, resourceId: '/tenants/t/providers/Microsoft.aadiam', operationName: 'Sign-in activity' };
    expect(azureActivity.recognise(recordOfValue(value))).toBe(0);
  });
});
