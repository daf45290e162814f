import { describe, expect, test } from 'vitest';
import { extractClaims } from '../facts.ts';
import { alertsOf, readerOf, type TestRecord } from '../testing.ts';
import { createClaimVerifier } from '../verify-claim.ts';
import { checkStated, checkTogether, type StatedClaim } from './selected.ts';
import { createClaimWorld } from './world.ts';

const RECORDS: readonly TestRecord[] = [
  { time: '2026-03-02T08:00:00Z', rule: 'Sign-in', action: 'user.session.start', outcome: 'success', actor: 'dana' },
  { time: '2026-03-02T08:10:00Z', rule: 'New key', action: 'CreateAccessKey', actor: 'dana', target: 'svc-build' },
  { time: '2026-03-02T08:20:00Z', rule: 'Read', action: 'GetObject', actor: 'svc-build', resource: 'orders' },
];
const alerts = alertsOf(RECORDS);
const context = { coverage: { verdict: 'complete' as const, expected: 2, heard: 1, streams: [] } };
const verifier = createClaimVerifier(alerts, readerOf(RECORDS), [], context);
const world = createClaimWorld(alerts, context);
const [signIn, key, read] = extractClaims(alerts);
if (signIn === undefined || key === undefined || read === undefined) throw new Error('three claims');

const check = (stated: Partial<StatedClaim>) =>
  checkStated({ predicate: 'credential_created', roles: {}, cites: [key], ...stated }, world, verifier);

describe('a claim that somebody else states', () => {
  test('comes back as our own, in our own words', () => {
    expect(check({ roles: { actor: 'dana', target: 'svc-build' } })).toEqual({
      kind: 'verified',
      claim: { ...key, verdict: { kind: 'verified' } },
    });
  });

  test.each<[string, Partial<StatedClaim>]>([
    ['role.not_of_fact', { roles: { actor: 'svc-build', target: 'dana' } }],
    ['role.not_of_fact', { roles: { actor: 'svc-build' } }],
    ['role.not_of_fact', { roles: { constructor: 'dana' } }],
    ['claim.uncited', { cites: [] }],
    ['value.not_recomputed', { predicate: 'role_assigned' }],
    ['value.not_recomputed', { cites: [signIn] }],
    ['schema.mismatch', { predicate: 'all_clear' }],
    ['reference.unknown_id', { cites: [{ ...key, roles: { actor: 'mallory' } }] }],
    ['value.not_recomputed', { predicate: 'before', cites: [key, signIn] }],
    ['value.not_recomputed', { predicate: 'before', cites: [key] }],
    ['value.not_recomputed', { predicate: 'count_is', roles: { rule: 'Never' } }],
    [
      'value.not_recomputed',
      {
        predicate: 'not_observed',
        roles: { predicate: 'auth_succeeded', role: 'actor', value: 'dana' },
        cites: [signIn, read],
      },
    ],
    [
      'absence.not_covered',
      {
        predicate: 'not_observed',
        roles: { predicate: 'mfa_changed', role: 'actor', value: 'dana', sure: 'certainly' },
        cites: [signIn, read],
      },
    ],
  ])('is refused as %s', (code, stated) => {
    expect(check(stated)).toMatchObject({ kind: 'refused', code });
  });

  test('about order and number is worked out, not taken over', () => {
    const before = check({ predicate: 'before', cites: [signIn, key] });
    expect(before.kind === 'verified' && before.claim.text).toContain('began before "CreateAccessKey"');
    const counted = check({ predicate: 'count_is', roles: { actor: 'dana' } });
    expect(counted.kind === 'verified' && counted.claim.count).toBe(2);
  });

  test('about an absence says no more than the coverage allows', () => {
    const roles = { predicate: 'mfa_changed', role: 'actor', value: 'dana' };
    const absent = check({ predicate: 'not_observed', roles, cites: [signIn, read] });
    expect(absent.kind === 'verified' && absent.claim.text).toContain('not all telemetry that would show it is there');
  });

  test('falls with another one that excludes it', () => {
    const forth = check({ predicate: 'before', cites: [signIn, key] });
    if (forth.kind !== 'verified') throw new Error('verified');
    const back = { ...forth, claim: { ...forth.claim, id: `before.${key.id}~${signIn.id}` } };
    expect(checkTogether([forth, back, check({})]).map(one => (one.kind === 'refused' ? one.code : ''))).toEqual([
      'consistency.cycle',
      'consistency.cycle',
      '',
    ]);
  });
});
