import { MS_PER_HOUR } from '../../base/time.ts';

/** A week of hours is what is remembered of when something came. */
const HOURS_KEPT = 168;
/** Nothing is called common before so many different hours. */
const HOURS_MIN = 6;
/** Common is what comes in at least this share of all hours that we have listened: a working day's. */
const HOURS_SHARE_MIN = 1 / 3;

/** What {@link Hours} holds, to put it back. */
export interface HoursBefore {
  readonly lastHour: number;
  readonly seen: readonly number[] | undefined;
}

/**
 * In how many different hours something came. A flood of a million in one hour is one hour: what is everyday shows
 * by coming back, not by its number. Hours that are not over yet do not count, so that alerts a little out of order
 * find the same answer.
 */
export class Hours {
  private lastHour = NEVER;
  /** All hours, `lastHour` too; made with the second, since most things come in one. */
  private seen: number[] | undefined = undefined;

  /** Whether {@link addHour} would change anything. */
  isNewHour(hour: number): boolean {
    return hour !== this.lastHour && this.seen?.includes(hour) !== true;
  }

  addHour(hour: number): void {
    if (!this.isNewHour(hour)) return;
    if (this.lastHour === NEVER) {
      this.lastHour = hour;
      return;
    }
    this.seen ??= [this.lastHour];
    this.seen.push(hour);
    if (hour > this.lastHour) this.lastHour = hour;
    if (this.seen.length > HOURS_KEPT) this.seen.shift();
  }

  hoursBefore(): HoursBefore {
    return { lastHour: this.lastHour, seen: this.seen?.slice() };
  }

  restoreHours({ lastHour, seen }: HoursBefore): void {
    this.lastHour = lastHour;
    this.seen = seen?.slice();
  }

  /** Whether it is everyday at `hour`, for a listener who began at `began`. */
  isCommonAt(hour: number, began: number): boolean {
    if (this.seen === undefined || this.seen.length < HOURS_MIN) return false;
    let before = 0;
    for (const one of this.seen) if (one < hour && hour - one <= HOURS_KEPT) before++;
    return before >= HOURS_MIN && before >= HOURS_SHARE_MIN * Math.min(HOURS_KEPT, hour - began);
  }

  get hourCount(): number {
    return this.seen?.length ?? (this.lastHour === NEVER ? 0 : 1);
  }
}

const NEVER = Number.NEGATIVE_INFINITY;

export function hourOf(at: number): number {
  return Math.floor(at / MS_PER_HOUR);
}
