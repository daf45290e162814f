import { GAP, GAP_WORDS_MAX, type Phrase } from './lexicon.ts';
import type { Token } from './words.ts';

/** A phrase of the grammar where it stands in a question: words `from` to before `to`. */
export interface Match<T> {
  readonly means: T;
  readonly as: string;
  readonly from: number;
  readonly to: number;
  /** The words that it is made of, without those in its gaps. */
  readonly own: readonly number[];
}

/**
 * Where phrases of a table stand in the words, longest first, then in their order; none overlaps another. What a person
 * quoted is a name and no grammar. Pure in the words: nothing of a record is looked at.
 */
export function matchesOf<T>(tokens: readonly Token[], table: readonly Phrase<T>[]): readonly Match<T>[] {
  const taken = new Set<number>();
  const found: Match<T>[] = [];
  for (const phrase of table) {
    for (let from = 0; from < tokens.length; from++) {
      const own = standsAt(tokens, phrase.words, from);
      const last = own?.at(-1);
      if (own === undefined || last === undefined || own.some(at => taken.has(at))) continue;
      for (const at of own) taken.add(at);
      found.push({ means: phrase.means, as: phrase.as, from, to: last + 1, own });
    }
  }
  return found.sort((a, b) => a.from - b.from);
}

function standsAt(
  tokens: readonly Token[],
  words: Phrase<unknown>['words'],
  from: number,
): readonly number[] | undefined {
  const own: number[] = [];
  let at = from;
  let gap = 0;
  for (const choices of words) {
    if (choices[0] === GAP) {
      gap = GAP_WORDS_MAX;
      continue;
    }
    const place = placeOf(tokens, choices, at, gap);
    if (place === undefined) return undefined;
    own.push(place);
    at = place + 1;
    gap = 0;
  }
  return own;
}

function placeOf(tokens: readonly Token[], choices: readonly string[], at: number, gap: number): number | undefined {
  for (let place = at; place <= at + gap; place++) {
    const token = tokens[place];
    if (token !== undefined && !token.isQuoted && choices.includes(token.lower)) return place;
  }
  return undefined;
}
