import type { UnixMs } from '../../base/time.ts';
import { EVERY_STREAM, type StreamCoverage } from '../../model/coverage.ts';
import { BIN_MS } from './bins.ts';
import type { Pools } from './pools.ts';
import { QuietJudge } from './quiet.ts';
import { spanText } from './span-text.ts';
import type { Pause, Pulse, Stream } from './stream.ts';

/** A quiet is told where the stream would have had at most so many like it by chance. */
const BY_CHANCE_MAX = 0.02;
/** And one that is told of many streams at once far fewer. */
const POOLED_BY_CHANCE_MAX = 0.001;
/** Other days on which these hours were seen, for them to be judged. */
export const OTHER_DAYS_MIN = 2;
/** A stream speaks for a common cause where it would have been heard with more than even odds: nats. */
const SPEAKS_MIN = 0.7;
/** Streams that have to speak for one, and the share of those that it would concern. */
const SPEAKING_MIN = 2;
const SPEAKING_SHARE_MIN = 1 / 3;

/** The whole bins inside a pause: from the first to before the last. */
export function innerBins({ from, to }: Pause): { readonly from: number; readonly to: number } {
  return { from: Math.floor(from / BIN_MS) + 1, to: Math.floor(to / BIN_MS) };
}

/** Judges of quiets, each made where it is first asked for. */
export class Judges {
  private readonly made = new Map<Pulse, QuietJudge>();
  private readonly now: UnixMs;

  constructor(now: UnixMs) {
    this.now = now;
  }

  private of(pulse: Pulse): QuietJudge {
    let judge = this.made.get(pulse);
    if (judge === undefined) {
      judge = new QuietJudge(pulse.bins, Math.floor(pulse.first / BIN_MS), Math.floor(this.now / BIN_MS));
      this.made.set(pulse, judge);
    }
    return judge;
  }

  /** The number of days that it was compared with, where the pause is more than chance. */
  isSurprising(pulse: Pulse, pause: Pause, byChanceMax = BY_CHANCE_MAX): number | undefined {
    const { from, to } = innerBins(pause);
    if (to <= from) return undefined;
    const judge = this.of(pulse);
    const days = judge.daysCompared(from, to);
    if (days < OTHER_DAYS_MIN || !judge.isHabit(from, to)) return undefined;
    return judge.expectedByChance(from, to) <= byChanceMax ? days : undefined;
  }

  /** Whether the stream would rather have been heard than not. */
  speaks(pulse: Pulse, pause: Pause): boolean {
    const { from, to } = innerBins(pause);
    const judge = this.of(pulse);
    return (
      to > from &&
      judge.daysCompared(from, to) >= OTHER_DAYS_MIN &&
      judge.isHabit(from, to) &&
      judge.surprise(from, to) >= SPEAKS_MIN
    );
  }
}

export interface CommonOutages {
  /** What concerns everything, told once. */
  readonly told: readonly StreamCoverage[];
  /** When nothing was heard from anywhere: nothing can be said of single streams then. */
  readonly blind: readonly Pause[];
  readonly ofStream: ReadonlyMap<Stream, readonly StreamCoverage[]>;
}

/** Silences with one cause (`shared` are spans in which everything is known to have been silent): of everything, of a product on all its hosts, of a host in all its products. */
export function commonOutages(
  streams: readonly Stream[],
  pools: Pools,
  judges: Judges,
  now: UnixMs,
  shared: readonly Pause[],
): CommonOutages {
  const ofStream = new Map<Stream, StreamCoverage[]>();
  const everywhere = outagesOf(pools.everything, streams, judges, now, [], BY_CHANCE_MAX, 0).filter(({ concerned }) =>
    isWide(concerned),
  );
  for (const pause of shared) {
    const concerned = streams.filter(stream => stream.first < pause.from);
    if (!everywhere.some(one => one.pause.from === pause.from)) everywhere.push({ pause, concerned });
  }
  const blind = everywhere.map(({ pause }) => pause);
  const told = everywhere.map(({ pause, concerned }): StreamCoverage => {
    const because = `nothing for ${spanText(pause.to - pause.from)} from any of the ${concerned.length} streams: the way to us or our own intake, and no single one of them`;
    return { stream: EVERY_STREAM, status: 'silent', ...pause, because };
  });
  const tell = (pulse: Pulse, members: readonly Stream[], cause: (count: number) => string): void => {
    for (const { pause, concerned } of outagesOf(
      pulse,
      members,
      judges,
      now,
      blind,
      POOLED_BY_CHANCE_MAX,
      SPEAKING_SHARE_MIN,
    )) {
      const because = `nothing for ${spanText(pause.to - pause.from)} from ${cause(concerned.length)}`;
      for (const stream of concerned) {
        const known = ofStream.get(stream) ?? [];
        ofStream.set(stream, [...known, { stream: stream.name, status: 'silent', ...pause, because }]);
      }
    }
  };
  for (const [product, pulse] of pools.products) {
    const members = streams.filter(stream => stream.product === product);
    tell(pulse, members, count => `any of the ${count} streams of ${product}: its collector`);
  }
  for (const [host, pulse] of pools.hosts) {
    if (host === '*') continue;
    const members = streams.filter(stream => stream.host === host);
    tell(pulse, members, count => `any of the ${count} products on ${host}: the host itself`);
  }
  return { told, blind, ofStream };
}

/** Nobody can tell the way to us from a host or a product where there is only one of them. */
export function isWide(streams: readonly Stream[]): boolean {
  return new Set(streams.map(one => one.host)).size > 1 && new Set(streams.map(one => one.product)).size > 1;
}

function outagesOf(
  pulse: Pulse | undefined,
  members: readonly Stream[],
  judges: Judges,
  now: UnixMs,
  blind: readonly Pause[],
  byChanceMax: number,
  shareMin: number,
): readonly { readonly pause: Pause; readonly concerned: readonly Stream[] }[] {
  if (pulse === undefined || members.length < SPEAKING_MIN) return [];
  return pulse.pausesUntil(now).flatMap(pause => {
    if (blind.some(({ from, to }) => from < pause.to && pause.from < to)) return [];
    if (judges.isSurprising(pulse, pause, byChanceMax) === undefined) return [];
    const concerned = members.filter(stream => stream.first < pause.from);
    const speaking = concerned.filter(stream => judges.speaks(stream, pause));
    return speaking.length >= Math.max(SPEAKING_MIN, shareMin * concerned.length) ? [{ pause, concerned }] : [];
  });
}
