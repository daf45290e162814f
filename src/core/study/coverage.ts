import { MS_PER_DAY, MS_PER_HOUR, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { EVERY_STREAM, type JudgedStream, type StreamCoverage } from '../../model/coverage.ts';
import { BIN_MS } from './bins.ts';
import { isBelievable } from './claimed-time.ts';
import { judgeStreams } from './judge.ts';
import { withLateness } from './late.ts';
import { Pools } from './pools.ts';
import { minuteText } from './render-claim.ts';
import { spanText } from './span-text.ts';
import { RHYTHMS_MAX, Stream } from './stream.ts';
import { memoryOf, type StreamMemory } from './stream-memory.ts';
import { type TamperingAt, type TamperingHeard, tamperedStreams } from './tampered.ts';
import { quietsIn, SPARSE_PER_DAY } from './unheard.ts';

/** One record that a stream sent. */
export interface Heard {
  /** Empty or undefined where the product does not say: the stream is then the product as a whole. */
  readonly host: string | undefined;
  readonly product: string;
  readonly rule: string;
  /** When it happened; records of one stream come in about this order. */
  readonly at: UnixMs;
  /** When we heard of it, by our clock; undefined where no clock of ours saw it arrive. */
  readonly heardAt?: UnixMs;
  readonly tampering?: TamperingHeard;
}

/** Learns each stream's own rhythm from what it sends. */
export interface CoverageLearner {
  hear(record: Heard): void;
  /**
   * Streams that are or were silent or degraded, or that are too sparse to judge, as known at `now` of activity; by stream, then time. `clock` is
   * ours, by which it is told whether records arrive late.
   */
  gaps(now: UnixMs, clock?: UnixMs): readonly StreamCoverage[];
  /** Every stream: those gaps, one `heard` for each stream without a gap that reaches to `now`, and the quiets of each. */
  streams(now: UnixMs, clock?: UnixMs): readonly JudgedStream[];
  /** What is to be kept of the streams that are silent now, `judged` being what {@link streams} told of them. */
  memories(judged: readonly StreamCoverage[], now: UnixMs): readonly StreamMemory[];
  /** Takes what was kept of a stream, after everything that a start learns from was heard. */
  recall(memory: StreamMemory): void;
  /** Records that were not learnt from because a bound was reached. Counted, so that it is never silent. */
  readonly overflowCount: number;
  /** Records that claim a time which cannot be right: not learnt from either. */
  readonly unbelievableCount: number;
}

/** Streams learnt at once; further ones are counted in `overflowCount`. */
const STREAMS_MAX = 20_000;
/** Events of tampering that are remembered: the latest. */
const TAMPERINGS_MAX = 512;

export function createCoverage(): CoverageLearner {
  const streams = new Map<string, Map<string, Stream>>();
  const pools = new Pools();
  const rhythms = { left: RHYTHMS_MAX };
  let streamCount = 0;
  let overflowCount = 0;
  let unbelievableCount = 0;
  const tamperings: TamperingAt[] = [];
  const all = (): readonly Stream[] => [...streams.values()].flatMap(ofProduct => [...ofProduct.values()]);
  const gaps = (now: UnixMs, clock = now): readonly StreamCoverage[] => {
    const known = all();
    const tampered = tamperedStreams(known, tamperings, now);
    const found = withLateness(known, [...tampered, ...judgeStreams(known, pools, now)], now, clock);
    const judged = new Set(found.map(gap => gap.stream));
    const sparse = known.filter(stream => !judged.has(stream.name) && isSparse(stream, now));
    return [...found, ...sparse.map(stream => cannotTell(stream, now))].sort(byStream);
  };
  /** Undefined, and counted, where there are too many. */
  const streamOf = (place: string, product: string, first: UnixMs): Stream | undefined => {
    let ofProduct = streams.get(product);
    if (ofProduct === undefined) {
      ofProduct = new Map();
      streams.set(product, ofProduct);
    }
    let stream = ofProduct.get(place);
    if (stream === undefined) {
      if (streamCount >= STREAMS_MAX) {
        overflowCount++;
        return undefined;
      }
      stream = new Stream(place, product, first, rhythms);
      streamCount++;
      ofProduct.set(place, stream);
    }
    return stream;
  };
  return {
    hear({ host, product, rule, at, heardAt, tampering }) {
      if (heardAt !== undefined && !isBelievable(at, heardAt)) {
        unbelievableCount++;
        return;
      }
      const place = host === undefined || host === '' ? '*' : host;
      const stream = streamOf(place, product, at);
      if (stream === undefined) return;
      stream.hear(rule, at);
      pools.beat(place, product, at);
      if (heardAt !== undefined) stream.lag.hear(at, heardAt);
      if (tampering !== undefined) {
        remember(tamperings, { ...tampering, stream: stream.name, host: place, at });
      }
    },
    gaps,
    streams(now, clock) {
      const found = gaps(now, clock);
      const open = new Set(found.filter(gap => gap.to >= now).map(gap => gap.stream));
      const known = all();
      const heard = known.filter(stream => !open.has(stream.name)).map(stream => heardOf(stream, now));
      return withQuiets([...found, ...heard].sort(byStream), known, now);
    },
    memories(judged, now) {
      const found = new Map<string, StreamCoverage[]>();
      for (const one of judged)
        if (one.status === 'silent') found.set(one.stream, [...(found.get(one.stream) ?? []), one]);
      return all().flatMap(stream => memoryOf(stream, found.get(stream.name) ?? [], now) ?? []);
    },
    recall(memory) {
      const first = memory.bins[0] === undefined ? memory.last : Math.min(memory.last, memory.bins[0] * BIN_MS);
      streamOf(memory.host, memory.product, unixMsFrom(first))?.recall(memory);
    },
    get overflowCount() {
      return overflowCount;
    },
    get unbelievableCount() {
      return unbelievableCount;
    },
  };
}

/** The same thing said again soon after is one event: a flood of it does not push others out. */
function remember(tamperings: TamperingAt[], one: TamperingAt): void {
  const isSaid = tamperings.some(
    other =>
      other.host === one.host &&
      other.stream === one.stream &&
      other.what === one.what &&
      Math.abs(other.at - one.at) < MS_PER_HOUR,
  );
  if (isSaid) return;
  tamperings.push(one);
  if (tamperings.length > TAMPERINGS_MAX) tamperings.shift();
}

function byStream(a: StreamCoverage, b: StreamCoverage): number {
  return a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.from - b.from;
}

/** The quiets of each stream stand with the first that is told of it. */
function withQuiets(told: readonly StreamCoverage[], known: readonly Stream[], now: UnixMs): readonly JudgedStream[] {
  const byName = new Map(known.map(stream => [stream.name, stream]));
  const gaps = new Map<string, StreamCoverage[]>();
  for (const one of told) {
    if (one.status !== 'silent') continue;
    const ofStream = gaps.get(one.stream);
    if (ofStream === undefined) gaps.set(one.stream, [one]);
    else ofStream.push(one);
  }
  const everywhere = gaps.get(EVERY_STREAM) ?? [];
  return told.map((one, index) => {
    const stream = told[index - 1]?.stream === one.stream ? undefined : byName.get(one.stream);
    if (stream === undefined) return one;
    const quiets = quietsIn(stream, [...everywhere, ...(gaps.get(one.stream) ?? [])], now);
    return quiets.length === 0 ? one : { ...one, quiets };
  });
}

function heardOf(stream: Stream, now: UnixMs): StreamCoverage {
  const period = stream.shortestPeriodMs();
  const rhythm = period === undefined ? '' : `, in a rhythm of ${spanText(period)}`;
  return {
    stream: stream.name,
    status: 'heard',
    from: stream.first,
    to: now,
    because: `${stream.count} records, the last at ${minuteText(stream.last)} UTC${rhythm}`,
  };
}

function isSparse(stream: Stream, now: UnixMs): boolean {
  const days = Math.max(1, (now - stream.first) / MS_PER_DAY);
  return stream.count / days < SPARSE_PER_DAY && stream.shortestPeriodMs() === undefined;
}

function cannotTell(stream: Stream, now: UnixMs): StreamCoverage {
  const because = `${stream.count} ${stream.count === 1 ? 'record' : 'records'} in ${spanText(Math.max(MS_PER_HOUR, now - stream.first))} and no rhythm: too sparse to judge`;
  return {
    stream: stream.name,
    status: 'cannot_tell',
    from: stream.first,
    to: unixMsFrom(Math.max(now, stream.first)),
    because,
  };
}
