import { useEffect, useState } from 'react';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', hour12: false });
const dayClockFormat = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});

const YEAR_SHOWN_FROM = 180 * DAY;
const yearFormat = new Intl.DateTimeFormat('en-GB', {
  day: '2-digit',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  hour12: false,
});

/** The viewer's own zone, named where a page shows clock times. */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function clock(ms: number, withDay = false): string {
  // Half a year away, a day without its year could be either.
  const format = !withDay ? clockFormat : Math.abs(Date.now() - ms) > YEAR_SHOWN_FROM ? yearFormat : dayClockFormat;
  return format.format(ms).replace(',', '');
}

/** `09:12–09:41`, with days where the span is not within one. */
export function span(from: number, to: number): string {
  const sameDay = new Date(from).toDateString() === new Date(to).toDateString();
  const isToday = new Date(from).toDateString() === new Date().toDateString();
  if (from === to) return clock(from, !isToday);
  return sameDay ? `${clock(from, !isToday)}–${clock(to)}` : `${clock(from, true)} – ${clock(to, true)}`;
}

/** A duration in its two largest units at most: `45 s`, `12 min`, `1 h 42`, `3 d`. */
export function duration(ms: number): string {
  const abs = Math.abs(ms);
  if (abs < MINUTE) return `${Math.round(abs / 1000)} s`;
  if (abs < HOUR) return `${Math.floor(abs / MINUTE)} min`;
  if (abs < DAY) {
    const minutes = Math.floor((abs % HOUR) / MINUTE);
    return minutes === 0
      ? `${Math.floor(abs / HOUR)} h`
      : `${Math.floor(abs / HOUR)} h ${String(minutes).padStart(2, '0')}`;
  }
  return `${Math.floor(abs / DAY)} d`;
}

const TICK_MS = 15_000;

/** The clock of the page, a tick every 15 s. */
export function useNow(tickMs = TICK_MS): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(timer);
  }, [tickMs]);
  return now;
}

/** `12 min ago`, with the exact UTC time on hover. */
export function Age({ at, suffix = '' }: { readonly at: number; readonly suffix?: string }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={utc(at)}>
      {duration(now - at)}
      {suffix}
    </time>
  );
}

/** A moment in the viewer's zone, with UTC on hover. */
export function Moment({ at, withDay = true }: { readonly at: number; readonly withDay?: boolean }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={utc(at)}>
      {clock(at, withDay)}
    </time>
  );
}

export function utc(ms: number): string {
  return `${new Date(ms).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

/** Of an RFC 3339 text; `undefined` where it is none. */
export function msOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The same as {@link Moment} for a time that came as text. */
export function MomentText({ at }: { readonly at: string | undefined }) {
  const ms = msOf(at);
  return ms === undefined ? <span className="quiet">—</span> : <Moment at={ms} />;
}
