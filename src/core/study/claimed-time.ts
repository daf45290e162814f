import { MS_PER_DAY, MS_PER_HOUR, type UnixMs } from '../../base/time.ts';

/** A record cannot tell of what has not happened: a clock that is further ahead of ours is wrong. */
const AHEAD_MS_MAX = MS_PER_HOUR;
/** Of the records of a file so many may have a wrong clock on either side. */
const ASTRAY_SHARE = 0.02;
/** What lies further outside of the rest than twice its width is not believed, nor less than this. */
const WIDTHS = 2;
const WIDTH_MS_MIN = 14 * MS_PER_DAY;

/** Whether a time that a record claims can be believed by what we know: it was heard at `heard`, by our clock. */
export function isBelievable(at: UnixMs, heard: number): boolean {
  return at <= heard + AHEAD_MS_MAX && at >= EARLIEST;
}

/** No sensor of today sent anything before: clocks that were never set begin in 1970 or 1980. */
const EARLIEST = Date.UTC(1990, 0, 1);

/**
 * The span in which the times of a file can be believed where no clock of ours saw them arrive: robust, so that a few
 * records from 1970 or 2099 do not stretch it. Takes times in any order; undefined for none.
 */
function believableSpan(times: readonly UnixMs[]): { readonly from: number; readonly to: number } | undefined {
  if (times.length === 0) return undefined;
  const sorted = Float64Array.from(times).sort();
  const skipped = Math.ceil(ASTRAY_SHARE * sorted.length);
  // A handful has no tail to leave out: its middle says where the rest belongs.
  const isFew = sorted.length <= 2 * skipped + 2;
  const low = sorted[isFew ? Math.floor((sorted.length - 1) / 2) : skipped] ?? 0;
  const high = sorted[isFew ? Math.floor(sorted.length / 2) : sorted.length - 1 - skipped] ?? 0;
  const margin = WIDTHS * Math.max(WIDTH_MS_MIN, high - low);
  return { from: Math.max(EARLIEST, low - margin), to: high + margin };
}

/** The records whose times can be believed beside the others', by time. */
export function believable<T extends { readonly at: UnixMs }>(records: readonly T[]): readonly T[] {
  const span = believableSpan(records.map(one => one.at));
  if (span === undefined) return [];
  return records.filter(({ at }) => at >= span.from && at <= span.to).sort((a, b) => a.at - b.at);
}
