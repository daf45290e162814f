import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { microsoft365 } from './index.ts';

function alertOf(value: object) {
  const result = microsoft365.normalise(
    recordOfValue({
      CreationTime: '2026-03-02T00:00:00',
      Operation: 'Set-Mailbox',
      Workload: 'Exchange',
      OrganizationId: 'o-1',
      UserId: 'kim@example.com',
      UserType: 0,
      ...value,
    }),
  );
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('microsoft365', () => {
  it.each([
    [0, 'user', undefined],
    [2, 'user', undefined],
    [4, 'nhi', 'system'],
    [5, 'nhi', 'service_principal'],
    [6, 'nhi', 'service_principal'],
    ['Regular', 'user', undefined],
    ['ServicePrincipal', 'nhi', 'service_principal'],
  ])('takes a caller of type %s for a %s of the kind %s', (UserType, kind, machine) => {
    const [first] = alertOf({ UserType }).entities;
    expect([first?.kind, first?.machine]).toEqual([kind, machine]);
  });

  it('has every address to which mail is sent on for a target, and no address in the words of a rule', () => {
    const alert = alertOf({
      Parameters: [
        { Name: 'ForwardTo', Value: 'smtp:A@example.net; b@example.net;Some Group' },
        { Name: 'SubjectContainsWords', Value: 'c@example.org' },
      ],
    });
    expect(alert.entities.filter(one => one.kind === 'mailbox').map(one => [one.role, one.value])).toEqual([
      ['target', 'a@example.net'],
      ['target', 'b@example.net'],
    ]);
  });

  it.each([
    [{ ResultStatus: 'Succeeded' }, 'success'],
    [{ ResultStatus: 'True' }, 'success'],
    [{ ResultStatus: 'Failed' }, 'failure'],
    [{ ResultStatus: 'PartiallySucceeded' }, undefined],
    [{ Operation: 'UserLoginFailed', ResultStatus: 'Success' }, 'failure'],
    [{}, undefined],
  ])('takes %j for the outcome %s', (value, outcome) => {
    expect(alertOf(value).fields.outcome).toBe(outcome);
  });

  it("relates a sign-in to Entra's own entry of it", () => {
    expect(alertOf({ InterSystemsId: 'c-1' }).vendorLinks).toEqual(['correlation:c-1']);
  });

  it('has the owner of a mailbox that somebody else opened for the target', () => {
    const alert = alertOf({ MailboxOwnerUPN: 'lee@example.com', MailboxGuid: 'g-1' });
    expect(alert.entities).toMatchObject([
      { kind: 'user', role: 'actor', value: 'kim@example.com' },
      { kind: 'mailbox', role: 'target', value: 'lee@example.com', vendorId: 'g-1' },
    ]);
  });
});
