import type { UnixMs } from '../../base/time.ts';
import type { StreamCoverage } from '../../model/coverage.ts';
import { spanText } from './span-text.ts';
import { GAP_MS_MIN, type Stream } from './stream.ts';

/**
 * What is kept of a stream that fell silent, so that a start which no longer learns from its records knows it: about a
 * kilobyte.
 */
export interface StreamMemory {
  readonly host: string;
  readonly product: string;
  readonly count: number;
  readonly last: UnixMs;
  /** The latest spans of ten minutes in which it was heard, in order: {@link BINS_REMEMBERED_MAX}. */
  readonly bins: readonly number[];
  /** The rhythm that it had; undefined where it had none. */
  readonly beat: { readonly rule: string; readonly periodMs: number } | undefined;
  /** It was found to be silent, by its rhythm or by anything else that was known of it then. */
  readonly wasSilent: boolean;
}

/** Spans of ten minutes that are kept of a silent stream: a day of one that sends all day. */
export const BINS_REMEMBERED_MAX = 144;

/** What is to be kept of a stream that has been silent for as long as a gap takes; undefined of one that goes on. */
export function memoryOf(stream: Stream, found: readonly StreamCoverage[], now: UnixMs): StreamMemory | undefined {
  if (now - stream.last < GAP_MS_MIN) return undefined;
  const known = stream.recalled;
  if (known !== undefined && known.last === stream.last) return known;
  return {
    host: stream.host,
    product: stream.product,
    count: stream.count,
    last: stream.last,
    bins: stream.bins.occupied().slice(-BINS_REMEMBERED_MAX),
    beat: shortestBeat(stream),
    wasSilent: found.some(
      one => one.status === 'silent' && one.to - stream.last >= GAP_MS_MIN && one.cause === undefined,
    ),
  };
}

function shortestBeat(stream: Stream): StreamMemory['beat'] {
  let shortest: StreamMemory['beat'];
  for (const [rule, rhythm] of stream.rules) {
    const periodMs = rhythm.periodMs();
    if (periodMs !== undefined && (shortest === undefined || periodMs < shortest.periodMs))
      shortest = { rule, periodMs };
  }
  return shortest;
}

/** The silence that an earlier start knew of, from its last record until it was heard again. */
export function recalledSilence(stream: Stream, now: UnixMs): readonly StreamCoverage[] {
  const { recalled, name } = stream;
  if (recalled === undefined || !recalled.wasSilent) return [];
  const to = stream.heardAgain ?? now;
  if (to - recalled.last < GAP_MS_MIN) return [];
  const why =
    recalled.beat === undefined
      ? 'though by what was known of it then it would have been heard'
      : `though "${recalled.beat.rule}" came every ${spanText(recalled.beat.periodMs)}`;
  const because = `nothing for ${spanText(to - recalled.last)}, ${why}`;
  return [{ stream: name, status: 'silent', from: recalled.last, to, because }];
}
