import { MS_PER_HOUR, rfc3339, type UnixMs, unixMsFrom } from '../../../base/time.ts';
import type { Tier } from '../../../model/proposal.ts';
import type { Expected, LoadForecast, TierLoad } from '../../../model/reliance.ts';

/** A review that waits for somebody. */
export interface OpenReview {
  readonly tier: Tier;
  readonly createdAt: UnixMs;
  readonly reviewBy: UnixMs;
  /** Signatures that it still waits for. */
  readonly needed: number;
  readonly isSeen: boolean;
}

/** What was observed from `from` to `to`. */
export interface ObservedLoad {
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly open: readonly OpenReview[];
  readonly arrivals: readonly Tier[];
  /** One for each signature that a person gave. */
  readonly signatures: readonly Tier[];
}

/** Fewer signatures make no rate. */
export const SIGNATURES_MIN = 10;
/** Arrivals and departures that differ by less than so many standard deviations of their difference are steady. */
const TREND_DEVIATIONS = 2;
const TIERS: readonly Tier[] = ['T1', 'T2', 'T3'];

/**
 * What waits, how long, and what will expire before anybody gets to it, from the rates of the last days: each tier is
 * taken as one line, served in the order of its deadlines at the rate at which people signed. It knows no shifts and no
 * weekends, so it is a first guess, and where too little was signed it says that it cannot tell.
 */
export function forecastOf(observed: ObservedLoad): LoadForecast {
  const observedHours = Math.max(0, observed.to - observed.from) / MS_PER_HOUR;
  return { observedHours, tiers: TIERS.map(tier => loadOf(tier, observed, observedHours)) };
}

function loadOf(tier: Tier, observed: ObservedLoad, hours: number): TierLoad {
  const open = observed.open.filter(review => review.tier === tier).sort((a, b) => a.reviewBy - b.reviewBy);
  const arrivals = observed.arrivals.filter(of => of === tier).length;
  const n = observed.signatures.filter(of => of === tier).length;
  const signaturesNeeded = open.reduce((sum, review) => sum + review.needed, 0);
  const perHour = hours > 0 ? n / hours : 0;
  const canTell = n >= SIGNATURES_MIN && perHour > 0;
  return {
    tier,
    open: open.length,
    signaturesNeeded,
    arrivalsPerHour: hours > 0 ? arrivals / hours : 0,
    signaturesPerHour: perHour,
    n,
    wait: canTell ? { kind: 'hours', hours: signaturesNeeded / perHour } : cannotTell(n),
    expireUnseen: canTell ? expiring(open, perHour, observed.to) : undefined,
    trend: trendOf(arrivals * signaturesEach(tier), n),
  };
}

function cannotTell(n: number): Expected {
  return { kind: 'cannot_tell', n, needs: SIGNATURES_MIN };
}

function signaturesEach(tier: Tier): number {
  return tier === 'T3' ? 2 : 1;
}

function expiring(open: readonly OpenReview[], perHour: number, now: UnixMs): NonNullable<TierLoad['expireUnseen']> {
  let before = 0;
  const late = open.filter(review => {
    before += review.needed;
    return !review.isSeen && now + (before / perHour) * MS_PER_HOUR > review.reviewBy;
  });
  const [first] = late;
  return { count: late.length, firstAt: first === undefined ? undefined : rfc3339(unixMsFrom(first.reviewBy)) };
}

function trendOf(asked: number, given: number): TierLoad['trend'] {
  if (asked + given < SIGNATURES_MIN) return 'cannot_tell';
  const difference = asked - given;
  if (Math.abs(difference) <= TREND_DEVIATIONS * Math.sqrt(asked + given)) return 'steady';
  return difference > 0 ? 'growing' : 'shrinking';
}
