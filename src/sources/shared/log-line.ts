import { type At, dig, rootOf } from './at.ts';

/** What the head of a syslog line says, each as it stands there. */
export interface SyslogHead {
  readonly time: string | undefined;
  readonly host: string | undefined;
  readonly program: string | undefined;
  /** The structured data of RFC 5424, as it stands in the line. */
  readonly data: string | undefined;
}

/** RFC 5424: time, host, program, process, message id, structured data. */
export const RFC_5424 = /^<\d{1,3}>\d{1,2} (\S+) (\S+) (\S+) (\S+) (\S+) (?:-|(\[.*?\](?= |$))) ?/s;
/** RFC 3164, and what is written like it with a year or an RFC 3339 time: time, host, program, process. */
export const RFC_3164 =
  /^(?:<\d{1,3}>)?([A-Z][a-z]{2} {1,2}\d{1,2}(?: \d{4})? \d{2}:\d{2}:\d{2}(?:\.\d+)?|\d{4}-\d{2}-\d{2}T\S+) (\S+) (?:(?!CEF:|LEEF:)([\w./()-]{1,64})(?:\[(\d+)\])?: ?|: ?)?/;

/** The head of a line by RFC 5424 or RFC 3164, and what follows it; undefined where the line has none. */
export function syslogHeadOf(line: string): { readonly head: SyslogHead; readonly rest: string } | undefined {
  const modern = RFC_5424.exec(line);
  if (modern !== null) {
    const [whole, time, host, program, , , data] = modern;
    return { head: { time, host, program, data }, rest: line.slice(whole.length) };
  }
  const old = RFC_3164.exec(line);
  if (old === null) return undefined;
  const [whole, time, host, program] = old;
  return { head: { time, host, program, data: undefined }, rest: line.slice(whole.length) };
}

/** Where shippers put the line that they carry. */
const WRAPS: readonly (readonly string[])[] = [
  ...['message', 'msg', '_raw', 'raw', 'log', 'line', 'text', 'body', 'original', 'event_original'],
  ...['rawLog', 'raw_log', 'raw_message', 'full_log'],
].map(key => [key]);
const WRAPPED_DEEPER: readonly (readonly string[])[] = [
  ['event', 'original'],
  ['log', 'original'],
];

/** The log line with a mark in it that a record is, or that a shipper wrapped; undefined where it is neither. */
export function carriedLine(value: unknown, mark: string): At | undefined {
  if (typeof value === 'string') return value.includes(mark) ? { value, pointer: '' } : undefined;
  const root = rootOf(value);
  for (const path of [...WRAPS, ...WRAPPED_DEEPER]) {
    const at = dig(root, ...path);
    if (typeof at?.value === 'string' && at.value.includes(mark)) return at;
  }
  return undefined;
}

/** A head that stands further behind the line's beginning than this is quoted by another line. */
const HEAD_CHARS_MAX = 512;

/** The parts of a head between unescaped bars, from where its name begins; undefined where there are fewer. */
export function barredHead(
  line: string,
  name: RegExp,
  count: number,
): { readonly parts: readonly string[]; readonly before: string; readonly rest: string } | undefined {
  const start = name.exec(line.slice(0, HEAD_CHARS_MAX))?.index;
  if (start === undefined) return undefined;
  const parts: string[] = [];
  let from = start;
  for (let at = start; at < line.length && parts.length < count; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '|') {
      parts.push(line.slice(from, at).replace(/\\([|\\])/g, '$1'));
      from = at + 1;
    }
  }
  return parts.length < count ? undefined : { parts, before: line.slice(0, start), rest: line.slice(from) };
}
