import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ASKED_ONE_IN, asksFirst } from './decide-first.ts';

const DIGEST = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytes => Buffer.from(bytes).toString('hex'));

describe('a judgement before the recommendation', () => {
  test('is asked of one review of T2 and T3 in eight, and of none of T1', () => {
    const digests = fc.sample(DIGEST, { numRuns: 8_000, seed: 4 });
    const share = (tier: 'T1' | 'T2' | 'T3') =>
      digests.filter(actDigest => asksFirst(tier, { installation: 'ins_1', actDigest }, 'usr_1')).length /
      digests.length;
    expect(share('T1')).toBe(0);
    // Five standard deviations of a share of 8,000.
    expect(Math.abs(share('T2') - 1 / ASKED_ONE_IN)).toBeLessThan(0.019);
    expect(share('T3')).toBe(share('T2'));
  });

  test('is asked of each person by themselves, and of the same person always or never', () => {
    const digests = fc.sample(DIGEST, { numRuns: 4_000, seed: 5 });
    const asked = (person: string) =>
      digests.map(actDigest => asksFirst('T2', { installation: 'ins_1', actDigest }, person));
    expect(asked('usr_1')).toEqual(asked('usr_1'));
    const other = asked('usr_2');
    const both = asked('usr_1').filter((one, i) => one && other[i]).length / digests.length;
    expect(Math.abs(both - 1 / ASKED_ONE_IN ** 2)).toBeLessThan(0.01);
  });
});
