import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { StreamCoverage } from '../../model/coverage.ts';
import { companionGaps } from './companion.ts';
import { minuteText } from './render-claim.ts';
import { BIN_MS, GAP_MS_MIN, type Pause, Stream } from './stream.ts';

/** One record that a stream sent. */
export interface Heard {
  /** Empty or undefined where the product does not say: the stream is then the product as a whole. */
  readonly host: string | undefined;
  readonly product: string;
  readonly rule: string;
  /** When it happened; records of one stream come in about this order. */
  readonly at: UnixMs;
}

/** Learns each stream's own rhythm from what it sends. */
export interface CoverageLearner {
  hear(record: Heard): void;
  /** Streams that are or were silent or degraded, or that are too sparse to judge, as known at `now`; by stream, then time. */
  gaps(now: UnixMs): readonly StreamCoverage[];
  /** Every stream: those gaps, and one `heard` for each stream without a gap that reaches to `now`. */
  streams(now: UnixMs): readonly StreamCoverage[];
  /** Records that were not learnt from because a bound was reached. Counted, so that it is never silent. */
  readonly overflowCount: number;
}

/** Streams learnt at once; further ones are counted in `overflowCount`. */
const STREAMS_MAX = 20_000;
/** A day is compared with at most so many days before. */
const DAYS_COMPARED = 14;
/** And with at least so many. */
const DAYS_COMPARED_MIN = 5;
/** Records that each of those days had at the same hours, for their absence to say something. */
const DAILY_MIN = 10;
/** The stream's own pause is at least this share of the time for which the beat was missed. */
const PAUSE_SHARE_MIN = 0.5;
/** And it lasts about a period at least. */
const BEAT_SHARE_MIN = 0.9;
/** A stream with fewer records a day and no rhythm is too sparse to judge. */
const SPARSE_PER_DAY = 24;

export function createCoverage(): CoverageLearner {
  const streams = new Map<string, Stream>();
  let overflowCount = 0;
  const gaps = (now: UnixMs): readonly StreamCoverage[] => {
    const byHost = new Map<string, Stream[]>();
    for (const stream of streams.values()) byHost.set(stream.host, [...(byHost.get(stream.host) ?? []), stream]);
    return [...streams.values()]
      .flatMap(stream => gapsOf(stream, byHost.get(stream.host) ?? [], now))
      .sort((a, b) => (a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.from - b.from));
  };
  return {
    hear({ host, product, rule, at }) {
      const place = host === undefined || host === '' ? '*' : host;
      const name = `${place}|${product}`;
      let stream = streams.get(name);
      if (stream === undefined) {
        if (streams.size >= STREAMS_MAX) {
          overflowCount++;
          return;
        }
        stream = new Stream(place, product, at);
        streams.set(name, stream);
      }
      stream.hear(rule, at);
    },
    gaps,
    streams(now) {
      const found = gaps(now);
      const open = new Set(found.filter(gap => gap.to >= now).map(gap => gap.stream));
      const heard = [...streams.values()].filter(stream => !open.has(stream.name)).map(stream => heardOf(stream, now));
      return [...found, ...heard].sort((a, b) =>
        a.stream < b.stream ? -1 : a.stream > b.stream ? 1 : a.from - b.from,
      );
    },
    get overflowCount() {
      return overflowCount;
    },
  };
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

/** All that can be said against a stream. Overlapping findings of several kinds are told once, the surest first. */
function gapsOf(stream: Stream, sameHost: readonly Stream[], now: UnixMs): readonly StreamCoverage[] {
  const pauses = now - stream.last >= GAP_MS_MIN ? [...stream.pauses, { from: stream.last, to: now }] : stream.pauses;
  const found = [
    ...silentByBeat(stream, pauses, now),
    ...companionGaps(stream, sameHost, now),
    ...silentByDay(stream, pauses),
  ];
  const gaps: StreamCoverage[] = [];
  for (const gap of found) if (!gaps.some(other => overlaps(other, gap))) gaps.push(gap);
  if (gaps.length === 0 && isSparse(stream, now)) gaps.push(cannotTell(stream, now));
  return gaps;
}

function overlaps(a: StreamCoverage, b: StreamCoverage): boolean {
  return a.from < b.to && b.from < a.to;
}

/** Pauses of the whole stream in which a regular rule of it missed a beat. */
function silentByBeat(stream: Stream, pauses: readonly Pause[], now: UnixMs): readonly StreamCoverage[] {
  const missed = [...stream.missed];
  for (const rhythm of stream.rules.values()) {
    const pending = rhythm.pending(now);
    if (pending !== undefined) missed.push(pending);
  }
  return pauses.flatMap(({ from, to }) => {
    // A rule that ended for good, in a stream that goes on, says nothing about each later pause of the stream.
    const beat = missed.find(
      miss =>
        miss.from <= from &&
        miss.to >= to &&
        to - from >= PAUSE_SHARE_MIN * (miss.to - miss.from) &&
        to - from >= BEAT_SHARE_MIN * miss.periodMs,
    );
    if (beat === undefined) return [];
    const because = `nothing for ${spanText(to - from)}, though "${beat.rule}" comes every ${spanText(beat.periodMs)}`;
    return [{ stream: stream.name, status: 'silent', from, to, because }];
  });
}

/** Pauses at hours at which each of the days before had records. */
function silentByDay(stream: Stream, pauses: readonly Pause[]): readonly StreamCoverage[] {
  return pauses.flatMap(({ from, to }) => {
    const counts: number[] = [];
    for (let day = 1; day <= DAYS_COMPARED; day++) {
      const shifted = from - day * MS_PER_DAY;
      if (shifted < stream.first) break;
      counts.push(stream.countBetween(shifted + BIN_MS, to - day * MS_PER_DAY - BIN_MS));
    }
    const least = Math.min(...counts);
    if (counts.length < DAYS_COMPARED_MIN || least < DAILY_MIN) return [];
    const because = `nothing for ${spanText(to - from)}, though at these hours each of the ${counts.length} days before had at least ${least} records`;
    return [{ stream: stream.name, status: 'silent', from, to, because }];
  });
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

export function spanText(ms: number): string {
  if (ms < 2 * MS_PER_MINUTE) return `${Math.max(1, Math.round(ms / 1000))} s`;
  if (ms < 2 * MS_PER_HOUR) return `${Math.round(ms / MS_PER_MINUTE)} min`;
  if (ms < 2 * MS_PER_DAY) return `${Math.round(ms / MS_PER_HOUR)} h`;
  return `${Math.round(ms / MS_PER_DAY)} days`;
}
