import { type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { StreamCoverage } from '../../model/coverage.ts';
import { spanText } from './span-text.ts';
import type { Stream } from './stream.ts';

/** A silence this many times as long as the lag is more than lateness. */
const LAGS_MAX = 3;

/**
 * The findings with what is known of lateness: a stream whose records arrive long after its usual lag is `late`, and
 * while it is, a silence that has gone on for no longer than the lag explains is lateness and not silence.
 */
export function withLateness(
  streams: readonly Stream[],
  found: readonly StreamCoverage[],
  now: UnixMs,
  clock: UnixMs,
): readonly StreamCoverage[] {
  const told = [...found];
  for (const stream of streams) {
    const late = stream.lag.lateAt(clock);
    if (late === undefined) continue;
    const because = `the latest records arrived ${spanText(late.lagMs)} after they happened; usually it takes ${spanText(late.usualMs)}, nineteen of twenty within ${spanText(late.tailMs)}`;
    const until = Math.min(now, late.until);
    const from = unixMsFrom(Math.max(stream.first, Math.min(until, now - late.lagMs)));
    for (let index = told.length - 1; index >= 0; index--) {
      const gap = told[index];
      const isOpen = gap?.stream === stream.name && gap.to >= now && gap.cause === undefined;
      if (isOpen && now - gap.from <= LAGS_MAX * late.lagMs) told.splice(index, 1);
    }
    told.push({ stream: stream.name, status: 'late', from, to: now, because });
  }
  return told;
}
