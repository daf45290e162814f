import { MS_PER_DAY, MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import { type MissedBeat, RuleRhythm } from './rhythm.ts';

/** Rules per stream whose rhythm is learnt. */
const RULES_MAX = 64;
/** Pauses and missed beats that a stream keeps: the latest. */
const KEPT_MAX = 512;
/** A shorter silence is no gap: an agent restarts, a spool drains. */
export const GAP_MS_MIN = 40 * MS_PER_MINUTE;
/** Width of a bin of counts. */
export const BIN_MS = 10 * MS_PER_MINUTE;
/** How far back a stream's counts are kept. */
const HISTORY_MS = 28 * MS_PER_DAY;

/** From the last record before to the first after. */
export interface Pause {
  readonly from: UnixMs;
  readonly to: UnixMs;
}

/** What is kept of one stream. Its counts are by bins of ten minutes. */
export class Stream {
  readonly host: string;
  readonly product: string;
  readonly first: UnixMs;
  readonly bins = new Map<number, number>();
  readonly pauses: Pause[] = [];
  readonly missed: MissedBeat[] = [];
  readonly rules = new Map<string, RuleRhythm>();
  count = 0;
  last: UnixMs;

  constructor(host: string, product: string, first: UnixMs) {
    this.host = host;
    this.product = product;
    this.first = this.last = first;
  }

  get name(): string {
    return `${this.host}|${this.product}`;
  }

  hear(rule: string, at: UnixMs): void {
    this.count++;
    const bin = Math.floor(at / BIN_MS);
    const before = this.bins.get(bin);
    this.bins.set(bin, (before ?? 0) + 1);
    if (before === undefined && this.bins.size > HISTORY_MS / BIN_MS) this.forget();
    if (at - this.last >= GAP_MS_MIN) keep(this.pauses, { from: this.last, to: at });
    if (at > this.last) this.last = at;
    let rhythm = this.rules.get(rule);
    if (rhythm === undefined) {
      if (this.rules.size >= RULES_MAX) return;
      rhythm = new RuleRhythm(rule);
      this.rules.set(rule, rhythm);
    }
    const missed = rhythm.hear(at);
    if (missed !== undefined && missed.to - missed.from >= GAP_MS_MIN) keep(this.missed, missed);
  }

  private forget(): void {
    const oldest = Math.floor((this.last - HISTORY_MS) / BIN_MS);
    for (const bin of this.bins.keys()) if (bin < oldest) this.bins.delete(bin);
  }

  countBetween(from: number, to: number): number {
    let count = 0;
    for (let bin = Math.floor(from / BIN_MS); bin * BIN_MS < to; bin++) count += this.bins.get(bin) ?? 0;
    return count;
  }

  shortestPeriodMs(): number | undefined {
    let shortest: number | undefined;
    for (const rhythm of this.rules.values()) {
      const period = rhythm.periodMs();
      if (period !== undefined && (shortest === undefined || period < shortest)) shortest = period;
    }
    return shortest;
  }
}

function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > KEPT_MAX) list.shift();
}
