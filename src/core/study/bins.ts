import { MS_PER_DAY, MS_PER_MINUTE } from '../../base/time.ts';

/** Width of a bin of counts. */
export const BIN_MS = 10 * MS_PER_MINUTE;
/** Bins of a day. */
export const BINS_PER_DAY = MS_PER_DAY / BIN_MS;
/** How many days of counts are kept: four weeks, so that a weekly cycle has been seen several times. */
export const DAYS_KEPT = 28;
const COUNT_MAX = 65_535;

/**
 * Counts by bins of ten minutes, for at most {@link DAYS_KEPT} days: a day with records takes 288 bytes, one without
 * takes none. What is older than the newest day allows is forgotten and not taken.
 */
export class Bins {
  private readonly days = new Map<number, Uint16Array>();
  private newest = Number.NEGATIVE_INFINITY;
  private atHand: Uint16Array | undefined;
  private atHandDay = Number.NaN;

  /** One more record in this bin. */
  add(bin: number): void {
    const day = Math.floor(bin / BINS_PER_DAY);
    if (day !== this.atHandDay) {
      const counts = this.open(day);
      if (counts === undefined) return;
      this.atHand = counts;
      this.atHandDay = day;
    }
    const counts = this.atHand;
    const at = bin - day * BINS_PER_DAY;
    const before = counts?.[at] ?? 0;
    if (counts !== undefined && before < COUNT_MAX) counts[at] = before + 1;
  }

  private open(day: number): Uint16Array | undefined {
    const known = this.days.get(day);
    if (known !== undefined) return known;
    if (day <= this.newest - DAYS_KEPT) return undefined;
    if (day > this.newest) {
      this.newest = day;
      for (const old of this.days.keys()) if (old <= day - DAYS_KEPT) this.days.delete(old);
    }
    const made = new Uint16Array(BINS_PER_DAY);
    this.days.set(day, made);
    return made;
  }

  at(bin: number): number {
    const day = Math.floor(bin / BINS_PER_DAY);
    return this.days.get(day)?.[bin - day * BINS_PER_DAY] ?? 0;
  }

  /** Records in the bins from `from` to before `to`. */
  between(from: number, to: number): number {
    let count = 0;
    for (const [day, counts] of this.days) {
      const start = day * BINS_PER_DAY;
      const end = Math.min(to - start, BINS_PER_DAY);
      for (let at = Math.max(0, from - start); at < end; at++) count += counts[at] ?? 0;
    }
    return count;
  }

  /** Bins that have a record, in order. */
  occupied(): readonly number[] {
    const found: number[] = [];
    for (const day of [...this.days.keys()].sort((a, b) => a - b)) {
      const counts = this.days.get(day);
      for (let at = 0; at < BINS_PER_DAY; at++) if ((counts?.[at] ?? 0) > 0) found.push(day * BINS_PER_DAY + at);
    }
    return found;
  }
}

const BITS = 32;

/** Whether something was heard in a bin: a bit for each, for {@link DAYS_KEPT} days; a day with records takes 20 bytes. */
export class Marks {
  private readonly days = new Map<number, Uint32Array>();
  private newest = Number.NEGATIVE_INFINITY;
  private last = Number.NaN;

  add(bin: number): void {
    if (bin === this.last) return;
    this.last = bin;
    const day = Math.floor(bin / BINS_PER_DAY);
    let bits = this.days.get(day);
    if (bits === undefined) {
      if (day <= this.newest - DAYS_KEPT) return;
      if (day > this.newest) {
        this.newest = day;
        for (const old of this.days.keys()) if (old <= day - DAYS_KEPT) this.days.delete(old);
      }
      bits = new Uint32Array(Math.ceil(BINS_PER_DAY / BITS));
      this.days.set(day, bits);
    }
    const at = bin - day * BINS_PER_DAY;
    bits[at >> 5] = (bits[at >> 5] ?? 0) | (1 << (at & 31));
  }

  has(bin: number): boolean {
    const day = Math.floor(bin / BINS_PER_DAY);
    const at = bin - day * BINS_PER_DAY;
    return (((this.days.get(day)?.[at >> 5] ?? 0) >>> (at & 31)) & 1) === 1;
  }

  /** Whether anything was heard in the bins from `from` to before `to`. */
  any(from: number, to: number): boolean {
    for (let bin = from; bin < to; bin++) if (this.has(bin)) return true;
    return false;
  }

  /** The bins that are marked, in order. */
  occupied(): readonly number[] {
    const found: number[] = [];
    for (const day of [...this.days.keys()].sort((a, b) => a - b))
      for (let at = 0; at < BINS_PER_DAY; at++)
        if (this.has(day * BINS_PER_DAY + at)) found.push(day * BINS_PER_DAY + at);
    return found;
  }
}
