import { MS_PER_DAY, MS_PER_MINUTE, MS_PER_SECOND } from '../../base/time.ts';
import type { ClockSkew, SourceClock, SourceLag } from '../../model/clock.ts';
import { type ClockInput, type ClockPairs, clockOf, clockPairs, type EventKeys } from './clock-pairs.ts';
import { durationText } from './duration-text.ts';

/** Fewer pairs say nothing: a delay looks like a clock that is off. */
export const PAIRS_MIN = 5;
/** Many products write whole seconds. */
const RESOLUTION_MS = MS_PER_SECOND;
/** Differences that scatter more than this measure delays, not clocks. */
const SCATTER_MS_MAX = 10 * MS_PER_MINUTE;
/** What is off by less changes nothing that a person would decide. */
const MATERIAL_MS = 2 * MS_PER_SECOND;
/** Records from our future: so many say that a clock is ahead, so far ahead at most (beyond it the record is at fault). */
const AHEAD_RECORDS_MIN = 3;
const AHEAD_MS_MAX = MS_PER_DAY;
/** The share of alerts that a tail leaves above it. */
const TAIL = 0.05;

/** Median and spread of the differences of two clocks. */
interface Edge {
  readonly a: string;
  readonly b: string;
  /** What `a` reads above `b`. */
  readonly aheadMs: number;
  readonly uncertaintyMs: number;
  readonly pairs: number;
}

/**
 * Lag and skew of every clock among these alerts, by name.
 *
 * A skew is the median difference to another clock over pairs of alerts about one event, its uncertainty the farther
 * quartile of those differences (half of the interquartile range is their median absolute deviation where they lie
 * evenly), which covers delay and scatter and does not shrink with their number. Clocks are compared along their least
 * uncertain pairs; the middle one of those that hang together is the reference. Without pairs, records that claim to be
 * of our future give a lower bound; without those it says that it cannot tell. The order of the alerts does not matter.
 */
export function clocksOf(alerts: readonly ClockInput[], keysOf?: EventKeys): readonly SourceClock[] {
  const names = [...new Set(alerts.map(clockOf))].sort(compare);
  const lags = lagsOf(alerts);
  const measured = measure(names, clockPairs(alerts, keysOf));
  return names.map(clock => ({
    clock,
    lag: lags.get(clock)?.lag,
    skew: measured.get(clock) ?? fromOurFuture(lags.get(clock)?.aheadMs ?? []),
  }));
}

function lagsOf(
  alerts: readonly ClockInput[],
): ReadonlyMap<string, { readonly lag: SourceLag; readonly aheadMs: readonly number[] }> {
  const byClock = new Map<string, { lags: number[]; aheadMs: number[] }>();
  for (const alert of alerts) {
    if (alert.occurredAt === undefined) continue;
    const clock = clockOf(alert);
    const own = byClock.get(clock) ?? { lags: [], aheadMs: [] };
    byClock.set(clock, own);
    own.lags.push(alert.receivedAt - alert.occurredAt);
    // Its collector is a second clock of the record: either of them may show that the first is ahead.
    const ahead = alert.occurredAt - Math.min(alert.receivedAt, alert.reportedAt ?? alert.receivedAt);
    if (ahead > 0 && ahead <= AHEAD_MS_MAX) own.aheadMs.push(ahead);
  }
  return new Map(
    [...byClock].map(([clock, { lags, aheadMs }]) => {
      const sorted = lags.sort((a, b) => a - b);
      const lag: SourceLag = {
        alertCount: sorted.length,
        medianMs: quantile(sorted, 0.5),
        tailMs: sorted[Math.floor((sorted.length - 1) * (1 - TAIL))] ?? 0,
        maxMs: sorted.at(-1) ?? 0,
        aheadCount: sorted.filter(ms => ms < 0).length,
      };
      return [clock, { lag, aheadMs: aheadMs.sort((a, b) => a - b) }] as const;
    }),
  );
}

/** Of an ascending list; between two values their mean. */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  return Math.round(low + (high - low) * (place - Math.floor(place)));
}

function measure(names: readonly string[], pairs: readonly ClockPairs[]): ReadonlyMap<string, ClockSkew> {
  const edges = pairs
    .flatMap(edgeOf)
    .sort((x, y) => x.uncertaintyMs - y.uncertaintyMs || y.pairs - x.pairs || compare(x.a, y.a) || compare(x.b, y.b));
  // Kruskal: of the pairs of clocks, those that hang all together with the least uncertainty.
  const group = new Map(names.map(name => [name, new Set([name])]));
  const kept: Edge[] = [];
  for (const edge of edges) {
    const [a, b] = [group.get(edge.a), group.get(edge.b)];
    if (a === undefined || b === undefined || a === b) continue;
    kept.push(edge);
    for (const name of b) group.set(name, a.add(name));
  }
  const skews = new Map<string, ClockSkew>();
  for (const members of new Set(group.values())) {
    if (members.size < 2) continue;
    for (const [clock, skew] of skewsWithin([...members].sort(compare), kept)) skews.set(clock, skew);
  }
  return skews;
}

function edgeOf({ a, b, differencesMs }: ClockPairs): readonly Edge[] {
  if (differencesMs.length < PAIRS_MIN) return [];
  const [low, aheadMs, high] = [0.25, 0.5, 0.75].map(share => quantile(differencesMs, share)) as [
    number,
    number,
    number,
  ];
  const uncertaintyMs = Math.max(RESOLUTION_MS, aheadMs - low, high - aheadMs);
  return uncertaintyMs > SCATTER_MS_MAX ? [] : [{ a, b, aheadMs, uncertaintyMs, pairs: differencesMs.length }];
}

interface Offset {
  readonly aheadMs: number;
  readonly uncertaintyMs: number;
  readonly pairs: number;
}

/** Every member's offset from one of them, along the kept edges. */
function offsetsFrom(root: string, edges: readonly Edge[]): ReadonlyMap<string, Offset> {
  const offsets = new Map<string, Offset>([[root, { aheadMs: 0, uncertaintyMs: 0, pairs: Number.POSITIVE_INFINITY }]]);
  const waiting = [root];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const here = offsets.get(at);
    for (const edge of edges) {
      const [other, sign] = edge.a === at ? [edge.b, -1] : edge.b === at ? [edge.a, 1] : [undefined, 0];
      if (other === undefined || here === undefined || offsets.has(other)) continue;
      offsets.set(other, {
        aheadMs: here.aheadMs + sign * edge.aheadMs,
        uncertaintyMs: here.uncertaintyMs + edge.uncertaintyMs,
        pairs: Math.min(here.pairs, edge.pairs),
      });
      waiting.push(other);
    }
  }
  return offsets;
}

function skewsWithin(members: readonly string[], edges: readonly Edge[]): readonly (readonly [string, ClockSkew])[] {
  const [first = ''] = members;
  const fromFirst = offsetsFrom(first, edges);
  const byOffset = members.toSorted(
    (a, b) => (fromFirst.get(a)?.aheadMs ?? 0) - (fromFirst.get(b)?.aheadMs ?? 0) || compare(a, b),
  );
  const reference = byOffset[Math.floor((byOffset.length - 1) / 2)] ?? first;
  const offsets = offsetsFrom(reference, edges);
  return members.map(clock => {
    const { aheadMs, uncertaintyMs, pairs } = offsets.get(clock) ?? { aheadMs: 0, uncertaintyMs: 0, pairs: 0 };
    if (clock === reference) {
      const text = `the others are measured against it${members.length === 2 ? '; which of the two is right cannot be told' : ''}`;
      return [clock, { ...UNKNOWN, kind: 'reference', text }] as const;
    }
    const isMaterial = Math.abs(aheadMs) > Math.max(MATERIAL_MS, uncertaintyMs);
    const skew: ClockSkew = {
      kind: 'measured',
      aheadMs,
      uncertaintyMs,
      pairs,
      against: reference,
      isMaterial,
      text: `${offText(aheadMs, isMaterial)} ${reference} (±${durationText(uncertaintyMs)}, ${pairs} pairs)`,
    };
    return [clock, skew] as const;
  });
}

function offText(aheadMs: number, isMaterial: boolean): string {
  if (!isMaterial) return 'in step with';
  return `about ${durationText(Math.abs(aheadMs))} ${aheadMs > 0 ? 'ahead of' : 'behind'}`;
}

const UNKNOWN = { aheadMs: 0, uncertaintyMs: 0, pairs: 0, against: '', isMaterial: false } as const;

function fromOurFuture(aheadMs: readonly number[]): ClockSkew {
  const bound = quantile(aheadMs, 0.5);
  if (aheadMs.length < AHEAD_RECORDS_MIN || bound <= MATERIAL_MS)
    return { ...UNKNOWN, kind: 'cannot_tell', text: 'cannot tell: too few pairs with another clock' };
  return {
    ...UNKNOWN,
    kind: 'at_least',
    aheadMs: bound,
    pairs: aheadMs.length,
    isMaterial: true,
    text: `at least ${durationText(bound)} ahead of when we heard (${aheadMs.length} records)`,
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
