import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UnixMs } from '../../base/time.ts';
import { COOLING_MS, coolingOf } from './cooling.ts';

const at = (ms: number) => ms as UnixMs;
const moments = fc.array(fc.integer({ min: 0, max: 10 * COOLING_MS }), { minLength: 1, maxLength: 8 });
const seen = (times: readonly number[]) => new Map(times.map((ms, index) => [`key ${index}`, at(ms)]));

test('a passkey cools for a day from when it was seen first, and not a moment longer', () => {
  const since = new Map([
    ['first', at(0)],
    ['new', at(5 * COOLING_MS)],
  ]);
  expect([...coolingOf(since, at(5 * COOLING_MS)).keys()]).toEqual(['new']);
  expect(coolingOf(since, at(6 * COOLING_MS - 1)).get('new')).toBe(6 * COOLING_MS);
  expect(coolingOf(since, at(6 * COOLING_MS)).size).toBe(0);
});

test('those of the first day never cool, and without anybody nothing does', () => {
  fc.assert(
    fc.property(moments, fc.nat(10 * COOLING_MS), (times, now) => {
      const first = Math.min(...times);
      for (const [credential] of coolingOf(seen(times), at(now)))
        expect((seen(times).get(credential) ?? 0) - first).toBeGreaterThanOrEqual(COOLING_MS);
    }),
  );
  expect(coolingOf(new Map(), at(0)).size).toBe(0);
});

test('one more passkey never makes another one cool that did not', () => {
  fc.assert(
    fc.property(moments, fc.nat(10 * COOLING_MS), fc.nat(10 * COOLING_MS), (times, more, now) => {
      const before = coolingOf(seen(times), at(now));
      // A later one: one that were older than the first would move the first day.
      const after = coolingOf(seen([...times, Math.max(...times) + more]), at(now));
      for (const index of times.keys()) expect(after.has(`key ${index}`)).toBe(before.has(`key ${index}`));
    }),
  );
});
