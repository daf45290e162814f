declare const unixMs: unique symbol;

/** Milliseconds since 1970-01-01T00:00:00Z. Converted to text only when shown or signed. */
export type UnixMs = number & { readonly [unixMs]: true };

export const MS_PER_SECOND = 1_000;
export const MS_PER_MINUTE = 60_000;
export const MS_PER_HOUR = 3_600_000;
export const MS_PER_DAY = 86_400_000;

/** The year 9999: what RFC 3339 can print. A later time is a fault or a trick. */
const UNIX_MS_MAX = 253_402_300_799_999;

export function unixMsFrom(value: number): UnixMs {
  return value as UnixMs;
}

/** RFC 3339 in UTC with milliseconds: the one form in which we write a time. */
export function rfc3339(time: UnixMs): string {
  return new Date(time).toISOString();
}

const RFC_3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))?\s?(Z|z|UTC|[+-]\d{2}:?\d{2})?$/;

/**
 * Reads the times that products write: RFC 3339, with a space for the `T`, up to nine fractional digits,
 * `+0000` without the colon. A time without a zone is read as UTC. Undefined for anything else.
 */
export function parseTime(text: string): UnixMs | undefined {
  const match = RFC_3339.exec(text.trim());
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = '', zone = 'Z'] = match;
  const ms = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  const isRealDate = new Date(ms).getUTCDate() === Number(day) && Number(hour) < 24 && Number(minute) < 60;
  if (!isRealDate) return undefined;
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone);
  const offsetMs =
    offset === null ? 0 : (offset[1] === '-' ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3])) * MS_PER_MINUTE;
  const millis = Number(fraction.padEnd(3, '0').slice(0, 3));
  const time = ms + millis - offsetMs;
  return time >= 0 && time <= UNIX_MS_MAX ? unixMsFrom(time) : undefined;
}
