import { SECRET_MARK, scrubSecrets } from './secrets.ts';
import { LEAVING_WORDS } from './words.ts';

/** What of a text may leave where names are withheld. */
export interface Withholding {
  /** The text in words of our own list, ids and marks of what stood there; nothing else of it is left. */
  readonly text: (text: string) => string;
  /** A short word of a record (an operation) as words of our own list; undefined where any of it is not of that list. */
  readonly literal: (text: string) => string | undefined;
}

const TOKEN = /[^\s"'`,;(){}[\]|=]+/gu;
const PIECE = /[\p{L}\p{N}]+/gu;
/** `GetCallerIdentity` is three words. A piece with a digit is one, so that `host12` is not `host`. */
const CAMEL = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g;

/** What a token is by its form; what it says is left out. */
const MARKS: readonly (readonly [RegExp, string])[] = [
  [/^<secret>$/, SECRET_MARK],
  [/^[^@]+@./, '<mail>'],
  [/^[a-z][a-z0-9+.-]*:\/\//i, '<url>'],
  [/^\[?(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?\]?$|^[0-9a-f]*:[0-9a-f:]*:[0-9a-f.]*$/i, '<address>'],
  [/^S-1-[\d-]+$|^\{?[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\}?$|^arn:/i, '<id>'],
  [/^(?:[a-z]:)?(?:[\\/][^\\/]+){2,}|^\\\\|^[%$~]/i, '<path>'],
  [/^[0-9a-f]{16,}$/i, '<hash>'],
  [/^[\d.,:+-]*\d[\d.,:+-]*$/, '<number>'],
];
const WORD_MARK = '<word>';
/** What is longer is no word, and its form is not looked at. */
const TOKEN_CHARS_MAX = 256;
/** A known name of this many characters is looked for in texts; a shorter one falls to the list of words. */
const NAMED_CHARS_MIN = 2;

/**
 * Bound to the names of one incident: `idOf` those that have an id, `known` all. A word of our own list that is also
 * somebody's name here does not leave.
 */
export function createWithholding(idOf: ReadonlyMap<string, string>, known: Iterable<string>): Withholding {
  const forbidden = new Set<string>();
  for (const name of known) {
    const words = piecesOf(name).map(word => word.toLowerCase());
    if (words.length > 0 && words.every(word => LEAVING_WORDS.has(word))) for (const word of words) forbidden.add(word);
  }
  const mayLeave = (word: string): boolean => LEAVING_WORDS.has(word) && !forbidden.has(word);
  const names = [...idOf.keys()].filter(name => name.length >= NAMED_CHARS_MIN);
  const pattern = namesPattern(names);
  return {
    literal: text => {
      const words = wordsOf(text);
      return words.length > 0 && words.length <= LITERAL_WORDS_MAX && words.every(mayLeave)
        ? words.join('_')
        : undefined;
    },
    text: text => {
      const parts: string[] = [];
      let at = 0;
      const clean = scrubSecrets(text);
      if (pattern !== undefined) {
        for (const match of clean.matchAll(pattern)) {
          redact(clean.slice(at, match.index), mayLeave, parts);
          parts.push(idOf.get(match[0].toLowerCase()) ?? WORD_MARK);
          at = match.index + match[0].length;
        }
      }
      redact(clean.slice(at), mayLeave, parts);
      return parts.join(' ');
    },
  };
}

const LITERAL_WORDS_MAX = 6;

function namesPattern(names: readonly string[]): RegExp | undefined {
  if (names.length === 0) return undefined;
  const escaped = names
    .toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map(name => name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'));
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join('|')})(?![\\p{L}\\p{N}])`, 'giu');
}

function redact(text: string, mayLeave: (word: string) => boolean, into: string[]): void {
  for (const [token] of text.matchAll(TOKEN)) {
    const mark = token.length > TOKEN_CHARS_MAX ? WORD_MARK : MARKS.find(([form]) => form.test(token))?.[1];
    for (const part of mark === undefined ? wordsOf(token) : [mark]) {
      const kept = mark !== undefined || mayLeave(part) ? part : WORD_MARK;
      // A run of what is left out says no more than one of it.
      if (kept !== into.at(-1) || !kept.startsWith('<')) into.push(kept);
    }
  }
}

function piecesOf(text: string): readonly string[] {
  return text.match(PIECE) ?? [];
}

function wordsOf(text: string): readonly string[] {
  return piecesOf(text).flatMap(piece =>
    /^[A-Za-z]+$/.test(piece) ? (piece.match(CAMEL) ?? [piece]).map(word => word.toLowerCase()) : [piece.toLowerCase()],
  );
}
