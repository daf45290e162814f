import { describe, expect, it } from 'vitest';
import { recordOfValue } from '../read/record.ts';
import { okta } from './index.ts';

function alertOf(value: object) {
  const result = okta.normalise(
    recordOfValue({
      eventType: 'user.session.start',
      published: '2026-03-02T00:00:00Z',
      actor: { type: 'User' },
      ...value,
    }),
  );
  if (!result.ok) throw new Error(result.failure.detail);
  return result.value;
}

describe('okta', () => {
  it.each([
    ['User', 'user'],
    ['PublicClientApp', 'nhi'],
    ['SystemPrincipal', 'nhi'],
    ['ServiceAccountToken', 'nhi'],
  ])('takes an actor of type %s for a %s', (type, kind) => {
    const { entities } = alertOf({ actor: { type, id: 'i-1', alternateId: 'Some.One@example.com' } });
    expect(entities).toMatchObject([{ kind, role: 'actor', value: 'some.one@example.com', vendorId: 'i-1' }]);
  });

  it.each([
    ['PublicClientApp', 'service_principal'],
    ['ServiceClientApp', 'service_principal'],
    ['ServiceAccountToken', 'token'],
    ['OktaServiceAccount', 'service_account'],
    ['SystemPrincipal', 'system'],
    ['User', undefined],
  ])('says of an actor of type %s that it is of the kind %s', (type, machine) => {
    expect(alertOf({ actor: { type, id: 'i-1', alternateId: 'a@example.com' } }).entities[0]?.machine).toBe(machine);
  });

  it.each([
    ['SUCCESS', 'success'],
    ['ALLOW', 'success'],
    ['DENY', 'failure'],
    ['CHALLENGE', undefined],
    ['UNKNOWN', undefined],
  ])('takes the result %s for %s', (result, outcome) => {
    expect(alertOf({ outcome: { result } }).fields.outcome).toBe(outcome);
  });

  it('names no target by the word that Okta writes where it has no name', () => {
    expect(alertOf({ target: [{ type: 'User', alternateId: 'unknown', displayName: 'unknown' }] }).entities).toEqual(
      [],
    );
  });
});
