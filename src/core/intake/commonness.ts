import { MS_PER_HOUR } from '../../base/time.ts';

/** A week of hours is what is remembered of when something came. */
const HOURS_KEPT = 168;
/** Nothing is called common before so many different hours. */
const HOURS_MIN = 6;
//** Common is what comes in at least this share of all hours that we have listened: a working day's. */
const HOURS_SHARE_MIN = 1 / 3;

/**
 * In how many different hours something came. A flood of a million in one hour is one hour: what is everyday shows
 * by coming back, not by its number. Hours that are not over yet do not count, so that alerts a little out of order
 * find the same answer.
 */
export class Hours {
  private last = NEVER;
  /** All hours, `last` too; made with the second, since most things come in one. */
  private seen: number[] | undefined;

  add(hour: number): void {
    if (hour === this.last) return;
    if (this.last === NEVER) {
      this.last = hour;
      return;
    }
    this.seen ??= [this.last];
    if (hour < this.last) {
      if (!this.seen.includes(hour)) this.seen.push(hour);
    } else {
      this.seen.push(hour);
      this.last = hour;
    }
    if (this.seen.length > HOURS_KEPT) this.seen.shift();
  }

  /** Whether it is everyday at `hour`, for a listener who began at `began`. */
  isCommon(hour: number, began: number): boolean {
    if (this.seen === undefined || this.seen.length < HOURS_MIN) return false;
    let before = 0;
    for (const one of this.seen) if (one < hour && hour - one <= HOURS_KEPT) before++;
    return before >= HOURS_MIN && before >= HOURS_SHARE_MIN * Math.min(HOURS_KEPT, hour - began);
  }

  get count(): number {
    return this.seen?.length ?? (this.last === NEVER ? 0 : 1);
  }
}

const NEVER = Number.NEGATIVE_INFINITY;

export function hourOf(at: number): number {
  return Math.floor(at / MS_PER_HOUR);
}
