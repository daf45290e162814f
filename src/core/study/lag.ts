import { MS_PER_HOUR, MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';

/** Records by which it is judged how late a stream is now. */
const RECENT = 16;
const RECENT_MIN = 5;
/** Records that a stream's usual lag is known by. */
const USUAL_MIN = 50;
/** Beyond so many times what nineteen of twenty records took it is late, and never below a quarter of an hour. */
const LATE_FACTOR = 3;
const LATE_MS_MIN = 15 * MS_PER_MINUTE;
/** What arrived before that says nothing about now. */
const RECENT_MS_MAX = 2 * MS_PER_HOUR;
/** Usual lags are kept as counts by powers of two of a second, which halve when there are so many. */
const POWERS = 32;
const COUNT_MAX = 4_096;

/** How late a stream is, and how late it usually is. */
export interface Lateness {
  readonly lagMs: number;
  readonly usualMs: number;
  readonly tailMs: number;
  /** The newest activity of which we heard. */
  readonly until: UnixMs;
}

/** Learns how long after the fact a stream's records arrive: the median and the tail, without the latest few. */
export class Lag {
  private readonly usual = new Uint16Array(POWERS);
  private total = 0;
  private readonly lags = new Float64Array(RECENT);
  private readonly heard = new Float64Array(RECENT);
  private count = 0;
  private newest = 0;

  hear(at: number, heard: number): void {
    const slot = this.count % RECENT;
    if (this.count >= RECENT) this.learn(this.lags[slot] ?? 0);
    this.lags[slot] = Math.max(0, heard - at);
    this.heard[slot] = heard;
    this.count++;
    if (at > this.newest) this.newest = at;
  }

  private learn(lagMs: number): void {
    const power = Math.min(POWERS - 1, Math.max(0, Math.ceil(Math.log2(Math.max(1, lagMs / 1_000)))));
    this.usual[power] = (this.usual[power] ?? 0) + 1;
    this.total++;
    if (this.total < COUNT_MAX) return;
    this.total = 0;
    for (let at = 0; at < POWERS; at++) this.total += this.usual[at] = (this.usual[at] ?? 0) >> 1;
  }

  private quantile(share: number): number {
    let seen = 0;
    for (let power = 0; power < POWERS; power++) {
      seen += this.usual[power] ?? 0;
      if (seen >= share * this.total) return 1_000 * 2 ** power;
    }
    return 0;
  }

  /** How late the stream is at `now`, our clock; undefined where it is not, or where that is not known. */
  lateAt(now: number): Lateness | undefined {
    if (this.total < USUAL_MIN) return undefined;
    const recent: number[] = [];
    for (let slot = 0; slot < Math.min(this.count, RECENT); slot++)
      if (now - (this.heard[slot] ?? 0) <= RECENT_MS_MAX) recent.push(this.lags[slot] ?? 0);
    if (recent.length < RECENT_MIN) return undefined;
    recent.sort((a, b) => a - b);
    const lagMs = recent[Math.floor(recent.length / 2)] ?? 0;
    const tailMs = this.quantile(0.95);
    if (lagMs < Math.max(LATE_MS_MIN, LATE_FACTOR * tailMs)) return undefined;
    return { lagMs, usualMs: this.quantile(0.5), tailMs, until: this.newest as UnixMs };
  }
}
