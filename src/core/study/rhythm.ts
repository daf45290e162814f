import type { UnixMs } from '../../base/time.ts';
import { BIN_MS, Marks } from './bins.ts';

/** A silence in which at least one expected beat did not come. */
export interface MissedBeat {
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly periodMs: number;
  readonly rule: string;
}

/** Intervals that a rhythm is judged by: the latest, so that it follows slow drift. */
const INTERVALS_KEPT = 64;
/** Fewer than this say nothing about a rhythm. */
const INTERVALS_MIN = 12;
/** A known rhythm is worked out again after so many intervals. */
const JUDGED_EVERY = 8;
/** Three of four intervals lie this close together in a regular rhythm. */
const SPREAD_MAX = 1.5;
/** And nineteen of twenty are at most this many times the median. */
const TAIL_MAX = 3;
/** A beat is missed when the pause is this much longer than nineteen of twenty were. */
const MISS_FACTOR = 1.5;
/** Records of one rule that come closer together than this may be one beat. */
const BURST_MS_MAX = 60_000;

/**
 * Learns whether something comes regularly, and notices when it does not. Records less than `burstMs` after the one
 * before belong to the same beat. Pauses that count as missed are not learnt from.
 */
class Beat {
  private readonly intervals: number[] = [];
  private next = 0;
  private begun: number | undefined;
  private last = 0;
  private cached: { readonly median: number; readonly limit: number } | undefined;
  private isStale = true;
  private sinceJudged = 0;

  private readonly burstMs: number;

  constructor(burstMs: number) {
    this.burstMs = burstMs;
  }

  /** The pause that ended with this record, where it was too long. */
  hear(at: UnixMs): { readonly from: UnixMs; readonly periodMs: number } | undefined {
    if (this.begun === undefined) {
      this.begun = this.last = at;
      return undefined;
    }
    const isSameBeat = at - this.last < this.burstMs;
    const pause = at - this.begun;
    const from = this.last;
    this.last = Math.max(this.last, at);
    if (isSameBeat || pause <= 0) return undefined;
    this.begun = at;
    const rhythm = this.rhythm();
    if (rhythm !== undefined && pause > rhythm.limit) return { from: from as UnixMs, periodMs: rhythm.median };
    this.intervals[this.next] = pause;
    this.next = (this.next + 1) % INTERVALS_KEPT;
    this.sinceJudged++;
    if (this.sinceJudged >= JUDGED_EVERY || this.intervals.length < INTERVALS_KEPT / 2) this.isStale = true;
    return undefined;
  }

  /** The pause that goes on at `now`, where it is too long already. */
  pending(now: UnixMs): { readonly from: UnixMs; readonly periodMs: number } | undefined {
    const rhythm = this.rhythm();
    if (this.begun === undefined || rhythm === undefined || now - this.begun <= rhythm.limit) return undefined;
    return { from: this.last as UnixMs, periodMs: rhythm.median };
  }

  rhythm(): { readonly median: number; readonly limit: number } | undefined {
    if (!this.isStale) return this.cached;
    this.isStale = false;
    this.sinceJudged = 0;
    this.cached = undefined;
    if (this.intervals.length < INTERVALS_MIN) return undefined;
    const sorted = this.intervals.toSorted((a, b) => a - b);
    const quantile = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    const [low, median, high, tail] = [quantile(0.25), quantile(0.5), quantile(0.75), quantile(0.95)];
    if (high > SPREAD_MAX * low || tail > TAIL_MAX * median) return undefined;
    this.cached = { median, limit: MISS_FACTOR * Math.max(median, tail) };
    return this.cached;
  }
}

/** The rhythm of one rule in one stream, read both record by record and burst by burst. */
export class RuleRhythm {
  private readonly beats = [new Beat(1000), new Beat(BURST_MS_MAX)];
  /** In which bins it was heard. */
  readonly marks = new Marks();
  readonly rule: string;

  constructor(rule: string) {
    this.rule = rule;
  }

  hear(at: UnixMs): MissedBeat | undefined {
    this.marks.add(Math.floor(at / BIN_MS));
    let missed: MissedBeat | undefined;
    for (const beat of this.beats) {
      const pause = beat.hear(at);
      if (pause !== undefined) missed = { ...pause, to: at, rule: this.rule };
    }
    return missed;
  }

  pending(now: UnixMs): MissedBeat | undefined {
    for (const beat of this.beats) {
      const pause = beat.pending(now);
      if (pause !== undefined) return { ...pause, to: now, rule: this.rule };
    }
    return undefined;
  }

  /** The time from beat to beat in milliseconds; undefined where there is none. */
  periodMs(): number | undefined {
    for (const beat of this.beats) {
      const rhythm = beat.rhythm();
      if (rhythm !== undefined) return rhythm.median;
    }
    return undefined;
  }
}
