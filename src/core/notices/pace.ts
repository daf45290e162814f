import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { NoticeFact, QuietHours } from '../../model/notice.ts';

/** How long the first of a row waits for others to go with it. */
export const GATHER_MS = 5_000;
/** Between two notices to one recipient, unless something presses. */
export const GAP_MS = 5 * MS_PER_MINUTE;
/** Notices to one recipient in an hour; what comes more is gathered into the next. */
export const PER_HOUR_MAX = 10;
/** And beside them for what presses. */
export const PRESSING_PER_HOUR_MAX = 10;

/** Something that a recipient is not told yet. */
export interface Untold {
  readonly fact: NoticeFact;
  readonly since: UnixMs;
}

/** What a recipient was told in the hour before now. */
export interface Told {
  readonly lastHour: number;
  readonly lastAt: UnixMs | undefined;
}

export type Pace =
  | { readonly kind: 'now'; readonly facts: readonly NoticeFact[] }
  | { readonly kind: 'wait'; readonly until: UnixMs };

/**
 * Whether to tell what waits, all of it in one notice, or until when to gather. However much happens, one recipient is
 * told at most {@link PER_HOUR_MAX} + {@link PRESSING_PER_HOUR_MAX} times an hour.
 */
export function paceOf(untold: readonly Untold[], told: Told, quiet: QuietHours, now: UnixMs): Pace {
  const [first] = untold.toSorted((a, b) => a.since - b.since);
  if (first === undefined) return wait(now + MS_PER_HOUR);
  const isPressing = untold.some(({ fact }) => presses(fact));
  const isLoud = untold.some(({ fact }) => breaksQuiet(fact));
  if (!isLoud && isQuiet(quiet, now)) return wait(now + MS_PER_MINUTE);
  const most = PER_HOUR_MAX + (isPressing ? PRESSING_PER_HOUR_MAX : 0);
  if (told.lastHour >= most) return wait(now + MS_PER_MINUTE);
  const gap = isPressing || told.lastAt === undefined ? 0 : told.lastAt + GAP_MS;
  const until = Math.max(first.since + GATHER_MS, gap);
  return now >= until ? { kind: 'now', facts: untold.map(({ fact }) => fact) } : wait(until);
}

const wait = (until: number): Pace => ({ kind: 'wait', until: unixMsFrom(until) });

/** What may not be gathered for minutes. */
export function presses(fact: NoticeFact): boolean {
  return fact.kind === 'acts_stopped' || fact.kind === 'trail_silent' || breaksQuiet(fact);
}

/** What wakes people: two-person acts that run out, acting outside the normal route, and somebody who acts in our name. */
export function breaksQuiet({ kind, tier }: NoticeFact): boolean {
  return kind === 'break_glass_used' || kind === 'credential_misused' || (kind === 'review_expires' && tier === 'T3');
}

/** Whether it is quiet by the clock of their zone. A zone that nobody knows is UTC. */
export function isQuiet({ from, to, zone }: QuietHours, now: UnixMs): boolean {
  if (from === to) return false;
  const minute = minuteIn(zone, now);
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

function minuteIn(zone: string, now: UnixMs): number {
  try {
    const parts = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }).formatToParts(new Date(now));
    const of = (type: 'hour' | 'minute') => Number(parts.find(part => part.type === type)?.value ?? 0);
    return of('hour') * 60 + of('minute');
  } catch {
    return Math.floor((now % MS_PER_DAY) / MS_PER_MINUTE);
  }
}
