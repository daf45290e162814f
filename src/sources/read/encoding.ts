import { textFromUtf8 } from '../../base/bytes.ts';

/** A record's text, with a note where it is not plain UTF-8. */
export interface Decoded {
  readonly text: string;
  readonly note?: string;
}

/** What Windows-1252 has between 0x80 and 0x9f (WHATWG Encoding, index-windows-1252); 0 where it has nothing. */
const WINDOWS_1252 = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0, 0,
  0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178,
];

/** Tab, line feed, carriage return and escape. */
const TEXT_CONTROLS: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x1b]);

/** Code units that are joined to a text at once. */
const UNITS_MAX = 8_192;

/** Collects code units into a text. */
class Units {
  private text = '';
  private units: number[] = [];

  add(code: number): void {
    if (code > 0xffff) this.units.push(0xd7c0 + (code >> 10), 0xdc00 + (code & 0x3ff));
    else this.units.push(code);
    if (this.units.length >= UNITS_MAX) this.flush();
  }

  private flush(): void {
    this.text += String.fromCharCode(...this.units);
    this.units = [];
  }

  whole(): string {
    this.flush();
    return this.text;
  }
}

/**
 * The text of a record. What is UTF-8 is read as such; each other byte as Windows-1252, of which Latin-1 is a part,
 * and a surrogate that was encoded alone (CESU-8, WTF-8) as itself: no two different records become one text
 * unsaid, because the note counts what was read so. Undefined where a byte is of none of these, and for bytes that
 * are not UTF-8 beside control characters: that is no text.
 */
export function decodeText(bytes: Uint8Array): Decoded | undefined {
  const strict = textFromUtf8(bytes);
  if (strict !== undefined) return strict.startsWith('\ufeff') ? { text: strict.slice(1) } : { text: strict };
  const units = new Units();
  let foreign = 0;
  let surrogates = 0;
  let controls = 0;
  for (let at = 0; at < bytes.length; ) {
    const { code, length } = utf8At(bytes, at);
    if (length > 0) {
      if (code >= 0xd800 && code <= 0xdfff) surrogates += 1;
      if (code < 0x20 && !TEXT_CONTROLS.has(code)) controls += 1;
      units.add(code);
      at += length;
      continue;
    }
    const byte = bytes[at] ?? 0;
    const single = byte > 0x9f ? byte : (WINDOWS_1252[byte - 0x80] ?? 0);
    if (single === 0) return undefined;
    units.add(single);
    foreign += 1;
    at += 1;
  }
  if (foreign > 0 && controls > 0) return undefined;
  const notes: string[] = [];
  if (foreign > 0) notes.push(`${foreign} bytes are not UTF-8 and were read as Windows-1252`);
  if (surrogates > 0) notes.push(`${surrogates} surrogates were encoded alone`);
  return { text: units.whole(), note: notes.join('; ') };
}

/** The code point at a place, by RFC 3629 but with surrogates; a length of 0 where there is none. */
function utf8At(bytes: Uint8Array, at: number): { readonly code: number; readonly length: number } {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return { code: first, length: 1 };
  const more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
  if (first < 0xc2 || first > 0xf4) return NO_CODE;
  let code = first & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return NO_CODE;
    code = (code << 6) | (next & 0x3f);
  }
  const isShortest = more === 1 || (more === 2 ? code >= 0x800 : code >= 0x10000 && code <= 0x10ffff);
  return isShortest ? { code, length: more + 1 } : NO_CODE;
}

const NO_CODE = { code: 0, length: 0 } as const;

/** Code units that must all be printable ASCII before bytes without a mark are taken for UTF-16. */
const SURE_UNITS = 4;

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/**
 * The encoding of a file by its mark, or by what no UTF-8 text begins with: printable ASCII and zeros in turn.
 * Undefined while there are too few bytes to tell. `mark` is the length of the mark.
 */
export function encodingOf(
  head: Uint8Array,
  isEnd: boolean,
): { readonly encoding: Encoding; readonly mark: number } | undefined {
  const [a, b, c] = head;
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', mark: 2 };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', mark: 2 };
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', mark: 3 };
  const isSure = (offset: 0 | 1): boolean => {
    for (let unit = 0; unit < SURE_UNITS; unit++) {
      const [low, high] = [head[2 * unit + offset] ?? 0, head[2 * unit + 1 - offset]];
      const isPrintable = (low >= 0x20 && low < 0x7f) || low === 0x09 || low === 0x0a || low === 0x0d;
      if (!isPrintable || high !== 0) return false;
    }
    return true;
  };
  if (isSure(0)) return { encoding: 'utf-16le', mark: 0 };
  if (isSure(1)) return { encoding: 'utf-16be', mark: 0 };
  const mayGrow = head.length < 2 * SURE_UNITS && (head.length < 3 || head.includes(0)) && !isEnd;
  return mayGrow ? undefined : { encoding: 'utf-8', mark: 0 };
}

/**
 * UTF-16 as UTF-8 that also holds lone surrogates (WTF-8), so that {@link utf16FromWtf8} gives every byte back.
 * `rest` are the bytes that the next chunk completes: half a unit, or the first half of a pair.
 */
export function wtf8FromUtf16(
  bytes: Uint8Array,
  isBig: boolean,
  isEnd: boolean,
): { readonly wtf8: Uint8Array; readonly rest: Uint8Array } {
  const out = new Uint8Array(Math.ceil(bytes.length / 2) * 3);
  const unitAt = (at: number): number =>
    isBig ? ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0) : (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
  let size = 0;
  let at = 0;
  for (; at + 1 < bytes.length; at += 2) {
    let code = unitAt(at);
    if (code >= 0xd800 && code <= 0xdbff) {
      if (at + 3 >= bytes.length && !isEnd) break;
      const low = at + 3 < bytes.length ? unitAt(at + 2) : 0;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        at += 2;
      }
    }
    size = putWtf8(out, size, code);
  }
  return { wtf8: out.subarray(0, size), rest: bytes.slice(at) };
}

function putWtf8(out: Uint8Array, from: number, code: number): number {
  let at = from;
  if (code < 0x80) out[at++] = code;
  else if (code < 0x800) {
    out[at++] = 0xc0 | (code >> 6);
    out[at++] = 0x80 | (code & 0x3f);
  } else {
    if (code < 0x10000) out[at++] = 0xe0 | (code >> 12);
    else {
      out[at++] = 0xf0 | (code >> 18);
      out[at++] = 0x80 | ((code >> 12) & 0x3f);
    }
    out[at++] = 0x80 | ((code >> 6) & 0x3f);
    out[at++] = 0x80 | (code & 0x3f);
  }
  return at;
}

/** The bytes that {@link wtf8FromUtf16} was given. Only for what came out of it. */
export function utf16FromWtf8(bytes: Uint8Array, isBig: boolean): Uint8Array {
  const out = new Uint8Array(bytes.length * 2);
  let size = 0;
  const put = (unit: number): void => {
    out[size++] = isBig ? unit >> 8 : unit & 0xff;
    out[size++] = isBig ? unit & 0xff : unit >> 8;
  };
  for (let at = 0; at < bytes.length; ) {
    const { code, length } = utf8At(bytes, at);
    if (length === 0) break;
    if (code > 0xffff) {
      put(0xd7c0 + (code >> 10));
      put(0xdc00 + (code & 0x3ff));
    } else put(code);
    at += length;
  }
  return out.slice(0, size);
}
