import { describe, expect, test } from 'vitest';
import { SIGNS_CHANGES } from '../../audit/verify/people.ts';
import type { Person, Role } from '../../model/review.ts';
import { hasPower, maySignChange } from './power.ts';

const ROLES: readonly Role[] = ['administrator', 'responder', 'owner', 'analyst', 'auditor'];
const SETS = Array.from({ length: 2 ** ROLES.length }, (_, bits) => ROLES.filter((_role, i) => (bits >> i) % 2 === 1));
const holding = (roles: readonly Role[]): Person => ({
  id: 'usr_a',
  name: 'A',
  roles,
  credentials: [],
  isActive: true,
});

describe('a role by which somebody signs for others', () => {
  test('is that of an administrator, a responder or an owner, by what the policies of the code permit', () => {
    expect(ROLES.filter(role => hasPower([role]))).toEqual(['administrator', 'responder', 'owner']);
    expect(hasPower([])).toBe(false);
  });

  test.each(SETS.map(roles => [roles.join(', '), roles] as const))(
    'whoever is one of the two took two to be invited, and who verifies the log says the same (%s)',
    (_text, roles) => {
      expect(maySignChange(holding(roles), 'usr_b')).toBe(hasPower(roles));
      expect(roles.some(role => SIGNS_CHANGES.includes(role))).toBe(hasPower(roles));
    },
  );
});
