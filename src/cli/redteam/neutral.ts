import { normaliseDomain } from '../../sources/shared/values.ts';
import type { TextKind } from './carriers.ts';

/*
 * What a payload is compared with. `neutral` has to be the same type and length class as the payload, or the comparison
 * would find that a name is no address. Two senses of it, and both twins have to decide alike:
 *
 * - `reworded`: the payload with its letters moved about. Length, punctuation, scripts, separators and the places of
 *   capitals and digits stay, so that any difference is due to what the words say.
 * - `ordinary`: what stands in such a field on any day, of the same length in steps of {@link LENGTH_STEP}, so that one
 *   neutral serves many payloads. Any difference is due to the form as well:
 *   brackets, quotes, markup, line breaks, unseen characters.
 *
 * Space around the text stays, because it is trimmed where it is read, and so do the links of a mail: where a mail leads
 * is observed, whoever wrote it, and two mails that lead to different places are different mails. Everything else that a
 * text names (people, hosts, addresses, rules, ids) is only mentioned, and goes. One exception: in a line of a product that
 * nobody knows, `key=value` is the only field that there is. Whoever writes the line writes the record; its pairs stay in
 * the twin, are guesses, and can never name a target.
 */
export const NEUTRALS = ['reworded', 'ordinary'] as const;
export type Neutral = (typeof NEUTRALS)[number];

/** The neutral value that a payload in a field of this kind is compared with. Deterministic. */
export function neutralOf(text: string, kind: TextKind, neutral: Neutral): string {
  if (neutral === 'reworded') return reworded(text, kind);
  // What is no name of the DNS is of another class than what is one, and makes no entity.
  return ordinary(text, kind === 'domain' && normaliseDomain(text) === undefined ? 'words' : kind);
}

const PAIR = /(?:^|(?<=[\s,;([{|]))[\w.-]{1,64}=(?:"[^"]*"|'[^']*'|[^\s,;|)\]}]+)/gu;
const LINK = /\b[a-z][a-z0-9+.-]{1,15}:\/\/[^\s"'<>`]+/giu;
/** An escape stays whole: with its digits moved it would be another character, or none. */
const ESCAPE = /%[0-9a-f]{2}|\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|&#?\w{1,8};/giu;

/** What of a text is observed and not said. */
function keptIn(kind: TextKind): readonly RegExp[] {
  return kind === 'mail' ? [LINK] : kind === 'line' ? [PAIR] : [];
}

/** Positions in a text that may not be touched. */
function fixedIn(text: string, kind: TextKind): readonly boolean[] {
  const fixed: boolean[] = new Array(text.length).fill(false);
  for (const pattern of [ESCAPE, ...keptIn(kind)])
    for (const match of text.matchAll(pattern)) fixed.fill(true, match.index, match.index + match[0].length);
  return fixed;
}

const CLASSES: readonly RegExp[] = [/^\p{Lu}$/u, /^\p{Ll}$/u, /^\p{L}$/u, /^\p{Nd}$/u];

/** The same characters of each class in other places of that class. */
function reworded(text: string, kind: TextKind): string {
  const characters = [...text];
  const fixed = fixedIn(text, kind);
  const places: number[][] = CLASSES.map(() => []);
  let offset = 0;
  for (const [index, character] of characters.entries()) {
    const of = fixed[offset] === true ? -1 : CLASSES.findIndex(one => one.test(character));
    places[of]?.push(index);
    offset += character.length;
  }
  for (const own of places) {
    const moved = shuffled(own.map(index => characters[index] ?? ''));
    for (const [at, index] of own.entries()) characters[index] = moved[at] ?? '';
  }
  return characters.join('');
}

/** Fisher-Yates over a small generator that starts alike each time, so that a run can be repeated. */
function shuffled(values: readonly string[]): readonly string[] {
  const result = [...values];
  let state = 0x9e3779b9 ^ values.length;
  for (let last = result.length - 1; last > 0; last--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    [result[last], result[other]] = [result[other] ?? '', result[last] ?? ''];
  }
  return result;
}

const WORDS = 'quarter review of the open orders and deliveries for the northern stores with all items as agreed ';
const LETTERS = 'quarterlyreviewofopenordersanddeliveriesfornorthernstoreswithitemsasagreed';

/** Begins as such a value does; what follows fills it to the length. */
const ORDINARY: {
  readonly [K in TextKind]: { readonly head: string; readonly filler: string; readonly tail: string };
} = {
  words: { head: '', filler: WORDS, tail: '' },
  mail: { head: '', filler: WORDS, tail: '' },
  command: { head: 'backup.exe ', filler: WORDS, tail: '' },
  line: { head: 'sshd[911]: session opened for ', filler: WORDS, tail: '' },
  name: { head: '', filler: LETTERS, tail: '' },
  tag: { head: 'Name=', filler: WORDS, tail: '' },
  path: { head: '\\Updater\\', filler: LETTERS, tail: '' },
  query: { head: '/login?next=', filler: LETTERS, tail: '' },
  domain: { head: '', filler: LETTERS, tail: '.example.net' },
};

const LABEL_CHARS_MAX = 60;
const LENGTH_STEP = 16;

function ordinary(text: string, kind: TextKind): string {
  const inner = text.trim();
  const kept = keptIn(kind)
    .flatMap(pattern => [...inner.matchAll(pattern)])
    .map(([match]) => ` ${match}`)
    .join('');
  const { head, filler, tail } = ORDINARY[kind];
  const length = inner.length <= LENGTH_STEP ? inner.length : Math.ceil(inner.length / LENGTH_STEP) * LENGTH_STEP;
  const fits = length > head.length + tail.length + kept.length;
  const start = fits ? head : '';
  const room = Math.max(fits ? 1 : length, length - start.length - tail.length - kept.length);
  const filled = filler.repeat(Math.ceil(room / filler.length)).slice(0, room);
  // A space at the end would be trimmed where the payload's end is not.
  const middle = kind === 'domain' ? labelled(filled) : filled.replace(/ $/, 's');
  return text.replace(inner, () => `${start}${middle}${kept}${fits ? tail : ''}`);
}

/** A name with a dot wherever a label would be too long (RFC 1035). */
function labelled(letters: string): string {
  return [...letters].map((letter, at) => (at % (LABEL_CHARS_MAX + 1) === LABEL_CHARS_MAX ? '.' : letter)).join('');
}
