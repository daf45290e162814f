import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plan } from '../../ports/responder.ts';
import { isSealed, sealPlan } from './seal.ts';

const PLAN: Omit<Plan, 'digest'> = {
  operation: 'lock',
  operationVersion: '1',
  target: { type: 'database_role', system: 'orders-db', immutableId: '1:2' },
  facts: {
    displayName: 'c.reyes',
    isPrivileged: 'no',
    isMachine: 'no',
    isLastAdministrator: false,
    isOwnIdentity: false,
  },
  params: { a: 'b' },
  preconditions: [
    { path: 'role.name', value: 'c.reyes' },
    { path: 'role.canLogin', value: 'true' },
  ],
  changes: [{ path: 'role.canLogin', from: 'true', to: 'false' }],
  blast: { direct: ['one session'], dependents: ['owns a table'], unknown: ['the rest'] },
  sideEffects: ['rolled back'],
  refusals: [{ reason: 'own_identity', text: 'ours' }],
  dryRun: 'predicted',
};

/** Every place in a value that holds a text or a boolean. */
function leavesOf(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([key, member]) =>
    leavesOf(member, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function altered(value: unknown, path: readonly (string | number)[], to: string): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return typeof value === 'boolean' ? !value : to;
  if (Array.isArray(value)) return value.map((member, index) => (index === key ? altered(member, rest, to) : member));
  return Object.fromEntries(
    Object.entries(Object(value)).map(([name, member]) => [name, name === key ? altered(member, rest, to) : member]),
  );
}

describe('the seal of a plan', () => {
  const sealed = sealPlan(PLAN);

  test('holds for the plan that was sealed, in JSON and back too', () => {
    expect(isSealed(sealed)).toBe(true);
    expect(isSealed(JSON.parse(JSON.stringify(sealed)))).toBe(true);
  });

  test('puts preconditions in order of their paths', () => {
    expect(sealed.preconditions.map(({ path }) => path)).toEqual(['role.canLogin', 'role.name']);
  });

  test('breaks with a change of any text or mark anywhere', () => {
    const leaves = leavesOf(sealed);
    fc.assert(
      fc.property(fc.constantFrom(...leaves), fc.string({ unit: 'grapheme' }), (path, text) => {
        const plan = altered(sealed, path, text) as Plan;
        fc.pre(JSON.stringify(plan) !== JSON.stringify(sealed));
        expect(isSealed(plan)).toBe(false);
      }),
    );
  });

  test.each(['preconditions', 'changes', 'refusals', 'sideEffects'] as const)(
    'breaks when one of its %s is left out',
    member => {
      expect(isSealed({ ...sealed, [member]: sealed[member].slice(1) })).toBe(false);
    },
  );
});
