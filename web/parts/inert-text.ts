import { UNSEEN } from '../../src/base/inert.ts';

/** One run of a text: as it stands, or one character that a person would not see or that would move others about. */
export type Run =
  | { readonly kind: 'plain'; readonly text: string }
  | { readonly kind: 'glyph'; readonly glyph: string; readonly name: string };

const NAMED = new Map<number, string>([
  [0x00a0, 'no-break space'],
  [0x00ad, 'soft hyphen'],
  [0x034f, 'grapheme joiner'],
  [0x061c, 'Arabic letter mark'],
  [0x115f, 'Hangul filler'],
  [0x180e, 'Mongolian vowel separator'],
  [0x200b, 'zero-width space'],
  [0x200c, 'zero-width non-joiner'],
  [0x200d, 'zero-width joiner'],
  [0x200e, 'left-to-right mark'],
  [0x200f, 'right-to-left mark'],
  [0x2028, 'line separator'],
  [0x2029, 'paragraph separator'],
  [0x202a, 'left-to-right embedding'],
  [0x202b, 'right-to-left embedding'],
  [0x202c, 'pop directional formatting'],
  [0x202d, 'left-to-right override'],
  [0x202e, 'right-to-left override'],
  [0x2060, 'word joiner'],
  [0x2066, 'left-to-right isolate'],
  [0x2067, 'right-to-left isolate'],
  [0x2068, 'first strong isolate'],
  [0x2069, 'pop directional isolate'],
  [0x3164, 'Hangul filler'],
  [0xfeff, 'byte order mark'],
]);

/**
 * The runs of a text whose writer may be an attacker. Concatenating what is kept and what the glyphs stand for gives
 * the text back; nothing is dropped, and no character is left that hides, reorders or ends a line unless `keepLines`.
 */
export function runsOf(text: string, keepLines = false): readonly Run[] {
  const runs: Run[] = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (keepLines && (match[0] === '\n' || match[0] === '\t')) continue;
    if (match.index > from) runs.push({ kind: 'plain', text: text.slice(from, match.index) });
    runs.push(glyphOf(match[0]));
    from = match.index + match[0].length;
  }
  if (from < text.length) runs.push({ kind: 'plain', text: text.slice(from) });
  return runs;
}

function glyphOf(character: string): Run {
  const code = character.codePointAt(0) ?? 0;
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  if (code < 0x20)
    return { kind: 'glyph', glyph: String.fromCodePoint(0x2400 + code), name: `control character ${hex}` };
  if (code === 0x7f) return { kind: 'glyph', glyph: '\u2421', name: `control character ${hex}` };
  const name = NAMED.get(code);
  return { kind: 'glyph', glyph: hex, name: name === undefined ? `unseen character ${hex}` : `${name} ${hex}` };
}

/** The same as one text, for where there are no elements: what is read aloud, and what comes up under a pointer. */
export function drawn(text: string): string {
  return runsOf(text)
    .map(run => (run.kind === 'plain' ? run.text : run.glyph))
    .join('');
}

/** An identifier shortened in the middle, so that both ends can be compared. */
export function shortened(text: string, head = 8, tail = 4): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}
