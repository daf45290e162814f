import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import { SEVERITY_RANK, type Severity } from '../../model/alert.ts';
import { byHarmOfWaiting, harmOfWaiting, type WaitingFacts } from './waiting.ts';

const NOW = unixMsFrom(1_800_000_000_000);
const HOURS_8 = 8 * 3_600_000;
const time = fc.integer({ min: -HOURS_8, max: HOURS_8 }).map(ms => unixMsFrom(NOW + ms));
const severity = fc.constantFrom<Severity>('unknown', 'informational', 'low', 'medium', 'high', 'critical');
const facts: fc.Arbitrary<WaitingFacts> = fc.record({
  proposal: fc.integer({ min: 0, max: 999 }).map(n => `prp_${n}` as const),
  severity: fc.option(severity, { nil: undefined }),
  targetLastSeen: fc.option(time, { nil: undefined }),
  effect: fc.constantFrom('contains', 'undoes', 'own'),
  approvals: fc.constantFrom(0, 1),
  needed: fc.constantFrom(1, 2),
  reviewBy: time,
  createdAt: time,
  isLeaseOver: fc.constant(false),
});
const ranked = (one: WaitingFacts) => ({ facts: one, waiting: harmOfWaiting(one, NOW) });
const compare = (a: WaitingFacts, b: WaitingFacts) => byHarmOfWaiting(ranked(a), ranked(b));

test('any two proposals have one order, whichever is looked at first, and it is transitive', () => {
  fc.assert(
    fc.property(facts, facts, facts, (a, b, c) => {
      expect(Math.sign(compare(a, b)) + Math.sign(compare(b, a))).toBe(0);
      if (compare(a, b) <= 0 && compare(b, c) <= 0) expect(compare(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});

test('in whatever order proposals arrive, the inbox is the same', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(facts, { selector: one => one.proposal, maxLength: 30 }),
      fc.infiniteStream(fc.nat()),
      (all, seeds) => {
        const shuffled = all
          .map(one => ({ one, at: seeds.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ one }) => one);
        expect(shuffled.toSorted(compare)).toEqual(all.toSorted(compare));
      },
    ),
  );
});

test('what is two steps of severity graver comes first, whatever else is so', () => {
  fc.assert(
    fc.property(facts, facts, severity, severity, (a, b, grave, small) => {
      fc.pre(SEVERITY_RANK[grave] - SEVERITY_RANK[small] >= 2);
      fc.pre(a.effect !== 'own');
      expect(compare({ ...a, severity: grave }, { ...b, severity: small })).toBeLessThan(0);
    }),
  );
});

test('a lease that ended comes before everything else, also before what is graver', () => {
  fc.assert(
    fc.property(facts, facts, (a, b) => {
      expect(compare({ ...a, isLeaseOver: true }, b)).toBeLessThan(0);
    }),
  );
});

test('of two that are alike but for severity, activity of the target or time left, the worse one comes first', () => {
  fc.assert(
    fc.property(facts, time, (a, other) => {
      const harm = (changed: Partial<WaitingFacts>) => harmOfWaiting({ ...a, ...changed }, NOW).points;
      if (a.effect !== 'own') expect(harm({ severity: 'critical' })).toBeGreaterThan(harm({ severity: 'high' }));
      expect(harm({ targetLastSeen: NOW })).toBeGreaterThan(harm({ targetLastSeen: undefined }));
      const [sooner, later] = a.reviewBy < other ? [a.reviewBy, other] : [other, a.reviewBy];
      expect(harm({ reviewBy: sooner })).toBeGreaterThanOrEqual(harm({ reviewBy: later }));
    }),
  );
});

test('every place has a reason, and no reason is said twice', () => {
  fc.assert(
    fc.property(facts, a => {
      const { reasons } = harmOfWaiting(a, NOW);
      expect(reasons.length).toBeGreaterThan(0);
      expect(new Set(reasons).size).toBe(reasons.length);
    }),
  );
});

test('no member of what is ranked by can hold a text that somebody else wrote', () => {
  fc.assert(
    fc.property(facts, a => {
      const texts = Object.values(a).filter(value => typeof value === 'string');
      expect(
        texts.every(
          text => text === a.proposal || text in SEVERITY_RANK || ['contains', 'undoes', 'own'].includes(text),
        ),
      ).toBe(true);
    }),
  );
});
