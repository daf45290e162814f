import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KIND_IDS } from '../../model/kind.ts';
import type { PolicyFloor } from '../../model/policy.ts';
import { TIER_RANK } from '../../model/proposal.ts';
import { loadPolicies } from './authorise.ts';
import { policyFloorOf } from './floor.ts';
import { housePolicyOf } from './house-policy.ts';
import { BUILT_IN_POLICIES, policyDigestOf } from './policy.ts';
import { checkPolicyFile } from './policy-check.ts';
import { readPolicyFile } from './policy-file.ts';
import { type TierFacts, tierOf } from './tier.ts';

const KNOWN = fc.constantFrom('yes' as const, 'no' as const, 'unknown' as const);

const facts: fc.Arbitrary<Omit<TierFacts, 'policyFloor'>> = fc.record({
  kind: fc.constantFrom(...KIND_IDS),
  touches: fc.constantFrom('identity', 'access', 'production', 'own'),
  reversibility: fc.constantFrom('exact', 'compensating', 'irreversible'),
  isPrivileged: KNOWN,
  isMachine: KNOWN,
  isCritical: KNOWN,
  isLastAdministrator: fc.boolean(),
  isOwnIdentity: fc.boolean(),
  marks: fc.constant([]),
  actsOfLate: fc.nat(30),
  dependentsKnown: fc.boolean(),
  coverage: fc.constantFrom('complete', 'gaps', 'unknown', 'not_needed'),
  hasRequiredGap: fc.boolean(),
  undoesTier: fc.constantFrom(undefined, 'T1', 'T2', 'T3'),
});

const floors: fc.Arbitrary<readonly PolicyFloor[]> = fc.array(
  fc.record({
    id: fc.stringMatching(/^[a-z]{1,8}$/),
    atLeast: fc.constantFrom('T2', 'T3', 'TX'),
    kinds: fc.subarray([...KIND_IDS], { maxLength: 3 }),
    touches: fc.subarray(['identity', 'access', 'production'] as const),
    targets: fc.subarray(['privileged', 'machine', 'critical'] as const),
    isForGaps: fc.boolean(),
    fromActs: fc.nat(5),
    because: fc.constant('x'),
  }),
  { maxLength: 5 },
);

const rankWith = (all: readonly PolicyFloor[], of: Omit<TierFacts, 'policyFloor'>) =>
  TIER_RANK[tierOf({ ...of, policyFloor: policyFloorOf(all, of).tier }).tier];

describe('what an installation adds', () => {
  test('never asks for less than the code, and one rule more never for less than without it', () => {
    fc.assert(
      fc.property(floors, facts, (all, of) => {
        expect(rankWith(all, of)).toBeGreaterThanOrEqual(rankWith([], of));
        expect(rankWith(all, of)).toBeGreaterThanOrEqual(rankWith(all.slice(1), of));
      }),
      { numRuns: 2_000 },
    );
  });

  test('asks for no less where less is known of the target, or where telemetry is missing', () => {
    fc.assert(
      fc.property(floors, facts, (all, of) => {
        for (const mark of ['isPrivileged', 'isMachine', 'isCritical'] as const)
          expect(rankWith(all, { ...of, [mark]: 'unknown' })).toBeGreaterThanOrEqual(
            rankWith(all, { ...of, [mark]: 'no' }),
          );
        expect(rankWith(all, { ...of, coverage: 'unknown' })).toBeGreaterThanOrEqual(
          rankWith(all, { ...of, coverage: 'complete' }),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  test('says nothing about changes of the policy, so that no policy is the last one', () => {
    fc.assert(
      fc.property(floors, facts, (all, of) => {
        expect(policyFloorOf(all, { ...of, kind: 'change_policy' })).toEqual({ tier: undefined, rules: [] });
      }),
    );
  });

  test('is part of the digest that reviews sign, except for the words that explain it', () => {
    const digest = (all: readonly PolicyFloor[]) => policyDigestOf(BUILT_IN_POLICIES, all);
    fc.assert(
      fc.property(floors, all => {
        expect(digest(all.map(floor => ({ ...floor, because: 'y' })))).toBe(digest(all));
        for (const [at, floor] of all.entries())
          expect(digest(all.with(at, { ...floor, fromActs: floor.fromActs + 1 }))).not.toBe(digest(all));
      }),
      { numRuns: 100 },
    );
  });
});

describe('a policy file', () => {
  const FLOOR = `name: n\nversion: "1"\nfloors:\n  - { id: a, atLeast: T3, kinds: [rotate_key], because: b }\n`;
  const TEST = `tests:\n  - { name: t, act: { kind: rotate_key }, expect: T3 }\n`;
  const problems = (text: string) => {
    const checked = checkPolicyFile(text);
    return checked.ok ? [] : checked.failure.map(({ at, text: what }) => `${at}: ${what}`);
  };

  test('holds where each of its rules is what decides in one of its tests', () => {
    expect(problems(FLOOR + TEST)).toEqual([]);
    expect(problems(`${FLOOR}tests: []\n`)).toEqual(['a: no test needs this rule: taken out, all of them still hold']);
    expect(problems(FLOOR + TEST.replace('expect: T3', 'expect: T2'))).toEqual(['tests.0: t: expected T2, got T3']);
  });

  test('is read or refused, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.json()).map(tail => FLOOR + tail),
        text => {
          const read = readPolicyFile(text);
          if (!read.ok) expect(read.failure.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 500 },
    );
  });

  test.each([
    ['a key that we do not know', `${FLOOR}${TEST}colour: red\n`],
    ['a key twice', `${FLOOR}${TEST}name: other\n`],
    ['an alias', `name: &n x\nversion: *n\ntests: []\n`],
    ['a tag', `name: !!binary aGk=\nversion: "1"\ntests: []\n`],
    ['a name that cannot be seen', FLOOR.replace('name: n', 'name: "n\\u202e"') + TEST],
    ['the same id twice', `${FLOOR}  - { id: a, atLeast: T2, because: c }\n${TEST}`],
    ['a tier that would loosen', FLOOR.replace('T3', 'T1') + TEST],
    ['more than a person would read', `# ${'x'.repeat(40_000)}\n${FLOOR}${TEST}`],
  ])('with %s is refused', (_what, text) => {
    expect(readPolicyFile(text).ok).toBe(false);
  });

  test('under which nobody could change it any more is refused', () => {
    const barred = `name: n\nversion: "1"\nforbid:\n  - { id: all, because: b, cedar: 'forbid (principal is Person, action == Action::"review_t3", resource) when { principal.roles.contains("responder") };' }\ntests:\n  - { name: t, person: { roles: [responder], action: review_t3 }, expect: denied }\n`;
    expect(problems(barred)).toEqual(['forbid: nobody could review a T3 any more, so nobody could take it back']);
  });

  test('loads to the same digest for the same rules, whatever its comments, and none is the code alone', () => {
    const digest = (text: string) => {
      const loaded = housePolicyOf(text);
      return loaded.ok ? loaded.value.set.digest : loaded.failure;
    };
    expect(digest(`# note\n${FLOOR}${TEST}`)).toBe(digest(FLOOR + TEST));
    const builtIn = loadPolicies({});
    expect(builtIn.ok && digest('')).toBe(builtIn.ok && builtIn.value.digest);
  });
});

describe('drills in a policy file', () => {
  const drills = (change: string) =>
    `name: n\nversion: "1"\ntests: []\ndrills:\n  team: [usr_a, usr_b, usr_c]\n  leads: [usr_a]\n  until: "2026-12-31"\n${change}`;

  test('are off unless it names them, and then stand in what is shown and signed', () => {
    const house = housePolicyOf(drills(''));
    expect(house.ok && house.value.set.drills).toEqual({
      team: ['usr_a', 'usr_b', 'usr_c'],
      leads: ['usr_a'],
      shiftHours: 8,
      until: '2026-12-31',
    });
    expect(house.ok && house.value.lines.map(({ id }) => id)).toEqual(['drills']);
    const without = housePolicyOf('name: n\nversion: "1"\ntests: []\n');
    expect(without.ok && without.value.set.drills).toBeUndefined();
  });

  test('void no approval: who is drilled decides on no act', () => {
    const [house, none] = [housePolicyOf(drills('')), loadPolicies({})];
    expect(house.ok && house.value.set.digest).toBe(none.ok && none.value.digest);
  });

  test.each([
    ['a lead who is not of the team', drills('').replace('leads: [usr_a]', 'leads: [usr_x]')],
    ['nobody but leads', drills('').replace('leads: [usr_a]', 'leads: [usr_a, usr_b, usr_c]')],
    ['no last day', drills('').replace(/ {2}until.*\n/, '')],
    ['shifts of seven hours', drills('  shiftHours: 7\n')],
    ['a rule of their name', `${drills('')}floors:\n  - { id: drills, atLeast: T3, because: b }\n`],
  ])('with %s are refused', (_what, text) => {
    expect(readPolicyFile(text).ok).toBe(false);
  });
});
