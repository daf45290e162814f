/*
 * A text as somebody who reads it closely would see it: what does not show taken out, and what is coded in a plain way
 * undone. Bounded, and one layer deep: what is coded twice is left.
 */

/** A run that is coded is at least so long: shorter ones come by chance, and hold no sentence. */
const CODED_CHARS_MIN = 24;
/** Most texts are plain, and are looked at as they are. */
const PLAIN = /^[\n\r\t\x20-\x7e]*$/;
const CODED_RUNS_MAX = 8;
/** So much of what was decoded has to be letters and spaces, or it was no text. */
const LETTERS_SHARE_MIN = 0.7;

/** Three words that marks hold together, as in a name of a host, a tag or a file. */
const SLUG = /[a-z]{2,}[-_+]+[a-z]{2,}[-_+]+[a-z]{2,}/i;
/** What nobody can be told anything by: one word, a path, an id. Most values of a record are such. */
const WORDLESS = /^[^\s%<[|{"_+-]*$/;

/** The text itself, folded, then each other way of reading it that it offers; none where it is but one word or an id. */
export function viewsOf(text: string): readonly string[] {
  if (isWordless(text)) return [];
  const folded = fold(text);
  const views = [folded];
  const percent = /%[0-9a-f]{2}/i.test(folded) ? fold(fromPercent(folded)) : folded;
  if (percent !== folded) views.push(percent);
  for (const view of [...views]) {
    if (SLUG.test(view)) views.push(view.replaceAll(/[-_+]+/g, ' '));
    const plain = fromLeet(view);
    if (plain !== view) views.push(plain);
  }
  for (const run of codedRuns(folded)) {
    const decoded = decodedOf(run);
    if (decoded !== undefined) views.push(fold(decoded));
  }
  return views;
}

/** Runs of the digits of base64, of which hexadecimal ones are some; the first few that are long enough. */
function codedRuns(text: string): readonly string[] {
  const runs: string[] = [];
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = text.charCodeAt(at);
    // A to Z, a to z, / to 9, +. Beyond the end there is no code, which is none of them.
    if ((code >= 47 && code <= 57) || (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 43)
      continue;
    if (at - from >= CODED_CHARS_MIN && runs.length < CODED_RUNS_MAX) runs.push(text.slice(from, at));
    from = at + 1;
  }
  return runs;
}

function isWordless(text: string): boolean {
  if (!PLAIN.test(text) || codedRuns(text).length > 0) return false;
  return WORDLESS.test(text) || (!/[\s%<[|{"]/.test(text) && !SLUG.test(text));
}

/** Characters that do not show are taken out and look-alikes folded, so that they cannot break a word up. */
function fold(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .normalize('NFKC')
    .replaceAll(/\p{Cc}\[[0-9;]*m/gu, '')
    .replaceAll(/\p{Cf}/gu, '');
}

function fromPercent(text: string): string {
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, run => {
    const bytes = Uint8Array.from(run.slice(1).split('%'), pair => Number.parseInt(pair, 16));
    return textOfUtf8(bytes) ?? run;
  });
}

const LEET: { readonly [digit: string]: string } = { '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't' };

/** So many words have to be spelt with digits before it is taken for spelling. */
const LEET_WORDS_MIN = 2;

/** Words in which digits stand for letters. Ids and digests are none: they have letters of hexadecimal digits alone. */
function fromLeet(text: string): string {
  if (!/[a-z][013457][a-z]/i.test(text)) return text;
  let count = 0;
  const plain = text.replaceAll(/[a-z\d]{2,64}/gi, word => {
    if (!/\d/.test(word) || !/[g-z]/i.test(word)) return word;
    const spelt = word.replaceAll(/[013457]/g, digit => LEET[digit] ?? digit);
    if (spelt !== word) count++;
    return spelt;
  });
  return count < LEET_WORDS_MIN ? text : plain;
}

/** So many characters of a run show whether it holds text at all: most runs are keys, digests and pictures. */
const HEAD_CHARS = 24;

function decodedOf(run: string): string | undefined {
  return bytesAsText(run.slice(0, HEAD_CHARS)) === undefined ? undefined : textOf(run);
}

function bytesAsText(run: string): string | undefined {
  const isHex = run.length % 2 === 0 && /^[0-9a-f]+$/i.test(run);
  return textOfUtf8(wide(isHex ? fromHex(run) : fromBase64(run)));
}

function textOf(run: string): string | undefined {
  const text = bytesAsText(run);
  if (text === undefined) return undefined;
  let letters = 0;
  for (const character of text) if (LETTER.test(character)) letters++;
  return letters >= text.length * LETTERS_SHARE_MIN ? text : undefined;
}

const LETTER = /[\p{L} ]/u;

function fromHex(run: string): Uint8Array {
  return Uint8Array.from({ length: run.length / 2 }, (_, at) => Number.parseInt(run.slice(2 * at, 2 * at + 2), 16));
}

const DIGITS = new Map(
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((digit, value) => [digit, value]),
);

function fromBase64(run: string): Uint8Array {
  const digits = run.replace(/=+$/, '');
  // One digit too many is what a cut text leaves behind.
  const whole = digits.length - (digits.length % 4 === 1 ? 1 : 0);
  const bytes: number[] = [];
  let [bits, held] = [0, 0];
  for (let at = 0; at < whole; at++) {
    bits = (bits << 6) | (DIGITS.get(digits.charAt(at)) ?? 0);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes.push((bits >> held) & 0xff);
    bits &= (1 << held) - 1;
  }
  return Uint8Array.from(bytes);
}

/** UTF-16 of Latin letters, as PowerShell codes it, by its low bytes. */
function wide(bytes: Uint8Array): Uint8Array {
  const isWide = bytes.length >= 8 && bytes.every((byte, at) => at % 2 === 0 || byte === 0);
  return isWide ? bytes.filter((_, at) => at % 2 === 0) : bytes;
}

/** Decodes what is UTF-8 as far as it goes: a text may have been cut in the middle of a character. */
function textOfUtf8(bytes: Uint8Array): string | undefined {
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : first >= 0xc2 && first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4) return undefined;
    if (at + length > bytes.length) return text;
    let code = length === 1 ? first : first & (0xff >> (length + 1));
    for (let more = 1; more < length; more++) {
      const byte = bytes[at + more] ?? 0;
      if ((byte & 0xc0) !== 0x80) return undefined;
      code = (code << 6) | (byte & 0x3f);
    }
    if (code > 0x10ffff) return undefined;
    text += String.fromCodePoint(code);
    at += length;
  }
  return text;
}
