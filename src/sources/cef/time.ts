import type { UnixMs } from '../../base/time.ts';
import { readTime } from '../shared/when.ts';

/** A zone behind a time: UTC by its names, or an offset. What else there may be (`EST`) names more than one zone. */
const ZONED = /^(.{8,40}?) (?:(UTC|GMT|Z)|(?:GMT)?([+-]\d{2}):?(\d{2}))$/;
const MS_PER_MINUTE = 60_000;

/** Milliseconds since 1970, or `MMM dd yyyy HH:mm:ss` with milliseconds and a zone (CEF revision 25, "Date Formats"). */
export function cefTime(text: string | undefined): UnixMs | undefined {
  if (text === undefined || text.length > 64) return undefined;
  const zoned = ZONED.exec(text);
  if (zoned === null) return / [A-Za-z]{2,5}$/.test(text) && !/ [AP]M$/i.test(text) ? undefined : readTime(text);
  const [, local = '', , hours, minutes] = zoned;
  const time = readTime(local);
  if (time === undefined || hours === undefined) return time;
  const offset = (Math.abs(Number(hours)) * 60 + Number(minutes)) * (hours.startsWith('-') ? -1 : 1);
  return (time - offset * MS_PER_MINUTE) as UnixMs;
}
