/** How long after the activity we hear of it from one clock. */
export interface SourceLag {
  /** Alerts with a time of their own; the figures rest on these. */
  readonly alertCount: number;
  readonly medianMs: number;
  /** The slowest twentieth is later than this. */
  readonly tailMs: number;
  readonly maxMs: number;
  /** Alerts whose activity time lies after the moment when we heard of them: that clock is ahead of ours. */
  readonly aheadCount: number;
}

/**
 * How far a clock is off. `measured` rests on pairs of alerts of two clocks about one event; `reference` is the clock
 * that the others are measured against; `at_least` rests on records that claim to be of our future, so it is a lower
 * bound against our own clock; `cannot_tell` claims nothing.
 */
export interface ClockSkew {
  readonly kind: 'measured' | 'reference' | 'at_least' | 'cannot_tell';
  /** Positive: ahead of `against`. 0 for `reference` and `cannot_tell`. */
  readonly aheadMs: number;
  /** The true value lies within so much of `aheadMs`, unless most of the pairs mislead. */
  readonly uncertaintyMs: number;
  /** Pairs, or records, that it rests on. */
  readonly pairs: number;
  /** The clock that it is measured against; empty where there is none. */
  readonly against: string;
  /** Far enough off that a person must know of it. */
  readonly isMaterial: boolean;
  readonly text: string;
}

/** What is known of one clock: a product's, as the lanes of a timeline are. */
export interface SourceClock {
  readonly clock: string;
  /** Undefined where no alert states a time. */
  readonly lag: SourceLag | undefined;
  readonly skew: ClockSkew;
}
