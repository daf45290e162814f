import { BINS_PER_DAY, type Bins, DAYS_KEPT } from './bins.ts';

/** Days on either side weigh half at this distance, so that the profile follows slow drift. */
const HALF_LIFE_DAYS = 7;
/** A time of day is judged with its neighbours: so many bins on each side, an hour; fewer where many days are known. */
const NEIGHBOURS = 6;
const NEIGHBOURS_OF_MANY_DAYS = 2;
const MANY_DAYS = 8;
/** Weight, in days, of the stream's overall rate where a time of day was hardly ever seen. */
const OVERALL_WEIGHT = 0.02;
/** A day of the week is judged by its own kind alone where that was seen so often. */
const SAME_WEEKDAY_MIN = 2;
/** Fewer days than this say nothing about times of day. */
const OTHER_DAYS_MIN = 2;
/** Bins of the same hours that had a record on each other day, where the quiet is long enough. */
const HABIT_BINS = 3;
const CHANCE_MIN = 0.001;
const CHANCE_MAX = 0.98;

/** Shares of several days. The busiest day is left out: one burst, or the noise of a first day, is no habit. */
class Shares {
  days = 0;
  private sum = 0;
  private weight = 0;
  private most = 0;
  private weightOfMost = 0;

  add(share: number, weight: number): void {
    this.days++;
    this.sum += weight * share;
    this.weight += weight;
    if (share > this.most || this.weightOfMost === 0) [this.most, this.weightOfMost] = [share, weight];
  }

  chance(overall: number): number {
    const sum = this.sum - this.weightOfMost * this.most;
    return (sum + OVERALL_WEIGHT * overall) / (this.weight - this.weightOfMost + OVERALL_WEIGHT);
  }
}

/**
 * How probable it is that a stream sends within a bin, by time of day and day of the week, learnt from whether it did
 * and not from how much: a burst says no more than one record, so a bursty stream does not look dense.
 *
 * A bin is judged by the same hour on other days, recent days first, and never by the quiet that is being judged. Where
 * the same day of the week was seen twice, those days alone count: a stream that is quiet each weekend is not silent on
 * the third.
 */
export class Profile {
  /** Per day: number of occupied bins before each bin of it. */
  private readonly before = new Map<number, Uint16Array>();
  private readonly neighbours: number;
  private readonly firstDay: number;
  private readonly lastDay: number;
  private readonly overall: number;
  private readonly first: number;
  private readonly end: number;

  /** `first` and `end` are the bins from which and before which the stream is known. */
  constructor(bins: Bins, occupied: readonly number[], first: number, end: number) {
    this.first = Math.max(first, occupied[0] ?? first);
    // Beyond the days that are kept a silence gets no more surprising, only longer to add up.
    this.end = Math.min(end, this.first + 2 * DAYS_KEPT * BINS_PER_DAY);
    this.firstDay = Math.floor(this.first / BINS_PER_DAY);
    this.lastDay = Math.floor((this.end - 1) / BINS_PER_DAY);
    this.overall = occupied.length / Math.max(1, this.end - this.first);
    this.neighbours = this.lastDay - this.firstDay >= MANY_DAYS ? NEIGHBOURS_OF_MANY_DAYS : NEIGHBOURS;
    for (let day = this.firstDay; day <= this.lastDay; day++) {
      const sums = new Uint16Array(BINS_PER_DAY + 1);
      for (let at = 0; at < BINS_PER_DAY; at++)
        sums[at + 1] = (sums[at] ?? 0) + (bins.at(day * BINS_PER_DAY + at) > 0 ? 1 : 0);
      this.before.set(day, sums);
    }
  }

  /** How surprising a quiet is: -ln of the chance that every bin from `from` to before `to` is empty, by all other days. */
  surprise(from: number, to: number): number {
    let sum = 0;
    for (let bin = from; bin < Math.min(to, this.end); bin++) sum -= Math.log(1 - this.chance(bin, from, to));
    return sum;
  }

  /** Other days on which some of these hours were seen at all. */
  daysCompared(from: number, to: number): number {
    let days = 0;
    for (let shift = 1; from - shift * BINS_PER_DAY >= this.first; shift++) days++;
    for (let shift = 1; to + shift * BINS_PER_DAY <= this.end; shift++) days++;
    return days;
  }

  /** Whether these hours had records, and not only a burst, on each of the other days but for one in five. */
  isHabit(from: number, to: number): boolean {
    const least = Math.min(HABIT_BINS, Math.ceil((to - from) / 2));
    let [heard, days] = [0, 0];
    for (let shift = 1; shift <= DAYS_KEPT; shift++) {
      for (const by of [-shift, shift]) {
        const [start, end] = [from + by * BINS_PER_DAY, to + by * BINS_PER_DAY];
        if ((start < to && end > from) || start < this.first || end > this.end) continue;
        if (this.hasSameWeekdays && shift % 7 !== 0) continue;
        days++;
        if (this.occupiedBetween(start, end) >= least) heard++;
      }
    }
    return days === 0 || heard >= days - Math.floor(days / 5);
  }

  private occupiedBetween(from: number, to: number): number {
    let sum = 0;
    for (let day = Math.floor(from / BINS_PER_DAY); day * BINS_PER_DAY < to; day++) {
      const sums = this.before.get(day);
      const start = Math.max(0, from - day * BINS_PER_DAY);
      const end = Math.min(BINS_PER_DAY, to - day * BINS_PER_DAY);
      sum += (sums?.[end] ?? 0) - (sums?.[start] ?? 0);
    }
    return sum;
  }

  private get hasSameWeekdays(): boolean {
    return this.lastDay - this.firstDay >= 7 * (SAME_WEEKDAY_MIN + 1);
  }

  private chance(bin: number, from: number, to: number): number {
    const day = Math.floor(bin / BINS_PER_DAY);
    const at = bin - day * BINS_PER_DAY;
    const all = new Shares();
    const alike = new Shares();
    for (let other = this.firstDay; other <= this.lastDay; other++) {
      const same = other * BINS_PER_DAY + at;
      if (other === day || (same >= from && same < to) || same < this.first || same >= this.end) continue;
      const weight = 2 ** (-Math.abs(other - day) / HALF_LIFE_DAYS);
      const share = this.shareAround(other, at, from, to);
      all.add(share, weight);
      if ((other - day) % 7 === 0) alike.add(share, weight);
    }
    const used = alike.days >= SAME_WEEKDAY_MIN ? alike : all;
    if (used.days < OTHER_DAYS_MIN) return CHANCE_MIN;
    return Math.min(CHANCE_MAX, Math.max(CHANCE_MIN, used.chance(this.overall)));
  }

  private shareAround(day: number, at: number, from: number, to: number): number {
    const sums = this.before.get(day);
    let start = Math.max(0, at - this.neighbours);
    let end = Math.min(BINS_PER_DAY, at + this.neighbours + 1);
    // Bins of the quiet itself say nothing about what was usual.
    const base = day * BINS_PER_DAY;
    if (base + start < to && base + end > from) {
      if (base + at < from) end = Math.min(end, from - base);
      else start = Math.max(start, to - base);
    }
    return ((sums?.[end] ?? 0) - (sums?.[start] ?? 0)) / Math.max(1, end - start);
  }
}

/** Runs of empty bins of at least `least` bins within what is known, the one that goes on at `end` included. */
export function quietsOf(occupied: readonly number[], end: number, least: number): { from: number; to: number }[] {
  const found: { from: number; to: number }[] = [];
  for (let index = 0; index < occupied.length; index++) {
    const from = (occupied[index] ?? 0) + 1;
    const to = occupied[index + 1] ?? end;
    if (to - from >= least) found.push({ from, to });
  }
  return found;
}

/** Quiets by which the tail of a stream's quiet is known; with fewer, one bin is taken to be independent of the next. */
const TAIL_QUIETS_MIN = 8;

/**
 * Judges quiets of one stream against its own: measured in surprise instead of minutes, the quiets of a stream with any
 * daily cycle have about one exponential tail. The tail is read off the middle of the distribution, so that the gaps
 * which are looked for do not stretch it.
 */
export class QuietJudge {
  private readonly profile: Profile;
  private readonly middle: number;
  private readonly scale: number;
  private readonly count: number;

  constructor(bins: Bins, first: number, end: number) {
    const occupied = bins.occupied();
    this.profile = new Profile(bins, occupied, first, end);
    const surprises = quietsOf(occupied, end, 1)
      .map(({ from, to }) => this.profile.surprise(from, to))
      .sort((a, b) => a - b);
    this.count = surprises.length;
    const at = (share: number): number => surprises[Math.floor(share * (surprises.length - 1))] ?? 0;
    this.middle = surprises.length < TAIL_QUIETS_MIN ? 0 : at(0.5);
    this.scale = surprises.length < TAIL_QUIETS_MIN ? 1 : Math.max(1, (at(0.9) - at(0.5)) / Math.log(5));
  }

  /** Quiets as surprising as this one that the stream would have had by chance, in all the time that it is known. */
  expectedByChance(from: number, to: number): number {
    const surprise = this.profile.surprise(from, to);
    return Math.max(1, this.count) * 0.5 * Math.exp(-Math.max(0, surprise - this.middle) / this.scale);
  }

  surprise(from: number, to: number): number {
    return this.profile.surprise(from, to) / this.scale;
  }

  isHabit(from: number, to: number): boolean {
    return this.profile.isHabit(from, to);
  }

  daysCompared(from: number, to: number): number {
    return this.profile.daysCompared(from, to);
  }
}
