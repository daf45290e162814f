import { expect, test } from 'vitest';
import { holds } from '../../src/cli/bench-calibration.ts';
import { simulateCalibration } from '../../src/cli/calibration/simulate.ts';

test('what the history says is true of seeded places: error, skill and intervals are within their bars, and nothing is shown too early', () => {
  const figures = simulateCalibration({ decisions: 2_000, worlds: 25, seed: 20_260_302 });
  expect(figures.intervals).toBeGreaterThan(1_500);
  expect(holds(figures), JSON.stringify(figures)).toBe(true);
});
