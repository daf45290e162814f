import { type UnixMs, unixMsFrom } from '../../base/time.ts';

const FORMAT_CHARS_MAX = 64;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const MS_PER_MINUTE = 60_000;

interface Parts {
  year?: number;
  month?: number;
  day?: number;
  hour?: number;
  minute?: number;
  second?: number;
  milli?: number;
  isAfternoon?: boolean;
  offsetMinutes?: number;
}

/** Takes what one letter of a pattern stands for off the front of a text, and gives what is left; undefined where it is not there. */
type Take = (text: string, count: number, parts: Parts) => string | undefined;

function digits(max: number, put: (parts: Parts, value: number, count: number) => void): Take {
  return (text, count, parts) => {
    const found = /^\d+/.exec(text.slice(0, Math.max(max, count)))?.[0];
    if (found === undefined) return undefined;
    put(parts, Number(found), found.length);
    return text.slice(found.length);
  };
}

const takeMonth: Take = (text, count, parts) => {
  if (count < 3)
    return digits(2, (one, value) => {
      one.month = value - 1;
    })(text, count, parts);
  const word = /^[A-Za-z]+/.exec(text.slice(0, 12))?.[0] ?? '';
  parts.month = MONTHS.indexOf(word.slice(0, 3).toLowerCase());
  return parts.month < 0 ? undefined : text.slice(word.length);
};

const takeZone: Take = (text, _, parts) => {
  const match = /^(?:(UTC|GMT|Z)(?![+-])|(?:GMT)?([+-]\d{2}):?(\d{2}))/.exec(text);
  if (match === null) return undefined;
  const [whole, , hours = '0', minutes = '0'] = match;
  parts.offsetMinutes = (Math.abs(Number(hours)) * 60 + Number(minutes)) * (hours.startsWith('-') ? -1 : 1);
  return text.slice(whole.length);
};

const takeDayName: Take = text => {
  const word = /^[A-Za-z]+/.exec(text.slice(0, 12))?.[0];
  return word === undefined ? undefined : text.slice(word.length);
};

const takeHalf: Take = (text, _, parts) => {
  const half = /^[AP]M/i.exec(text)?.[0];
  if (half === undefined) return undefined;
  parts.isAfternoon = /p/i.test(half);
  return text.slice(2);
};

/** A number put into one part. */
function number(part: 'day' | 'hour' | 'minute' | 'second', modulo = 100): Take {
  return digits(2, (parts, value) => {
    parts[part] = value % modulo;
  });
}

const LETTERS: ReadonlyMap<string, Take> = new Map([
  [
    'y',
    digits(4, (parts, value, count) => {
      parts.year = count <= 2 ? 2000 + value : value;
    }),
  ],
  ['M', takeMonth],
  ['d', number('day')],
  ['H', number('hour')],
  ['h', number('hour', 12)],
  ['m', number('minute')],
  ['s', number('second')],
  [
    'S',
    digits(9, (parts, value, count) => {
      parts.milli = Math.floor(value * 10 ** (3 - count));
    }),
  ],
  ['E', takeDayName],
  ['a', takeHalf],
  ['z', takeZone],
  ['Z', takeZone],
  ['X', takeZone],
]);

/**
 * A time by a pattern of Java's SimpleDateFormat, which is what LEEF states in `devTimeFormat`. UTC where it names no
 * zone. Undefined where the text does not follow the pattern, the pattern has a letter that is none of a time, or it
 * says no year.
 */
export function timeByPattern(text: string, pattern: string): UnixMs | undefined {
  if (text.length > FORMAT_CHARS_MAX || pattern.length > FORMAT_CHARS_MAX) return undefined;
  const parts: Parts = {};
  let rest: string | undefined = text.trim();
  for (const [token, quoted, letters] of pattern.trim().matchAll(/'([^']*)'|([A-Za-z])\2*|[^A-Za-z']/g)) {
    if (rest === undefined) return undefined;
    if (letters !== undefined) rest = LETTERS.get(letters)?.(rest, token.length, parts);
    else {
      const literal = quoted === undefined ? token : quoted === '' ? "'" : quoted;
      rest = rest.startsWith(literal) ? rest.slice(literal.length) : undefined;
    }
  }
  return rest === '' ? instantOf(parts) : undefined;
}

function instantOf(parts: Parts): UnixMs | undefined {
  const { year, month = 0, day = 1, hour = 0, minute = 0, second = 0, milli = 0, offsetMinutes = 0 } = parts;
  if (year === undefined || month < 0 || month > 11 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return undefined;
  const utc = Date.UTC(year, month, day, hour + (parts.isAfternoon === true ? 12 : 0), minute, second, milli);
  const time = utc - offsetMinutes * MS_PER_MINUTE;
  // A day that the month does not have would have become another month's.
  if (!Number.isFinite(time) || time < 0 || new Date(utc).getUTCMonth() !== month) return undefined;
  return unixMsFrom(time);
}
