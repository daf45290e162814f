import { MS_PER_HOUR } from '../../base/time.ts';
import type { Tier } from '../../model/proposal.ts';

/**
 * How long a review may wait, and how soon after the last one an act has to start (controls 4.8). A stricter tier waits
 * less, because what was looked at grows old. The executor refuses an act that allows itself more.
 */
export const TIMES: {
  readonly [T in Exclude<Tier, 'TX'>]: { readonly reviewMs: number; readonly startWithinSeconds: number };
} = {
  T1: { reviewMs: 8 * MS_PER_HOUR, startWithinSeconds: 3_600 },
  T2: { reviewMs: 4 * MS_PER_HOUR, startWithinSeconds: 900 },
  T3: { reviewMs: 2 * MS_PER_HOUR, startWithinSeconds: 600 },
};
