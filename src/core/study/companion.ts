import { type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { StreamCoverage } from '../../model/coverage.ts';
import { BIN_MS } from './bins.ts';
import { GAP_MS_MIN, type Stream } from './stream.ts';

/** Bins in which the companion sent, that the ratio is learnt from: the latest that were not part of a gap. */
const BINS_LEARNT = 48;
const BINS_LEARNT_MIN = 12;
/** Of those, so many must agree with the ratio. */
const AGREEING_SHARE_MIN = 0.8;
/** A bin agrees when it is off by at most this share of what was expected, or by this many records. */
const OFF_SHARE_MAX = 0.35;
const OFF_RECORDS_MAX = 2;
/** Records that the companion makes us expect, for their absence to say something. */
const EXPECTED_MIN = 6;
/** At most this share of them came. */
const DEGRADED_SHARE_MAX = 0.4;

/**
 * Gaps by a companion: another product on the same host that has been sending in step with this one goes on, and
 * this one does not. A stream that several companions speak against is told once for each stretch.
 */
export function companionGaps(stream: Stream, sameHost: readonly Stream[], now: UnixMs): readonly StreamCoverage[] {
  return sameHost.filter(other => other !== stream).flatMap(other => gapsBeside(stream, other, now));
}

interface Stretch {
  /** First and last bin of the companion in which too little came. */
  readonly first: number;
  last: number;
  expected: number;
  got: number;
}

function gapsBeside(stream: Stream, other: Stream, now: UnixMs): readonly StreamCoverage[] {
  const learnt: { readonly own: number; readonly theirs: number }[] = [];
  const gaps: StreamCoverage[] = [];
  let stretch: Stretch | undefined;
  let lastSound: number | undefined;
  let [ratio, most, sinceJudged]: [number | undefined, number, number] = [undefined, 0, 0];
  const close = (nextSound: number): void => {
    const gap = stretch === undefined ? undefined : gapOf(stream, other, stretch, lastSound, nextSound, now);
    if (gap !== undefined && gap.to - gap.from >= GAP_MS_MIN) gaps.push(gap);
    stretch = undefined;
  };
  for (const bin of other.bins.occupied()) {
    const [own, theirs] = [stream.bins.at(bin), other.bins.at(bin)];
    // What goes in step by an older ratio is not worth working the ratio out for.
    if (sinceJudged > 0 && (ratio === undefined || own <= 2 * DEGRADED_SHARE_MAX * Math.min(ratio * theirs, most))) {
      ratio = ratioOf(learnt);
      most = Math.max(0, ...learnt.map(one => one.own));
      sinceJudged = 0;
    }
    // A burst of the companion that goes beyond what the two did together says nothing about this stream.
    const expected = ratio === undefined ? undefined : Math.min(ratio * theirs, most);
    if (expected !== undefined && expected >= 1 && own <= DEGRADED_SHARE_MAX * expected) {
      stretch ??= { first: bin, last: bin, expected: 0, got: 0 };
      stretch.last = bin;
      stretch.expected += expected;
      stretch.got += own;
      continue;
    }
    if (own > 0) {
      close(bin);
      lastSound = bin;
    }
    learnt.push({ own, theirs });
    sinceJudged++;
    if (learnt.length > BINS_LEARNT) learnt.shift();
  }
  close(Math.ceil(now / BIN_MS));
  return gaps;
}

/** Records of this stream for one of the other's; undefined where the two do not go in step. */
function ratioOf(learnt: readonly { readonly own: number; readonly theirs: number }[]): number | undefined {
  if (learnt.length < BINS_LEARNT_MIN) return undefined;
  const ratios = Float64Array.from(learnt, ({ own, theirs }) => own / theirs).sort();
  const ratio = ratios[Math.floor(ratios.length / 2)] ?? 0;
  if (ratio <= 0) return undefined;
  let agreeing = 0;
  for (const { own, theirs } of learnt)
    if (Math.abs(own - ratio * theirs) <= Math.max(OFF_RECORDS_MAX, OFF_SHARE_MAX * ratio * theirs)) agreeing++;
  return agreeing >= AGREEING_SHARE_MIN * learnt.length ? ratio : undefined;
}

function gapOf(
  stream: Stream,
  other: Stream,
  stretch: Stretch,
  lastSound: number | undefined,
  nextSound: number,
  now: UnixMs,
): StreamCoverage | undefined {
  const { expected, got } = stretch;
  if (expected < EXPECTED_MIN || got > DEGRADED_SHARE_MAX * expected) return undefined;
  const from = lastSound === undefined ? stretch.first : Math.max(lastSound + 1, stretch.first - 1);
  const to = Math.min(nextSound, stretch.last + 2);
  const because = `${got} records where ${other.product} on the same host makes us expect about ${Math.round(expected)}`;
  return {
    stream: stream.name,
    status: got === 0 ? 'silent' : 'degraded',
    from: unixMsFrom(from * BIN_MS),
    to: unixMsFrom(Math.min(to * BIN_MS, now)),
    because,
  };
}
