import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import {
  type AttentionPool,
  type CountedProposal,
  MADE_PER_HOUR_MAX,
  poolOf,
  throttleOf,
  WAITING_PER_PROPOSER_MAX,
} from './budget.ts';

const NOW = unixMsFrom(1_800_000_000_000);
const HOUR = 3_600_000;
const pool = fc.constantFrom<AttentionPool>('critical', 'high', 'other');
const counted = (pools: fc.Arbitrary<AttentionPool> = pool): fc.Arbitrary<CountedProposal> =>
  fc.record({
    proposer: fc.constantFrom('usr_a', 'usr_b'),
    pool: pools,
    isWaiting: fc.boolean(),
    createdAt: fc.integer({ min: -8 * HOUR, max: 0 }).map(ms => unixMsFrom(NOW + ms)),
    reviewBy: fc.integer({ min: 1, max: 8 * HOUR }).map(ms => unixMsFrom(NOW + ms)),
  });
const flood = (n: number, one: Partial<CountedProposal> = {}): CountedProposal[] =>
  Array.from({ length: n }, () => ({
    proposer: 'usr_a',
    pool: 'other',
    isWaiting: true,
    createdAt: unixMsFrom(NOW - 2 * HOUR),
    reviewBy: unixMsFrom(NOW + HOUR),
    ...one,
  }));

test('no number of proposals takes the room of a graver pool', () => {
  fc.assert(
    fc.property(fc.array(counted(fc.constantFrom('high', 'other')), { maxLength: 200 }), all => {
      expect(throttleOf({ proposer: 'usr_a', pool: 'critical' }, all, 1, NOW)).toBeUndefined();
    }),
  );
});

test('one proposal more never makes room, and one person more to review never takes any', () => {
  fc.assert(
    fc.property(
      fc.array(counted(), { maxLength: 80 }),
      counted(),
      pool,
      fc.integer({ min: 0, max: 5 }),
      (all, one, of, n) => {
        const asked = { proposer: 'usr_a', pool: of } as const;
        if (throttleOf(asked, all, n, NOW) !== undefined)
          expect(throttleOf(asked, [...all, one], n, NOW)).toBeDefined();
        if (throttleOf(asked, all, n, NOW) === undefined) expect(throttleOf(asked, all, n + 1, NOW)).toBeUndefined();
      },
    ),
  );
});

test('at the moment that a throttle names there is room, where nobody asked meanwhile', () => {
  fc.assert(
    fc.property(fc.array(counted(fc.constant('other')), { minLength: 20, maxLength: 90 }), all => {
      const asked = { proposer: 'usr_a', pool: 'other' } as const;
      const first = throttleOf(asked, all, 1, NOW);
      fc.pre(first !== undefined);
      const then = first?.until ?? NOW;
      const left = all.map(one => ({ ...one, isWaiting: one.isWaiting && one.reviewBy > then }));
      expect(throttleOf(asked, left, 1, then)?.reason).not.toBe(first?.reason);
    }),
  );
});

test('what one proposer has waiting is bounded, and what they make in an hour, and others are told nothing of it', () => {
  const asked = { proposer: 'usr_a', pool: 'other' } as const;
  expect(throttleOf(asked, flood(WAITING_PER_PROPOSER_MAX - 1), 9, NOW)).toBeUndefined();
  expect(throttleOf(asked, flood(WAITING_PER_PROPOSER_MAX), 9, NOW)).toEqual({
    reason: 'yours_waiting',
    count: WAITING_PER_PROPOSER_MAX,
    most: WAITING_PER_PROPOSER_MAX,
    until: NOW + HOUR,
  });
  expect(throttleOf({ ...asked, proposer: 'usr_b' }, flood(WAITING_PER_PROPOSER_MAX), 9, NOW)).toBeUndefined();
  const decided = flood(MADE_PER_HOUR_MAX, { isWaiting: false, createdAt: NOW });
  expect(throttleOf(asked, decided, 9, NOW)?.reason).toBe('yours_per_hour');
});

test('the pool follows from the severity by rules alone, and an act on ourselves is never grave', () => {
  expect([poolOf('critical', false), poolOf('high', false), poolOf('medium', false), poolOf(undefined, false)]).toEqual(
    ['critical', 'high', 'other', 'other'],
  );
  expect(poolOf('critical', true)).toBe('other');
});
