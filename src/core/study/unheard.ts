import { MS_PER_DAY, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { Quiet } from '../../model/coverage.ts';
import { BIN_MS, BINS_PER_DAY } from './bins.ts';
import { OTHER_DAYS_MIN } from './outage.ts';
import { spanText } from './span-text.ts';
import type { Pause, Stream } from './stream.ts';

/** A stream with fewer records a day and no rhythm is too sparse to judge. */
export const SPARSE_PER_DAY = 24;
/** Pauses between spans of ten minutes with a record, that what is usual is read off: three records far apart are the least. */
const PAUSES_MIN = 2;
/** An unusual quiet is so many times as long as any other. */
const LONGER_MIN = 2;
/** And would be the longest by so much by chance in one case of fifty. */
const BY_CHANCE_MAX = 0.02;
/** Of a stream whose nights are not known, a quiet says something where it is so many times as long as the mean pause. */
const MEANS_MIN = 6;
/** Quiets that are told of a stream: the latest. */
const QUIETS_MAX = 64;

/**
 * The pauses of a stream that are not among the silences which were found in it. Silence must not make a stream look better
 * the longer it lasts: one that fell silent before enough of it was known to judge it is not `silent`, and not heard.
 */
export function quietsIn(stream: Stream, silent: readonly Pause[], now: UnixMs): readonly Quiet[] {
  const pauses = stream.pausesUntil(now).filter(pause => !silent.some(gap => covers(gap, pause)));
  if (pauses.length === 0) return [];
  const others = otherPauses(stream, silent);
  const isSparse = stream.shortestPeriodMs() === undefined;
  return pauses.slice(-QUIETS_MAX).flatMap(pause => {
    const unusual = ofUnknownDays(stream, pause, now) ?? outlasting(pause, others);
    if (unusual === undefined && !isSparse) return [];
    const length = spanText(pause.to - pause.from);
    const because =
      unusual === undefined
        ? `nothing for ${length}: too sparse to tell whether that is usual`
        : `nothing for ${length}, ${unusual}`;
    return [{ ...pause, first: stream.first, isUnusual: unusual !== undefined, because }];
  });
}

function covers(gap: Pause, pause: Pause): boolean {
  return gap.from - BIN_MS <= pause.from && gap.to + BIN_MS >= pause.to;
}

/** Pauses from one span of ten minutes with a record to the next, longest first, without those that were found to be gaps. */
function otherPauses(stream: Stream, silent: readonly Pause[]): readonly Pause[] {
  const occupied = stream.bins.occupied();
  return occupied
    .slice(1)
    .map((bin, index) => ({ from: unixMsFrom(((occupied[index] ?? bin) + 1) * BIN_MS), to: unixMsFrom(bin * BIN_MS) }))
    .filter(({ from, to }) => !silent.some(gap => gap.from < to && from < gap.to))
    .sort((a, b) => b.to - b.from - (a.to - a.from));
}

/** A stream that sends all day, of which fewer days are known than it takes to know its nights. */
function ofUnknownDays({ first, count }: Stream, { from, to }: Pause, now: number): string | undefined {
  const days = Math.floor((from - first) / MS_PER_DAY) + Math.floor((now - to) / MS_PER_DAY);
  const known = Math.max(1, (from - first + now - to) / MS_PER_DAY);
  if (days >= OTHER_DAYS_MIN || count / known < SPARSE_PER_DAY) return undefined;
  if (to - from < (MEANS_MIN * (from - first + now - to)) / count) return undefined;
  return `though it had sent ${count} records in ${spanText(known * MS_PER_DAY)}: too few days are known to tell whether these hours are usually quiet`;
}

/**
 * Longer than every other pause by far. Of pauses that are alike each is as likely to be the longest; that it is so by a
 * factor is ever less likely, the more of them are known.
 */
function outlasting({ from, to }: Pause, others: readonly Pause[]): string | undefined {
  const rest = others.filter(other => other.to <= from + BIN_MS || other.from >= to - BIN_MS);
  const longest = rest[0];
  if (rest.length < PAUSES_MIN || longest === undefined) return undefined;
  const usual = longest.to - longest.from + BIN_MS;
  const factor = (to - from) / usual;
  if (factor < LONGER_MIN || chanceOf(factor, rest.length) > BY_CHANCE_MAX) return undefined;
  return `though it was never quiet for more than ${spanText(usual)} else: too little is known of it to call that silent`;
}

/** That the next of pauses which come by chance alone is so many times as long as the longest of so many. */
function chanceOf(factor: number, count: number): number {
  let chance = 1;
  for (let n = 1; n <= count && chance > BY_CHANCE_MAX / BINS_PER_DAY; n++) chance *= n / (n + factor);
  return chance;
}
