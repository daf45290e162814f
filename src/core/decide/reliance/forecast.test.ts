import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MS_PER_HOUR, rfc3339, unixMsFrom } from '../../../base/time.ts';
import type { Tier } from '../../../model/proposal.ts';
import { forecastOf, type ObservedLoad, type OpenReview, SIGNATURES_MIN } from './forecast.ts';

const NOW = 1_800_000_000_000;
const open = (hoursLeft: number, change: Partial<OpenReview> = {}): OpenReview => ({
  tier: 'T2',
  createdAt: unixMsFrom(NOW - MS_PER_HOUR),
  reviewBy: unixMsFrom(NOW + hoursLeft * MS_PER_HOUR),
  needed: 1,
  isSeen: false,
  ...change,
});
const load = (change: Partial<ObservedLoad>) =>
  forecastOf({
    from: unixMsFrom(NOW - 100 * MS_PER_HOUR),
    to: unixMsFrom(NOW),
    open: [],
    arrivals: [],
    signatures: [],
    ...change,
  });
const times = (tier: Tier, many: number) => Array<Tier>(many).fill(tier);
const t2 = (change: Partial<ObservedLoad>) => load(change).tiers.find(({ tier }) => tier === 'T2');

describe('the load ahead', () => {
  test('cannot be told from few signatures, and then no time and no expiry is told', () => {
    expect(t2({ open: [open(1)], signatures: times('T2', SIGNATURES_MIN - 1) })).toMatchObject({
      wait: { kind: 'cannot_tell', n: SIGNATURES_MIN - 1, needs: SIGNATURES_MIN },
      expireUnseen: undefined,
      open: 1,
    });
  });

  test('waits as long as the signatures that are needed take at the rate at which people signed', () => {
    const told = t2({ open: [open(90), open(90, { needed: 2 })], signatures: times('T2', 50) });
    expect(told).toMatchObject({ signaturesNeeded: 3, signaturesPerHour: 0.5, wait: { kind: 'hours', hours: 6 } });
  });

  test('says what runs out before its turn, and when, and leaves out what somebody has looked at', () => {
    const reviews = [open(1, { isSeen: true }), open(3), open(5), open(20)];
    const told = t2({ open: [...reviews].reverse(), signatures: times('T2', 50) });
    // Turns come after 2, 4, 6 and 8 hours.
    expect(told?.expireUnseen).toEqual({ count: 2, firstAt: rfc3339(unixMsFrom(NOW + 3 * MS_PER_HOUR)) });
  });

  test('grows only where more is asked than chance explains, with two signatures for each T3', () => {
    const trend = (arrivals: number, signatures: number, tier: Tier) =>
      load({ arrivals: times(tier, arrivals), signatures: times(tier, signatures) }).tiers.find(
        one => one.tier === tier,
      )?.trend;
    expect(trend(100, 50, 'T2')).toBe('growing');
    expect(trend(50, 45, 'T2')).toBe('steady');
    expect(trend(50, 100, 'T2')).toBe('shrinking');
    expect(trend(50, 100, 'T3')).toBe('steady');
    expect(trend(2, 3, 'T2')).toBe('cannot_tell');
  });

  test('never promises a shorter wait for a longer line', () => {
    const reviews = fc.array(fc.integer({ min: 1, max: 200 }), { maxLength: 30 });
    fc.assert(
      fc.property(reviews, fc.integer({ min: SIGNATURES_MIN, max: 500 }), (hours, many) => {
        const signatures = times('T2', many);
        const one = t2({ open: hours.map(left => open(left)), signatures })?.wait;
        const more = t2({ open: [...hours, 1].map(left => open(left)), signatures })?.wait;
        if (one?.kind !== 'hours' || more?.kind !== 'hours') throw new Error('it can be told');
        expect(more.hours).toBeGreaterThan(one.hours);
      }),
    );
  });
});
