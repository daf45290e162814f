import { MS_PER_HOUR, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { StreamCoverage } from '../../model/coverage.ts';
import { BIN_MS, BINS_PER_DAY, DAYS_KEPT } from './bins.ts';
import type { MissedBeat } from './rhythm.ts';
import { spanText } from './span-text.ts';
import { GAP_MS_MIN, type Pause, type Stream } from './stream.ts';

/** Windows in which counts are compared with the same hours of other days, in bins: two, four and eight hours. */
const WINDOWS = [12, 24, 48];
/** And the step from one to the next: an hour. */
const STEP = 6;
const DAYS_COMPARED = 14;
const DAYS_MIN = 5;
/** Records that the quietest of the other days had, for their absence to say something. */
const LEAST_MIN = 20;
/** In so many bins at least: a burst more or less is no habit. */
const LEAST_BINS_MIN = 8;
/** At most this share of what the quietest of the other days had is far fewer. */
const SHARE_MAX = 0.2;
/** And it is so far below the stream's own variation: deviations, by the median of them. */
const DEVIATIONS_MIN = 6;
/** Pauses of more than forty minutes that a heartbeat has in four weeks at most. */
const MISSES_MAX = 6;
/** A rule that was not heard for so many of its periods is missing, and not late. */
const PERIODS_MIN = 3;

interface Thin {
  readonly from: number;
  readonly to: number;
  readonly got: number;
  readonly least: number;
  readonly days: number;
}

/** Windows in which far fewer records came than at the same hours of every other day, by the stream's own variation. */
export function thinned(stream: Stream, blind: readonly Pause[], now: UnixMs): readonly StreamCoverage[] {
  const end = Math.floor(now / BIN_MS);
  const first = Math.max(Math.floor(stream.first / BIN_MS) + 1, end - DAYS_KEPT * BINS_PER_DAY);
  if (end - first < (DAYS_MIN + 1) * BINS_PER_DAY) return [];
  const records = windowSums(first, end, bin => stream.bins.at(bin));
  const bins = windowSums(first, end, bin => Math.min(1, stream.bins.at(bin)));
  const found = WINDOWS.flatMap(width => thinWindows(first, end, width, records, bins));
  return merged(found)
    .filter(({ from, to }) => !blind.some(one => one.from < to * BIN_MS && from * BIN_MS < one.to))
    .map(({ from, to, got, least, days }) => ({
      stream: stream.name,
      status: got === 0 ? 'silent' : 'degraded',
      from: unixMsFrom(from * BIN_MS),
      to: unixMsFrom(to * BIN_MS),
      because: `${got} records where the quietest of ${days} other days had ${least} at these hours`,
    }));
}

type Sums = (from: number, to: number) => number;

function windowSums(first: number, end: number, of: (bin: number) => number): Sums {
  const sums = new Float64Array(end - first + 1);
  for (let bin = first; bin < end; bin++) sums[bin - first + 1] = (sums[bin - first] ?? 0) + of(bin);
  return (from, to) => (sums[to - first] ?? 0) - (sums[from - first] ?? 0);
}

function thinWindows(first: number, end: number, width: number, records: Sums, bins: Sums): readonly Thin[] {
  const candidates: Thin[] = [];
  const ratios: number[] = [];
  for (let from = Math.ceil(first / STEP) * STEP; from + width <= end; from += STEP) {
    const others: number[] = [];
    let leastBins = width;
    for (let shift = 1; shift <= DAYS_COMPARED; shift++)
      for (const start of [from - shift * BINS_PER_DAY, from + shift * BINS_PER_DAY])
        if (start >= first && start + width <= end) {
          others.push(records(start, start + width));
          leastBins = Math.min(leastBins, bins(start, start + width));
        }
    if (others.length < DAYS_MIN) continue;
    const least = Math.min(...others);
    if (least < LEAST_MIN || leastBins < LEAST_BINS_MIN) continue;
    const got = records(from, from + width);
    ratios.push(Math.log((got + 1) / (least + 1)));
    if (got <= SHARE_MAX * least) candidates.push({ from, to: from + width, got, least, days: others.length });
  }
  const middle = median(ratios);
  const spread = Math.max(0.1, median(ratios.map(ratio => Math.abs(ratio - middle))));
  return candidates.filter(({ got, least }) => middle - Math.log((got + 1) / (least + 1)) >= DEVIATIONS_MIN * spread);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** Windows that overlap are one finding. */
function merged(windows: readonly Thin[]): readonly Thin[] {
  const found: Thin[] = [];
  for (const window of windows.toSorted((a, b) => a.from - b.from)) {
    const last = found.at(-1);
    if (last === undefined || window.from >= last.to) found.push(window);
    else if (window.to > last.to || window.least > last.least)
      found[found.length - 1] = {
        ...(window.least > last.least ? window : last),
        from: last.from,
        to: Math.max(last.to, window.to),
      };
  }
  return found;
}

/** Rules that come in a rhythm and were missing here, while the stream goes on and other hosts have them. */
export function lostRules(
  stream: Stream,
  sameProduct: readonly Stream[],
  blind: readonly Pause[],
  now: UnixMs,
): readonly StreamCoverage[] {
  const pending = [...stream.rules.values()].flatMap(rhythm => rhythm.pending(now) ?? []);
  return [...stream.missed, ...pending].flatMap(miss => {
    if (
      !isReliable(stream, miss.rule) ||
      !isLost(
        miss,
        sameProduct.filter(other => other !== stream),
        blind,
      )
    )
      return [];
    const because = `"${miss.rule}" is missing for ${spanText(miss.to - miss.from)}, though it comes every ${spanText(miss.periodMs)} and other hosts have it`;
    return [{ stream: stream.name, status: 'degraded', from: miss.from, to: miss.to, because }];
  });
}

/** A rule that pauses now and then for long is no heartbeat, however regular it is in between. */
export function isReliable(stream: Stream, rule: string): boolean {
  let misses = 0;
  for (const miss of stream.missed) if (miss.rule === rule) misses++;
  return misses <= MISSES_MAX;
}

function isLost(miss: MissedBeat, others: readonly Stream[], blind: readonly Pause[]): boolean {
  const span = miss.to - miss.from;
  if (span < Math.max(GAP_MS_MIN, PERIODS_MIN * miss.periodMs, MS_PER_HOUR)) return false;
  if (blind.some(one => one.from < miss.to && miss.from < one.to)) return false;
  const from = Math.floor((miss.from + miss.periodMs) / BIN_MS);
  const to = Math.floor((miss.to - miss.periodMs) / BIN_MS);
  return others.some(other => {
    const theirs = other.rules.get(miss.rule);
    return theirs?.periodMs() !== undefined && theirs.marks.any(from, to);
  });
}
