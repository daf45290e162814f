import { MS_PER_DAY, MS_PER_SECOND, type UnixMs } from '../../base/time.ts';
import { type Alert, activityTime } from '../../model/alert.ts';
import type { TimelineEntry } from '../../model/claim.ts';
import type { SourceClock } from '../../model/clock.ts';
import { durationText } from './duration-text.ts';

/** No product's record is older: such a time is a clock that was never set. */
const OLDEST_MS = 946_684_800_000;
/** A record that claims to be further in our future than this has no time that can be believed. */
const FUTURE_MS_MAX = MS_PER_DAY;
/** A clock that is ahead of ours by less is no news. */
const AHEAD_MS_SHOWN = 5 * 60 * MS_PER_SECOND;

/** A time that says more of a clock than of what happened. Such an entry stands apart and does not stretch the axis. */
export function clockFault(time: UnixMs, heard: UnixMs, now: UnixMs = heard): TimelineEntry['clockFault'] {
  if (time < OLDEST_MS) return { kind: 'long_ago', isOffAxis: true, text: 'a clock that was never set: before 2000' };
  const aheadMs = time - Math.min(heard, now);
  if (aheadMs <= AHEAD_MS_SHOWN) return undefined;
  return {
    kind: 'ahead',
    isOffAxis: aheadMs > FUTURE_MS_MAX,
    text: `${durationText(aheadMs)} ahead of our own clock when we heard of it`,
  };
}

/** When it happened, or when we heard of it where its own time cannot be meant. */
export function believableTime(alert: Pick<Alert, 'occurredAt' | 'reportedAt' | 'receivedAt'>): UnixMs {
  const time = activityTime(alert);
  return clockFault(time, alert.receivedAt)?.isOffAxis === true ? alert.receivedAt : time;
}

/** What of a clock decides an order: how far it is off within its group, and how surely. */
interface Off {
  readonly group: string;
  readonly aheadMs: number;
  readonly uncertaintyMs: number;
}

function offOf({ clock, skew }: SourceClock): Off | undefined {
  const { kind, aheadMs, uncertaintyMs, against } = skew;
  if (kind === 'reference') return { group: clock, aheadMs: 0, uncertaintyMs: 0 };
  return kind === 'measured' ? { group: against, aheadMs, uncertaintyMs } : undefined;
}

/** Whether two moments, each by a clock of its own, may have come in the other order; and whether it is likely. */
export interface OrderDoubt {
  readonly withinMs: number;
  readonly isLikelyReversed: boolean;
  readonly text: string;
}

export interface OrderJudge {
  /** Whether this clock was measured against another; few are. */
  isCompared(clock: string): boolean;
  /** Of two moments in recorded order. Undefined where nothing that is known of the clocks puts it in doubt. */
  doubt(
    earlier: { readonly clock: string; readonly time: UnixMs },
    later: { readonly clock: string; readonly time: UnixMs },
  ): OrderDoubt | undefined;
}

export function createOrderJudge(clocks: readonly SourceClock[]): OrderJudge {
  const known = new Map(clocks.map(one => [one.clock, { off: offOf(one), skew: one.skew }]));
  return {
    isCompared: clock => known.get(clock)?.off !== undefined,
    doubt(earlier, later) {
      const [a, b] = [known.get(earlier.clock), known.get(later.clock)];
      if (earlier.clock === later.clock || a === undefined || b === undefined) return undefined;
      if (!a.skew.isMaterial && !b.skew.isMaterial) return undefined;
      const [first, second] = [a.off, b.off];
      const isComparable = first !== undefined && second !== undefined && first.group === second.group;
      // A bound against our clock says nothing of a third clock, but that the one is ahead it does say.
      const shiftMs = isComparable
        ? second.aheadMs - first.aheadMs
        : b.skew.kind === 'at_least'
          ? b.skew.aheadMs
          : undefined;
      if (shiftMs === undefined) return undefined;
      const uncertaintyMs = isComparable ? first.uncertaintyMs + second.uncertaintyMs : 0;
      const apartMs = later.time - earlier.time - shiftMs;
      if (apartMs > uncertaintyMs) return undefined;
      const [worse, name] =
        Math.abs(a.skew.aheadMs) > Math.abs(b.skew.aheadMs) ? [a.skew, earlier.clock] : [b.skew, later.clock];
      const withinMs = Math.abs(shiftMs) + uncertaintyMs;
      return {
        withinMs,
        isLikelyReversed: apartMs < -uncertaintyMs,
        text: `order uncertain within ±${durationText(withinMs)}: clock of ${name} is ${worse.text}`,
      };
    },
  };
}

/** Clocks that nothing is known of whose latest entry is kept at hand. A record names its product itself. */
const OTHER_CLOCKS_MAX = 64;

/**
 * Marks each entry whose order to one shortly before it the clocks put in doubt, with the nearest such. The order is
 * not changed: it stays that of the recorded times. Entries must be in order; those off the axis are left alone.
 */
export function markOrder(entries: readonly TimelineEntry[], judge: OrderJudge): readonly TimelineEntry[] {
  const compared = new Map<string, TimelineEntry>();
  const others = new Map<string, TimelineEntry>();
  return entries.map(entry => {
    if (entry.clockFault?.isOffAxis === true || entry.isTimeAssumed) return entry;
    let nearest: { readonly entry: TimelineEntry; readonly doubt: OrderDoubt } | undefined;
    for (const [clock, before] of [...compared, ...others]) {
      const doubt = judge.doubt({ clock, time: before.time }, { clock: entry.product, time: entry.time });
      if (doubt === undefined) continue;
      const isNearer = nearest === undefined || before.time > nearest.entry.time;
      if (isNearer || (before.time === nearest?.entry.time && before.alert < nearest.entry.alert))
        nearest = { entry: before, doubt };
    }
    if (judge.isCompared(entry.product)) compared.set(entry.product, entry);
    else {
      // Last heard, last in the map: beyond the bound the clock that was quiet for longest is forgotten.
      others.delete(entry.product);
      others.set(entry.product, entry);
      const [quietest] = others.keys();
      if (others.size > OTHER_CLOCKS_MAX && quietest !== undefined) others.delete(quietest);
    }
    if (nearest === undefined) return entry;
    const { text, isLikelyReversed } = nearest.doubt;
    return { ...entry, order: { with: nearest.entry.alert, isLikelyReversed, text } };
  });
}
