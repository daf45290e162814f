import fc from 'fast-check';
import { expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import { escalationOf } from './escalation.ts';

test('nobody is asked again before half of the time, administrators not before three quarters, and nobody after its end', () => {
  fc.assert(
    fc.property(
      fc.nat(1_000_000),
      fc.integer({ min: 4, max: 10_000_000 }),
      fc.double({ min: 0, max: 2, noNaN: true }),
      (from, ms, part) => {
        const step = escalationOf(unixMsFrom(from), unixMsFrom(from + ms), unixMsFrom(from + Math.floor(ms * part)));
        const at = Math.floor(ms * part) / ms;
        expect(step).toBe(at >= 1 ? 0 : at >= 0.75 ? 2 : at >= 0.5 ? 1 : 0);
      },
    ),
  );
});

test('a step once taken is not taken back before the end', () => {
  fc.assert(
    fc.property(fc.integer({ min: 4, max: 100_000 }), fc.nat(), fc.nat(), (ms, a, b) => {
      const [early, late] = [a % ms, b % ms].sort((x, y) => x - y) as [number, number];
      const at = (now: number) => escalationOf(unixMsFrom(0), unixMsFrom(ms), unixMsFrom(now));
      expect(at(late)).toBeGreaterThanOrEqual(at(early));
    }),
  );
});
