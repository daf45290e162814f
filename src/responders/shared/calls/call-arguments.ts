import { canonicalJson } from '../../../base/canonical.ts';
import { inertLine } from '../../../base/inert.ts';
import { fail, ok, type Result } from '../../../base/result.ts';

/** Characters of the arguments of one call. People read all that they sign, so more is not proposed. */
const ARGUMENTS_CHARS_MAX = 4_000;
/** Arguments of one call, each of which stands on the page as a line of its own. */
const ARGUMENTS_MAX = 40;

/**
 * The one text of a call's arguments: RFC 8785, in which every character that a person would not see is written as its escape.
 * It means the same JSON. The failure says why no call is made of them.
 */
export function printArguments(given: unknown): Result<string, string> {
  const text = canonicalJson(given);
  if (text === undefined) return fail('the arguments are no JSON');
  // What composes differently than it is written would look like something else.
  const seen = text.normalize('NFC') === text ? text : text.replace(/[^\x20-\x7e]/g, escaped);
  const printed = inertLine(seen);
  const read = readArguments(printed);
  return read.ok ? ok(printed) : read;
}

/** The arguments of a text that {@link printArguments} prints. */
export function readArguments(text: string): Result<{ readonly [name: string]: unknown }, string> {
  if (text.length > ARGUMENTS_CHARS_MAX)
    return fail(`The arguments are longer than ${ARGUMENTS_CHARS_MAX} characters, which nobody would read.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return fail('The arguments are no JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('The arguments are no object.');
  if (Object.keys(value).length > ARGUMENTS_MAX) return fail(`There are more than ${ARGUMENTS_MAX} arguments.`);
  return ok(value as { readonly [name: string]: unknown });
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
