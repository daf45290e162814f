import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import { GLASS_REVIEW_MS, type GlassFinding, type GlassUse, glassReviewOf, overdueOf } from './glass.ts';

const AT = 1_000;
const USE: GlassUse = { execution: 'exe_1', proposal: 'prp_1', by: 'usr_breaker', at: unixMsFrom(AT) };
const finding = fc.record({
  execution: fc.constantFrom('exe_1', 'exe_2'),
  by: fc.constantFrom('usr_breaker', 'usr_a', 'usr_b', 'usr_c'),
  finds: fc.constantFrom('justified', 'unjustified', 'succeeded', 'verified'),
}) as fc.Arbitrary<GlassFinding>;
const findings = fc.array(finding, { maxLength: 8 });
const now = fc.integer({ min: AT, max: AT + 3 * GLASS_REVIEW_MS }).map(unixMsFrom);

test('an emergency counts as reviewed exactly where two distinct others found of it, in whatever order and however often', () => {
  fc.assert(
    fc.property(findings, now, (found, at) => {
      const others = new Set(
        found
          .filter(one => one.execution === 'exe_1' && one.by !== 'usr_breaker' && /justified$/.test(one.finds))
          .map(one => one.by),
      );
      const review = glassReviewOf(USE, found, at);
      expect(review.state === 'reviewed').toBe(others.size >= 2);
      expect(glassReviewOf(USE, found.toReversed(), at)).toEqual(review);
      expect(glassReviewOf(USE, [...found, ...found], at)).toEqual(review);
    }),
  );
});

test('whoever broke the glass is locked exactly while a review of theirs is overdue, and no time unlocks it', () => {
  fc.assert(
    fc.property(findings, now, fc.integer({ min: 0, max: GLASS_REVIEW_MS }), (found, at, later) => {
      const isOverdue = glassReviewOf(USE, found, at).state === 'overdue';
      expect(overdueOf('usr_breaker', [USE], found, at)).toHaveLength(isOverdue ? 1 : 0);
      expect(overdueOf('usr_a', [USE], found, at)).toEqual([]);
      if (isOverdue) expect(glassReviewOf(USE, found, unixMsFrom(at + later)).state).toBe('overdue');
    }),
  );
});

test('one who finds that it was not right is enough for that it was not', () => {
  const of = (...finds: readonly GlassFinding['finds'][]) =>
    glassReviewOf(
      USE,
      finds.map((one, index) => ({ execution: 'exe_1', by: `usr_${index}` as const, finds: one })),
      unixMsFrom(AT),
    );
  expect(of('justified', 'justified')).toEqual({ state: 'reviewed', wasRight: true });
  expect(of('justified', 'unjustified')).toEqual({ state: 'reviewed', wasRight: false });
});
