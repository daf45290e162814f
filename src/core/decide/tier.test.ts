import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestOf } from '../../base/canonical.ts';
import { KIND_IDS } from '../../model/kind.ts';
import { TIER_RANK } from '../../model/proposal.ts';
import { KIND_FLOORS, TELEMETRY_FREE_KINDS } from './kinds.ts';
import { policyDigestOf, SCHEMA } from './policy.ts';
import { type Known, TIER_TABLE, type TierFacts, tierOf, worse } from './tier.ts';

const known = fc.constantFrom<Known>('yes', 'no', 'unknown');
const facts: fc.Arbitrary<TierFacts> = fc.record({
  kind: fc.oneof(fc.constantFrom(...KIND_IDS), fc.string(), fc.constantFrom('toString', '__proto__', '')),
  touches: fc.constantFrom('identity', 'access', 'production', 'own'),
  reversibility: fc.constantFrom('exact', 'compensating', 'irreversible'),
  isPrivileged: known,
  isMachine: known,
  isCritical: known,
  isLastAdministrator: fc.boolean(),
  isOwnIdentity: fc.boolean(),
  marks: fc.subarray(['severe_incident', 'containment_open', 'audit_rule', 'grave_rule', 'wide_scope']),
  actsOfLate: fc.nat(40),
  dependentsKnown: fc.boolean(),
  coverage: fc.constantFrom('complete', 'gaps', 'unknown', 'not_needed'),
  hasRequiredGap: fc.boolean(),
  undoesTier: fc.constantFrom(undefined, 'T1', 'T2', 'T3'),
  policyFloor: fc.constantFrom(undefined, 'T1', 'T2', 'T3', 'TX'),
});
const rank = (of: TierFacts) => TIER_RANK[tierOf(of).tier];

const harmless: TierFacts = {
  kind: 'block_indicator',
  touches: 'access',
  reversibility: 'exact',
  isPrivileged: 'no',
  isMachine: 'no',
  isCritical: 'no',
  isLastAdministrator: false,
  isOwnIdentity: false,
  marks: [],
  actsOfLate: 0,
  dependentsKnown: true,
  coverage: 'complete',
  hasRequiredGap: false,
  undoesTier: undefined,
  policyFloor: undefined,
};

describe('the tier of an act', () => {
  test('knowing less never needs fewer people', () => {
    const forget: readonly ((of: TierFacts) => TierFacts)[] = [
      of => (of.isPrivileged === 'no' ? { ...of, isPrivileged: 'unknown' } : of),
      of => (of.isMachine === 'no' ? { ...of, isMachine: 'unknown' } : of),
      of => (of.isCritical === 'no' ? { ...of, isCritical: 'unknown' } : of),
      of => ({ ...of, dependentsKnown: false }),
      of => ({ ...of, coverage: 'unknown' }),
    ];
    fc.assert(
      fc.property(facts, fc.constantFrom(...forget), (of, less) => {
        expect(rank(less(of))).toBeGreaterThanOrEqual(rank(of));
      }),
    );
  });

  test('whatever makes a target more delicate never makes the review lighter', () => {
    const worsen: readonly ((of: TierFacts) => TierFacts)[] = [
      of => ({ ...of, isPrivileged: 'yes' }),
      of => ({ ...of, isMachine: 'yes' }),
      of => ({ ...of, isCritical: 'yes' }),
      of => ({ ...of, isLastAdministrator: true }),
      of => ({ ...of, isOwnIdentity: true }),
      of => ({ ...of, hasRequiredGap: true }),
      of => ({ ...of, reversibility: 'irreversible' }),
      of => ({ ...of, undoesTier: 'T3' }),
      of => ({ ...of, marks: [...of.marks, 'severe_incident', 'containment_open', 'grave_rule'] }),
      of => ({ ...of, actsOfLate: of.actsOfLate + 30 }),
      of => ({ ...of, policyFloor: 'TX' }),
    ];
    fc.assert(
      fc.property(facts, fc.constantFrom(...worsen), (of, more) => {
        expect(rank(more(of))).toBeGreaterThanOrEqual(rank(of));
      }),
    );
  });

  test('no operation of a responder is below T1, and one that reaches another system is at least T2', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(...KIND_IDS), (of, kind) => {
        const outside = of.touches !== 'own';
        expect(rank({ ...of, kind })).toBeGreaterThanOrEqual(TIER_RANK[outside ? 'T2' : 'T1']);
      }),
    );
  });

  test('that no telemetry is needed is believed of the kinds that need none, and of no other', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(...KIND_IDS), (of, kind) => {
        const without = tierOf({ ...of, kind, coverage: 'not_needed' });
        expect(without.reasons.includes('coverage_unknown')).toBe(!TELEMETRY_FREE_KINDS.includes(kind));
      }),
    );
  });

  test('it is never below the floor of the policy, and says so where that is what decided', () => {
    fc.assert(
      fc.property(facts, of => {
        const { tier, reasons } = tierOf(of);
        if (of.policyFloor !== undefined) expect(TIER_RANK[tier]).toBeGreaterThanOrEqual(TIER_RANK[of.policyFloor]);
        const without = rank({ ...of, policyFloor: undefined });
        expect(reasons.includes('policy_is_stricter')).toBe(TIER_RANK[tier] > without);
      }),
    );
  });

  test('an undo is at least as strict as what it undoes', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(...KIND_IDS), (some, kind) => {
        const of = { ...some, kind };
        if (of.undoesTier !== undefined) expect(rank(of)).toBeGreaterThanOrEqual(TIER_RANK[of.undoesTier]);
      }),
    );
  });

  test('no kind is reviewed more lightly than its row says, whatever else is known', () => {
    fc.assert(
      fc.property(facts, fc.constantFrom(...KIND_IDS), (of, kind) => {
        const row = KIND_FLOORS[kind];
        expect(rank({ ...of, kind })).toBeGreaterThanOrEqual(TIER_RANK[row === 'notice' ? 'TX' : row]);
      }),
    );
  });

  test('a kind that is not in the table is never done, and neither is a notice as an operation', () => {
    fc.assert(
      fc.property(facts, of => {
        const row = Object.hasOwn(KIND_FLOORS, of.kind) ? KIND_FLOORS[of.kind as keyof typeof KIND_FLOORS] : 'unknown';
        const { tier, reasons } = tierOf(of);
        expect(reasons.includes('kind_unknown')).toBe(row === 'unknown');
        expect(reasons.includes('not_expressible')).toBe(row === 'notice');
        if (row === 'unknown' || row === 'notice') expect(tier).toBe('TX');
      }),
    );
  });

  test('what is never done stays so, whatever else changes', () => {
    fc.assert(
      fc.property(facts, facts, (of, other) => {
        for (const never of [{ isOwnIdentity: true }, { isLastAdministrator: true }, { kind: of.kind }]) {
          if (tierOf({ ...of, ...never }).tier !== 'TX') continue;
          if ('kind' in never && !tierOf(of).reasons.some(r => r === 'kind_unknown' || r === 'not_expressible'))
            continue;
          expect(tierOf({ ...other, ...never }).tier).toBe('TX');
        }
      }),
    );
  });

  test('the table, its rules and their version are part of what a review signs: any change makes it another policy', () => {
    // Whoever changes a rule or a row raises the version in `tier.ts` and puts the new digest here.
    expect({ version: TIER_TABLE.version, digest: digestOf('countersign/policy/v1', TIER_TABLE) }).toEqual({
      version: '12',
      digest: '7562f9618c7205d8c49ed643f4c96c09a19361bba5d7cb7459d63342c7fd259f',
    });
    expect(policyDigestOf({})).not.toBe(digestOf('countersign/policy/v1', { schema: SCHEMA, policies: {} }));
  });

  test.each([
    ['a harmless account', {}, 'T2', ['changes_access']],
    ['an identity', { touches: 'identity' }, 'T2', ['changes_identity']],
    ['a kind of its own', { kind: 'disable_account' }, 'T2', ['kind_takes_a_responder', 'changes_access']],
    ['a second factor', { kind: 'reset_mfa' }, 'T3', ['kind_takes_two_people', 'changes_access']],
    ['a kind that nobody knows', { kind: 'wipe_disk' }, 'TX', ['kind_unknown', 'changes_access']],
    ['a notice as an operation', { kind: 'tag' }, 'TX', ['not_expressible', 'changes_access']],
    ['production', { touches: 'production' }, 'T3', ['changes_production']],
    ['a machine', { isMachine: 'yes' }, 'T3', ['machine_identity', 'changes_access']],
    ['our own login', { isOwnIdentity: true }, 'TX', ['own_identity', 'changes_access']],
    ['the last administrator', { isLastAdministrator: true }, 'TX', ['last_administrator', 'changes_access']],
    ['a required gap', { hasRequiredGap: true }, 'T3', ['required_telemetry_missing', 'changes_access']],
    ['an undo of a two-person act', { undoesTier: 'T3' }, 'T3', ['undoes_two_person_act', 'changes_access']],
  ] as const)('%s: every reason is reported, strictest first', (_what, changed, tier, reasons) => {
    expect(tierOf({ ...harmless, ...changed })).toEqual({ tier, reasons });
  });

  test('every reason that applies is reported, not the first alone', () => {
    const { reasons } = tierOf({ ...harmless, isMachine: 'yes', isPrivileged: 'unknown', dependentsKnown: false });
    expect(reasons).toEqual(['machine_identity', 'target_class_unknown', 'dependents_unknown', 'changes_access']);
  });
});

test('of two marks the one that asks for more care wins', () => {
  const order: readonly Known[] = ['no', 'unknown', 'yes'];
  for (const a of order)
    for (const b of order) expect(worse(a, b)).toBe(order[Math.max(order.indexOf(a), order.indexOf(b))]);
});
