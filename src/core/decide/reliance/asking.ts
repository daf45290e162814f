import type { Tier } from '../../../model/proposal.ts';

/** One in so many reviews of T2 and T3 asks what the person thinks before it recommends. */
const ASKED_ONE_IN = 20;
const DRAW_BELOW = 2 ** 32;

/** Whether this review asks first. `draw` is 32 random bits, so that nothing about a proposal or a person foretells it. */
export function asksFirst(tier: Tier, draw: number): boolean {
  return (tier === 'T2' || tier === 'T3') && draw < DRAW_BELOW / ASKED_ONE_IN;
}
