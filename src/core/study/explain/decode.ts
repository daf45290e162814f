import { fromBase64, hexToBytes, textFromUtf8 } from '../../../base/bytes.ts';
import type { Decoded, Encoding } from '../../../model/explanation.ts';

/** So deep do encodings stand in each other before we say that there is more. */
export const DEPTH_MAX = 5;
/** Parts of one text that are decoded; the first ones. */
export const PARTS_MAX = 24;
/** Characters of a text that are looked at, and that a decoded part may have. */
export const CHARS_MAX = 32_768;

interface Found {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
type Reader = (text: string) => readonly Found[];

/**
 * Decodes what is encoded in a command line, a script or an address: base64 (also of UTF-16, as PowerShell's
 * `-EncodedCommand` takes it), hexadecimal bytes, `\x41` and `\u0041`, `%41`, lists of character codes, joined string
 * literals, and the carets, backticks and empty quotes by which a command hides from a search. What is decoded is
 * decoded again, {@link DEPTH_MAX} deep.
 *
 * Pure and total: any text gives a list, and the same one each time. Only what decodes to readable text is told, so
 * random letters that happen to be base64 stay what they are.
 */
export function decode(text: string): readonly Decoded[] {
  const decoded: Decoded[] = [];
  const look = (parent: number, from: string, depth: number): void => {
    if (depth > DEPTH_MAX) return;
    const taken: Found[] = [];
    for (const [encoding, read] of READERS) {
      for (const found of read(from.slice(0, CHARS_MAX))) {
        const isInside = taken.some(({ start, end }) => found.start < end && found.end > start);
        if (isInside || decoded.length >= PARTS_MAX || found.text === from) continue;
        taken.push(found);
        const text = found.text.slice(0, CHARS_MAX);
        const place = decoded.push({ parent, encoding, start: found.start, end: found.end, text }) - 1;
        look(place, text, depth + 1);
      }
    }
  };
  look(-1, text, 1);
  return decoded;
}

/** In this order: what the first ones take is not taken again by the others, because base64 letters are also hex digits. */
const READERS: readonly (readonly [Encoding, Reader])[] = [
  ['base64_utf16', text => base64Parts(text, fromUtf16)],
  ['char_codes', charCodes],
  ['hex', hexParts],
  ['base64', text => base64Parts(text, fromUtf8)],
  ['escapes', escapes],
  ['url', percents],
  ['concatenation', joined],
  ['obfuscation', plain],
];

const BASE64 = /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}={0,2}(?![A-Za-z0-9+/_-])/g;

function base64Parts(text: string, read: (bytes: Uint8Array) => string | undefined): readonly Found[] {
  return matches(text, BASE64, match => {
    const letters = match.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
    // A word, a path or a number is in the alphabet too: something coded mixes cases with digits or signs.
    if (!/[a-z]/.test(letters) || !/[A-Z]/.test(letters) || letters.length % 4 === 1) return undefined;
    // A record may have cut it: then its whole quarters are read.
    const bytes =
      fromBase64(letters.padEnd(Math.ceil(letters.length / 4) * 4, '=')) ??
      fromBase64(letters.slice(0, letters.length - (letters.length % 4)));
    return bytes === undefined ? undefined : read(bytes);
  });
}

function fromUtf16(bytes: Uint8Array): string | undefined {
  if (bytes.length < 8 || bytes.length % 2 !== 0) return undefined;
  const zeros = bytes.filter((byte, index) => index % 2 === 1 && byte === 0).length;
  // Latin text in UTF-16LE has a zero in every second byte; other bytes are not UTF-16 by accident.
  if (zeros < bytes.length * 0.4) return undefined;
  let text = '';
  for (let at = 0; at < bytes.length; at += 2)
    text += String.fromCharCode((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8));
  return readable(text);
}

function fromUtf8(bytes: Uint8Array): string | undefined {
  return readable(textFromUtf8(bytes));
}

/** So much of a decoded text has to be what people type. */
const READABLE_SHARE_MIN = 0.95;
const READABLE_CHARS_MIN = 4;

function readable(text: string | undefined): string | undefined {
  if (text === undefined || text.length < READABLE_CHARS_MIN) return undefined;
  let typed = 0;
  for (const character of text) if (/[\t\n\r -~\p{L}\p{N}]/u.test(character)) typed++;
  return typed >= text.length * READABLE_SHARE_MIN && /[ -~]{3}/.test(text) ? text : undefined;
}

const HEX = /(?<![0-9A-Za-z])(?:0x)?(?:[0-9a-fA-F]{2}[ ,:-]?){8,}(?![0-9A-Za-z])/g;

function hexParts(text: string): readonly Found[] {
  return matches(text, HEX, match => {
    const bytes = hexToBytes(match.replace(/^0x|[ ,:-]/g, '').toLowerCase());
    return bytes === undefined ? undefined : fromUtf8(bytes);
  });
}

const CODE = '(?:\\[char\\] ?|chrw?\\( ?)?(?:0x[0-9a-f]{2}|\\d{2,3}) ?\\)?';
const CODE_LIST = new RegExp(`(?:${CODE} ?[,+&] ?){4,}${CODE}`, 'gi');

function charCodes(text: string): readonly Found[] {
  return matches(text, CODE_LIST, match => {
    const codes = [...match.matchAll(/0x[0-9a-f]{2}|\d{2,3}/gi)].map(([code]) => Number(code));
    return readable(String.fromCharCode(...codes));
  });
}

const ESCAPES = /(?:\\x[0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\[0-3][0-7]{2}){3,}/g;

function escapes(text: string): readonly Found[] {
  return matches(text, ESCAPES, match =>
    readable(
      match.replace(/\\x([0-9a-fA-F]{2})|\\u([0-9a-fA-F]{4})|\\([0-3][0-7]{2})/g, (_, hex, unit, octal) =>
        String.fromCharCode(octal === undefined ? Number.parseInt(hex ?? unit, 16) : Number.parseInt(octal, 8)),
      ),
    ),
  );
}

/** What stands between two spaces: long texts are cut into these first, so that no pattern looks far ahead. */
const TOKEN = /[!-~]+/g;

function percents(text: string): readonly Found[] {
  return matches(text, TOKEN, token => {
    if ((token.match(/%[0-9a-fA-F]{2}/g) ?? []).length < 3) return undefined;
    const bytes: number[] = [];
    for (let at = 0; at < token.length; at++) {
      const code = /^%([0-9a-fA-F]{2})/.exec(token.slice(at, at + 3))?.[1];
      bytes.push(code === undefined ? token.charCodeAt(at) : Number.parseInt(code, 16));
      if (code !== undefined) at += 2;
    }
    return fromUtf8(Uint8Array.from(bytes));
  });
}

const JOINED = /(?:'[^'\n]{0,200}' ?[+&] ?){1,50}'[^'\n]{0,200}'|(?:"[^"\n]{0,200}" ?[+&] ?){1,50}"[^"\n]{0,200}"/g;

function joined(text: string): readonly Found[] {
  return matches(text, JOINED, match => {
    const parts = [...match.matchAll(/'([^'\n]*)'|"([^"\n]*)"/g)];
    return readable(parts.map(([, single, double]) => single ?? double ?? '').join(''));
  });
}

const HIDDEN = /[A-Za-z](?:[\^`]|""|'')[A-Za-z]/;

function plain(text: string): readonly Found[] {
  return matches(text, TOKEN, token => (HIDDEN.test(token) ? readable(token.replace(/[\^`]|""|''/g, '')) : undefined));
}

function matches(text: string, pattern: RegExp, read: (match: string) => string | undefined): readonly Found[] {
  const found: Found[] = [];
  for (const match of text.matchAll(pattern)) {
    const told = read(match[0]);
    if (told !== undefined && told !== match[0])
      found.push({ start: match.index, end: match.index + match[0].length, text: told });
    if (found.length >= PARTS_MAX) break;
  }
  return found;
}
