import { expect, test } from 'vitest';
import { isLookedAtAgain, SECOND_LOOK_ONE_IN } from './second-look.ts';

test('one in ten acts of one person is looked at again, whatever the installation, and none of two people', () => {
  const all = Array.from({ length: 20_000 }, (_, i) => `exe_${i}` as const);
  for (const installation of ['ins_a', 'ins_b']) {
    const share = all.filter(id => isLookedAtAgain(installation, id, 'T2')).length / all.length;
    expect(Math.abs(share - 1 / SECOND_LOOK_ONE_IN)).toBeLessThan(0.01);
    expect(share).toBeGreaterThan(0.05);
  }
  expect(all.some(id => isLookedAtAgain('ins_a', id, 'T3'))).toBe(false);
  expect(
    all.filter(id => isLookedAtAgain('ins_a', id, 'T1') !== isLookedAtAgain('ins_b', id, 'T1')).length,
  ).toBeGreaterThan(1_000);
});
