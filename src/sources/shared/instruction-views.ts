/*
 * A text as somebody who reads it closely would see it: what does not show taken out, and what is coded in a plain way
 * undone. Bounded, and one layer deep: what is coded twice is left.
 */

/** A run that is coded is at least so long: shorter ones come by chance, and hold no sentence. */
const CODED = /[0-9a-f]{24,}|[A-Za-z0-9+/]{24,}={0,2}/giu;
const CODED_RUNS_MAX = 8;
/** So much of what was decoded has to be letters and spaces, or it was no text. */
const LETTERS_SHARE_MIN = 0.7;

/** The text itself, folded, then each other way of reading it that it offers; the folded one first. */
export function viewsOf(text: string): readonly string[] {
  const folded = fold(text);
  const views = [folded];
  const percent = /%[0-9a-f]{2}/i.test(folded) ? fold(fromPercent(folded)) : folded;
  if (percent !== folded) views.push(percent);
  for (const view of [...views]) {
    if (/\w[-_+]\w+[-_+]\w+[-_+]\w/.test(view)) views.push(view.replaceAll(/[-_+]+/g, ' '));
    const plain = fromLeet(view);
    if (plain !== view) views.push(plain);
  }
  for (const [run] of [...folded.matchAll(CODED)].slice(0, CODED_RUNS_MAX)) {
    const decoded = decodedOf(run);
    if (decoded !== undefined) views.push(fold(decoded));
  }
  return views;
}

/** Characters that do not show are taken out and look-alikes folded, so that they cannot break a word up. */
function fold(text: string): string {
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

/** Words in which digits stand among letters: a host's number stands at the end of its name, and stays. */
function fromLeet(text: string): string {
  if (!/\p{L}[013457]\p{L}/u.test(text) && !/\b\d\p{L}+\d/u.test(text)) return text;
  return text.replaceAll(/[\p{L}\d]*(?:\p{L}\d|\d\p{L})[\p{L}\d]*/gu, word =>
    word.replaceAll(/[013457]/g, digit => LEET[digit] ?? digit),
  );
}

function decodedOf(run: string): string | undefined {
  const bytes = /^[0-9a-f]+$/i.test(run) && run.length % 2 === 0 ? fromHex(run) : fromBase64(run);
  const text = bytes === undefined ? undefined : textOfUtf8(wide(bytes));
  if (text === undefined) return undefined;
  const letters = [...text.matchAll(/[\p{L} ]/gu)].length;
  return letters >= text.length * LETTERS_SHARE_MIN ? text : undefined;
}

function fromHex(run: string): Uint8Array {
  return Uint8Array.from({ length: run.length / 2 }, (_, at) => Number.parseInt(run.slice(2 * at, 2 * at + 2), 16));
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function fromBase64(run: string): Uint8Array | undefined {
  const digits = run.replace(/=+$/, '');
  // One digit too many is what a cut text leaves behind.
  const whole = digits.length - (digits.length % 4 === 1 ? 1 : 0);
  const bytes: number[] = [];
  let [bits, held] = [0, 0];
  for (let at = 0; at < whole; at++) {
    bits = (bits << 6) | ALPHABET.indexOf(digits.charAt(at));
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
