import { type UnixMs, unixMsFrom } from '../../base/time.ts';
import { EVERY_STREAM, type StreamCoverage } from '../../model/coverage.ts';
import { BIN_MS } from './bins.ts';
import { companionGaps } from './companion.ts';
import { lostRules, thinned } from './degraded.ts';
import { followedQuiet } from './followed.ts';
import { commonOutages, innerBins as inner, isWide, Judges } from './outage.ts';
import type { Pools } from './pools.ts';
import type { MissedBeat } from './rhythm.ts';
import { spanText } from './span-text.ts';
import { GAP_MS_MIN, type Pause, type Pulse, type Stream } from './stream.ts';
import { recalledSilence } from './stream-memory.ts';

/** The stream's own pause is at least this share of the time for which the beat was missed. */
const PAUSE_SHARE_MIN = 0.5;
/** And it lasts about a period at least. */
const BEAT_SHARE_MIN = 0.9;
/** What every stream of a product missed for fewer periods may be a lull. */
const LULL_PERIODS_MAX = 3;
/** Silences that cover so much of a span, and of which it covers so much, are one silence. */
const SHARED_SHARE_MIN = 0.5;

interface Neighbourhood {
  readonly sameHost: readonly Stream[];
  readonly sameProduct: readonly Stream[];
  /** Spans in which nothing was heard from anywhere. */
  readonly blind: readonly Pause[];
}

/**
 * Everything that can be said against these streams. Judged twice where streams of several hosts and products fell
 * silent in one span in which nothing at all was heard: then it is that span that is told, and not each of them.
 */
export function judgeStreams(streams: readonly Stream[], pools: Pools, now: UnixMs): readonly StreamCoverage[] {
  const judges = new Judges(now);
  const found = judgeOnce(streams, pools, judges, now, []);
  const shared = (pools.everything?.pausesUntil(now) ?? []).filter(pause => isShared(pause, found, streams));
  return shared.length === 0 ? found : judgeOnce(streams, pools, judges, now, shared);
}

/** Whether streams of several hosts and products were found silent for about this span. */
function isShared(pause: Pause, found: readonly StreamCoverage[], streams: readonly Stream[]): boolean {
  const length = pause.to - pause.from;
  const silent = new Set(
    found
      .filter(gap => gap.stream !== EVERY_STREAM && gap.from < pause.to && pause.from < gap.to)
      .filter(gap => Math.min(gap.to, pause.to) - Math.max(gap.from, pause.from) >= SHARED_SHARE_MIN * length)
      .filter(gap => gap.to - gap.from <= length / SHARED_SHARE_MIN)
      .map(gap => gap.stream),
  );
  return silent.size > 2 && isWide(streams.filter(stream => silent.has(stream.name)));
}

function judgeOnce(
  streams: readonly Stream[],
  pools: Pools,
  judges: Judges,
  now: UnixMs,
  shared: readonly Pause[],
): readonly StreamCoverage[] {
  const byHost = grouped(streams, stream => stream.host);
  const byProduct = grouped(streams, stream => stream.product);
  const common = commonOutages(streams, pools, judges, now, shared);
  const found: StreamCoverage[] = [...common.told];
  for (const stream of streams) {
    const around = {
      // Products that name no host do not share one.
      sameHost: stream.host === '*' ? [] : (byHost.get(stream.host) ?? []),
      sameProduct: byProduct.get(stream.product) ?? [],
      blind: common.blind,
    };
    const own = [
      ...(common.ofStream.get(stream) ?? []),
      ...silences(stream, around, judges, now),
      ...companionGaps(stream, around.sameHost, now),
      ...thinned(stream, common.blind, now),
      ...recalledSilence(stream, now),
      ...lostRules(stream, around.sameProduct, common.blind, now),
    ];
    const told: StreamCoverage[] = [];
    for (const gap of own) if (!told.some(other => overlaps(other, gap))) told.push(gap);
    found.push(...told);
  }
  return found;
}

function overlaps(a: StreamCoverage, b: StreamCoverage): boolean {
  return a.from < b.to && b.from < a.to;
}

function silences(stream: Stream, around: Neighbourhood, judges: Judges, now: UnixMs): readonly StreamCoverage[] {
  const missed = missedBeats(stream, now);
  return stream.pausesUntil(now).flatMap(whole => {
    const parts = withoutBlind(whole, around.blind);
    const [pause] = parts;
    if (pause === undefined) return [];
    const because =
      byBeat(pause, missed, around, stream, now) ??
      byFollowing(stream, pause, around, now) ??
      byHours(stream, pause, judges);
    if (because === undefined) return [];
    // It was not heard again in between: what silenced it goes on beside the spans in which nothing at all was heard.
    return parts.map((part): StreamCoverage => ({ stream: stream.name, status: 'silent', ...part, because }));
  });
}

function missedBeats(stream: Stream, now: UnixMs): readonly MissedBeat[] {
  const missed = [...stream.missed];
  for (const rhythm of stream.rules.values()) {
    const pending = rhythm.pending(now);
    if (pending !== undefined) missed.push(pending);
  }
  return missed;
}

function byBeat(
  { from, to }: Pause,
  missed: readonly MissedBeat[],
  around: Neighbourhood,
  stream: Stream,
  now: UnixMs,
): string | undefined {
  // A rule that ended for good, in a stream that goes on, says nothing about each later pause of the stream.
  const beat = missed.find(
    miss =>
      miss.from <= from &&
      miss.to >= to &&
      to - from >= PAUSE_SHARE_MIN * (miss.to - miss.from) &&
      to - from >= BEAT_SHARE_MIN * miss.periodMs &&
      !isMissedEverywhere(miss, { from, to }, stream, around, now),
  );
  return beat === undefined
    ? undefined
    : `nothing for ${spanText(to - from)}, though "${beat.rule}" comes every ${spanText(beat.periodMs)}`;
}

/**
 * Every other stream of the product that has this rule in a rhythm missed it too, and one of the product went on without
 * it, or it was a lull of a beat or two: the rule paused, and no stream. Where it lasted and none went on, all of them are
 * silent, and not one is excused by the others.
 */
function isMissedEverywhere(
  miss: MissedBeat,
  pause: Pause,
  stream: Stream,
  around: Neighbourhood,
  now: UnixMs,
): boolean {
  const peers = around.sameProduct.filter(
    other => other !== stream && other.rules.get(miss.rule)?.periodMs() !== undefined,
  );
  const overlap = (other: Pause): number => Math.min(pause.to, other.to) - Math.max(pause.from, other.from);
  const { from, to } = inner(pause);
  return (
    (miss.to - miss.from < LULL_PERIODS_MAX * miss.periodMs ||
      around.sameProduct.some(other => other !== stream && other.bins.between(from, to) > 0)) &&
    peers.length > 0 &&
    peers.every(other =>
      missedBeats(other, now).some(
        theirs => theirs.rule === miss.rule && overlap(theirs) >= PAUSE_SHARE_MIN * (pause.to - pause.from),
      ),
    )
  );
}

function byFollowing(stream: Stream, pause: Pause, around: Neighbourhood, now: UnixMs): string | undefined {
  const { from, to } = inner(pause);
  return followedQuiet(stream, from, to, Math.floor(now / BIN_MS), around.sameHost);
}

/** The parts of a pause in which something was heard somewhere and that are long enough for a gap, the longest first. */
function withoutBlind(pause: Pause, blind: readonly Pause[]): readonly Pause[] {
  let parts: readonly Pause[] = [pause];
  for (const { from, to } of blind) {
    parts = parts.flatMap(part =>
      part.from < to && from < part.to
        ? [
            { from: part.from, to: unixMsFrom(Math.max(part.from, from)) },
            { from: unixMsFrom(Math.min(part.to, to)), to: part.to },
          ]
        : [part],
    );
  }
  return parts.filter(({ from, to }) => to - from >= GAP_MS_MIN).toSorted((a, b) => b.to - b.from - (a.to - a.from));
}

function byHours(stream: Pulse, pause: Pause, judges: Judges): string | undefined {
  const days = judges.isSurprising(stream, pause);
  if (days === undefined) return undefined;
  return `nothing for ${spanText(pause.to - pause.from)}, though at these hours of ${days} other days it was heard`;
}

function grouped(streams: readonly Stream[], by: (stream: Stream) => string): ReadonlyMap<string, readonly Stream[]> {
  const groups = new Map<string, Stream[]>();
  for (const stream of streams) {
    const known = groups.get(by(stream));
    if (known === undefined) groups.set(by(stream), [stream]);
    else known.push(stream);
  }
  return groups;
}
