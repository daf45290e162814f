import type { UnixMs } from '../../base/time.ts';

/** How often a proposal that nobody takes was put to people again. There is no step that does more than tell. */
export type EscalationStep = 0 | 1 | 2;

/** Parts of its time to be reviewed after which everybody who may is asked again, and after which administrators hear of it. */
export const ASKED_AGAIN_AT = 1 / 2;
export const ADMINISTRATORS_AT = 3 / 4;

/**
 * The step of a proposal that waits since `madeAt` and expires at `reviewBy`, while a seat is open. It says whom to tell. It is
 * in no question that a decision rests on: whoever is asked may what they could before (controls LIF-03), and silence
 * ends in expiry.
 */
export function escalationOf(madeAt: UnixMs, reviewBy: UnixMs, now: UnixMs): EscalationStep {
  if (now >= reviewBy) return 0;
  const part = (now - madeAt) / (reviewBy - madeAt);
  return part >= ADMINISTRATORS_AT ? 2 : part >= ASKED_AGAIN_AT ? 1 : 0;
}
