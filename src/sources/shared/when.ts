import { parseTime, rfc3339, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { type At, textAt } from './at.ts';

/** 2001-09-09 and 2286-11-20 in seconds: between them a bare number is a time, and its length tells the unit. */
const EPOCH_SECONDS_MIN = 1_000_000_000;
const EPOCH_SECONDS_MAX = 9_999_999_999;

/** A number of seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by size. */
export function epochTime(value: number): UnixMs | undefined {
  let seconds = value;
  for (const unit of [1, 1e3, 1e6, 1e9]) {
    seconds = value / unit;
    if (seconds >= EPOCH_SECONDS_MIN && seconds <= EPOCH_SECONDS_MAX) return unixMsFrom(Math.floor(seconds * 1000));
  }
  return undefined;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

function fromParts(year: string, month: number, day: string, clock: string, zone = 'Z'): UnixMs | undefined {
  const two = (text: string | number): string => String(text).padStart(2, '0');
  return parseTime(`${year}-${two(month)}-${two(day)}T${clock}${zone}`);
}

function twelveHour(clock: string, half: string | undefined): string {
  if (half === undefined) return clock.padStart(8, '0');
  const [hour = '0', minute = '00', second = '00'] = clock.split(':');
  const value = (Number(hour) % 12) + (half.toLowerCase() === 'pm' ? 12 : 0);
  return `${String(value).padStart(2, '0')}:${minute}:${second}`;
}

/** The times that products write beyond RFC 3339, each with its year: a time without one says too little. */
function writtenTime(text: string): UnixMs | undefined {
  // 10/Oct/2023:13:55:36 -0700 (Common Log Format)
  const common = /^(\d{1,2})\/([A-Za-z]{3})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ?([+-]\d{4})?$/.exec(text);
  if (common !== null) {
    const [, day = '', month = '', year = '', clock = '', zone] = common;
    return fromParts(year, MONTHS.indexOf(month.toLowerCase()) + 1, day, clock, zone);
  }
  // Tue, 04 Mar 2020 13:55:05 +0000 (RFC 5322), 04 Mar 2020 13:55:05.123
  const mail =
    /^(?:[A-Za-z]{3}, )?(\d{1,2})[ -]([A-Za-z]{3})[a-z]*[ -](\d{4}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?) ?(GMT|UTC|Z|[+-]\d{4})?/.exec(
      text,
    );
  if (mail !== null) {
    const [, day = '', month = '', year = '', clock = '', zone = 'Z'] = mail;
    return fromParts(year, MONTHS.indexOf(month.toLowerCase()) + 1, day, clock, /^[+-]/.test(zone) ? zone : 'Z');
  }
  // Mar 04 2020 13:55:05, Mar 4, 2020 1:55:05 PM, Wed Mar  4 13:55:05 2020
  const monthFirst =
    /^(?:[A-Za-z]{3} )?([A-Za-z]{3})[a-z]* +(\d{1,2}),? (\d{4})[ ,]+(?:at )?(\d{1,2}:\d{2}:\d{2}(?:\.\d+)?) ?([AaPp][Mm])?/.exec(
      text,
    );
  if (monthFirst !== null) {
    const [, month = '', day = '', year = '', clock = '', half] = monthFirst;
    return fromParts(year, MONTHS.indexOf(month.toLowerCase()) + 1, day, twelveHour(clock, half));
  }
  const yearLast =
    /^(?:[A-Za-z]{3} )?([A-Za-z]{3}) +(\d{1,2}) (\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?) (?:[A-Z]{3,4} )?(\d{4})$/.exec(text);
  if (yearLast !== null) {
    const [, month = '', day = '', clock = '', year = ''] = yearLast;
    return fromParts(year, MONTHS.indexOf(month.toLowerCase()) + 1, day, clock);
  }
  // 03/04/2020 12:41:47 PM: month first, as the products that write this form do; 2020/03/04 13:55:05
  const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})[ -T](\d{1,2}:\d{2}:\d{2}(?:\.\d+)?) ?([AaPp][Mm])?$/.exec(text);
  if (slashed !== null) {
    const [, month = '', day = '', year = '', clock = '', half] = slashed;
    return fromParts(year, Number(month), day, twelveHour(clock, half));
  }
  const yearFirst = /^(\d{4})\/(\d{1,2})\/(\d{1,2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d+)?)$/.exec(text);
  if (yearFirst !== null) {
    const [, year = '', month = '', day = '', clock = ''] = yearFirst;
    return fromParts(year, Number(month), day, clock);
  }
  return undefined;
}

/** Each written form holds a time of day. */
const CLOCK = /\d:\d{2}:\d{2}/;

/** `10/08/2020 12:41:47 PM`: what Windows shows is its local time, and the record does not say of which zone. */
const LOCAL = /^\d{1,2}\/\d{1,2}\/\d{4} \d{1,2}:\d{2}:\d{2} [AP]M$/i;

/** Any time that a product writes: RFC 3339 and its relatives, a number since 1970, or the common written forms. */
export function readTime(text: string): UnixMs | undefined {
  if (text.length > 64 || LOCAL.test(text)) return undefined;
  if (/^\d{10,19}(?:\.\d+)?$/.test(text)) return epochTime(Number(text));
  return parseTime(text) ?? (CLOCK.test(text) ? writtenTime(text) : undefined);
}

/** The time at a place in the record; undefined where it is none. */
export function timeAt(from: At | undefined): UnixMs | undefined {
  const text = textAt(from);
  return text === undefined ? undefined : readTime(text);
}

let lastTime: UnixMs | undefined;
let lastText = '';

/** RFC 3339. Remembers the last one: a source and a map that is laid over it print the same time one after the other. */
export function timeText(time: UnixMs): string {
  if (time !== lastTime) {
    lastText = rfc3339(time);
    lastTime = time;
  }
  return lastText;
}
