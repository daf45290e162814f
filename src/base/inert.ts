/*
 * Text whose writer may be an attacker, made harmless for whatever draws it. Which characters those are is said once,
 * here: the pages draw them as glyphs, everything that is written as text has them as escapes.
 */

/**
 * A character that a person would not see or that would move, hide or end what stands beside it: control characters,
 * format characters (direction, zero width, tags), separators of lines, unassigned and private ones, halves of a pair,
 * odd spaces, variation selectors, and fillers that draw nothing.
 */
export const UNSEEN =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/gu;

/** Most of what is written is plain, and looking at it once must cost little. */
const PLAIN = /^[\n\x20-\x7e]*$/;

/**
 * Text for a terminal, a log or any line of plain text. It holds no control character but the line break, and none of
 * {@link UNSEEN}: each is written as `\uXXXX`, a code unit at a time. In the text of a JSON document, where they can only
 * stand inside a string, that is the escape which JSON has for them: the document still means the same.
 */
export function inertText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSEEN, unseen => (unseen === '\n' ? unseen : escaped(unseen)));
}

/** The same for text of which a line break, too, would begin something new. */
export function inertLine(text: string): string {
  return inertText(text).replaceAll('\n', '\\u000a');
}

function escaped(character: string): string {
  let units = '';
  for (let at = 0; at < character.length; at++) units += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return units;
}
