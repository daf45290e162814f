import {
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  parseTime,
  rfc3339,
  type UnixMs,
  unixMsFrom,
} from '../../../base/time.ts';
import type { AskedSpan } from '../../../model/query.ts';
import type { Token } from './words.ts';

/** A time within a question. Times without a zone are UTC; without a day they are of the incident's first day. */
export interface ReadTime {
  readonly span: AskedSpan;
  /** Undefined for a span that is longer than a moment. */
  readonly moment: UnixMs | undefined;
  readonly own: readonly number[];
  readonly as: string;
}

/** What a clock time and a day without a year are of, and what `yesterday` is before. */
export interface TimeFrame {
  readonly window: { readonly from: UnixMs; readonly to: UnixMs };
  readonly now: UnixMs;
}

/** A moment as written, and how long what was written lasts: a day, an hour, a minute. */
interface Written {
  readonly at: UnixMs;
  readonly lasts: number;
  readonly words: number;
}

const UNITS: { readonly [word: string]: number } = {
  minute: MS_PER_MINUTE,
  minutes: MS_PER_MINUTE,
  min: MS_PER_MINUTE,
  hour: MS_PER_HOUR,
  hours: MS_PER_HOUR,
  h: MS_PER_HOUR,
  day: MS_PER_DAY,
  days: MS_PER_DAY,
  week: 7 * MS_PER_DAY,
  weeks: 7 * MS_PER_DAY,
};
const COUNT_MAX = 10_000;

const dayOf = (time: number): number => Math.floor(time / MS_PER_DAY) * MS_PER_DAY;
const said = (time: number): string => rfc3339(unixMsFrom(time)).slice(0, 16).replace('T', ' ');

/** Every time in the words, in their order. Pure in the words and the frame. */
export function timesOf(tokens: readonly Token[], frame: TimeFrame): readonly ReadTime[] {
  const times: ReadTime[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const time = tokens[at]?.isQuoted === true ? undefined : readAt(tokens, at, frame);
    if (time === undefined) continue;
    times.push(time);
    at = Math.max(at, ...time.own);
  }
  return times;
}

function readAt(tokens: readonly Token[], at: number, frame: TimeFrame): ReadTime | undefined {
  const word = tokens[at]?.lower ?? '';
  if (word === 'between' || word === 'from') return pairAt(tokens, at, frame);
  if (word === 'yesterday' || word === 'today') {
    const day = dayOf(frame.now) - (word === 'yesterday' ? MS_PER_DAY : 0);
    return told([at], day, day + MS_PER_DAY);
  }
  if (word === 'last' || word === 'past' || word === 'first') return stretchAt(tokens, at, frame);
  if (word === 'since' || word === 'after' || word === 'until' || word === 'before') {
    const time = writtenAt(tokens, at + 1, frame);
    if (time === undefined) return undefined;
    const own = range(at, at + 1 + time.words);
    return word === 'since' || word === 'after'
      ? told(own, word === 'since' ? time.at : time.at + (time.lasts < MS_PER_DAY ? 0 : time.lasts), undefined)
      : told(own, undefined, word === 'until' ? time.at + time.lasts : time.at);
  }
  const isLed = word === 'at' || word === 'on' || word === 'around';
  const time = writtenAt(tokens, isLed ? at + 1 : at, frame, isLed);
  if (time === undefined) return undefined;
  const own = range(at, (isLed ? at + 1 : at) + time.words);
  return told(own, time.at, time.at + time.lasts, time.lasts < MS_PER_HOUR ? time.at : undefined);
}

/** `between 10 and 11`, `from 10:00 to 12:00`. The second takes its day from the first. */
function pairAt(tokens: readonly Token[], at: number, frame: TimeFrame): ReadTime | undefined {
  const first = writtenAt(tokens, at + 1, frame, true);
  if (first === undefined) return undefined;
  const middle = at + 1 + first.words;
  if (!['and', 'to', 'until', '-', 'till'].includes(tokens[middle]?.lower ?? '')) return undefined;
  const day = unixMsFrom(dayOf(first.at));
  const second = writtenAt(tokens, middle + 1, { ...frame, window: { from: day, to: day } }, true);
  if (second === undefined) return undefined;
  const to = second.at + (second.lasts >= MS_PER_DAY ? second.lasts : 0);
  // `between 22 and 2` goes over midnight.
  const end = to <= first.at ? to + MS_PER_DAY : to;
  const hours = tokens.slice(at, middle + 1 + second.words).map(({ lower }) => lower);
  return told(range(at, at + hours.length), first.at, end);
}

/** `last 2 hours`, `first hour`. `last` is before now for what is recent, and before the end of the incident for what is not. */
function stretchAt(tokens: readonly Token[], at: number, { window, now }: TimeFrame): ReadTime | undefined {
  const next = tokens[at + 1]?.lower ?? '';
  const count = /^\d{1,5}$/.test(next) ? Number(next) : 1;
  const unitAt = /^\d{1,5}$/.test(next) ? at + 2 : at + 1;
  const unit = Object.hasOwn(UNITS, tokens[unitAt]?.lower ?? '') ? UNITS[tokens[unitAt]?.lower ?? ''] : undefined;
  if (unit === undefined || count < 1 || count > COUNT_MAX) return undefined;
  const own = range(at, unitAt + 1);
  const ms = count * unit;
  if (tokens[at]?.lower === 'first') return told(own, window.from, window.from + ms);
  const end = now - window.to < ms ? now : window.to;
  return told(own, end - ms, end + 1);
}

/** Reads `2026-03-02`, `2026-03-02 10:15`, RFC 3339, `10:15`, `10:15:30`, and `10` or `10h` where a time must stand. */
function writtenAt(tokens: readonly Token[], at: number, frame: TimeFrame, isTime = false): Written | undefined {
  const word = tokens[at]?.text ?? '';
  const whole = /^\d{4}-\d{2}-\d{2}[Tt]/.test(word) ? parseTime(word) : undefined;
  if (whole !== undefined) return { at: whole, lasts: MS_PER_MINUTE, words: 1 + zone(tokens, at + 1) };
  if (/^\d{4}-\d{2}-\d{2}$/.test(word)) {
    const day = parseTime(`${word}T00:00:00Z`);
    if (day === undefined) return undefined;
    const clock = clockOf(tokens[at + 1]?.lower ?? '', false);
    return clock === undefined
      ? { at: day, lasts: MS_PER_DAY, words: 1 }
      : { at: unixMsFrom(day + clock.ms), lasts: clock.lasts, words: 2 + zone(tokens, at + 2) };
  }
  const clock = clockOf(word.toLowerCase(), isTime);
  if (clock === undefined) return undefined;
  return { at: unixMsFrom(dayOf(frame.window.from) + clock.ms), lasts: clock.lasts, words: 1 + zone(tokens, at + 1) };
}

function zone(tokens: readonly Token[], at: number): number {
  return ['utc', 'z', 'gmt', "o'clock"].includes(tokens[at]?.lower ?? '') ? 1 : 0;
}

function clockOf(word: string, isTime: boolean): { readonly ms: number; readonly lasts: number } | undefined {
  const match = /^(\d{1,2})(?::(\d{2}))?(?::(\d{2}))?(?:h|am|pm|z|utc)?$/.exec(word);
  if (match === null) return undefined;
  const [, hours = '', minutes, seconds] = match;
  if (minutes === undefined && !isTime) return undefined;
  const isAfternoon = word.endsWith('pm') && Number(hours) < 12;
  const hour = Number(hours) + (isAfternoon ? 12 : 0);
  if (hour > 23 || Number(minutes ?? 0) > 59 || Number(seconds ?? 0) > 59) return undefined;
  const ms = hour * MS_PER_HOUR + Number(minutes ?? 0) * MS_PER_MINUTE + Number(seconds ?? 0) * 1_000;
  return { ms, lasts: minutes === undefined ? MS_PER_HOUR : seconds === undefined ? MS_PER_MINUTE : 1_000 };
}

const TIME_MAX = 253_402_300_799_999;
const bounded = (time: number): UnixMs => unixMsFrom(Math.min(TIME_MAX, Math.max(0, Math.round(time))));
const range = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, n) => from + n);

function told(
  own: readonly number[],
  from: number | undefined,
  to: number | undefined,
  moment?: number | undefined,
): ReadTime {
  const span = {
    ...(from === undefined ? {} : { from: bounded(from) }),
    ...(to === undefined ? {} : { to: bounded(to) }),
  };
  const as =
    moment !== undefined
      ? `${said(moment)} UTC`
      : from === undefined
        ? `before ${said(bounded(to ?? 0))} UTC`
        : to === undefined
          ? `from ${said(bounded(from))} UTC on`
          : `${said(bounded(from))} to ${said(bounded(to))} UTC`;
  return { span, moment: moment === undefined ? undefined : bounded(moment), own, as };
}
