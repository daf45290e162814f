import { oncePer } from '../../../base/once.ts';
import type { AskedRecord } from './asked.ts';
import { wordsIn } from './words.ts';

/** What a word in the title or rule counts against one in a field or a name. */
const TITLE_WEIGHT = 2;
/** Alerts that match at least so much of what the best one matches are kept. */
const KEPT_SHARE = 0.6;

/** The words of an alert, each with its weight. They never change, so they are read once. */
export const textsOf = oncePer(({ alert }: AskedRecord): ReadonlyMap<string, number> => {
  const words = new Map<string, number>();
  const rest = [...Object.values(alert.fields), ...alert.entities.map(({ label }) => label), alert.product];
  for (const text of rest) if (typeof text === 'string') for (const word of wordsIn(text)) words.set(word, 1);
  for (const text of [alert.title, alert.rule]) for (const word of wordsIn(text)) words.set(word, TITLE_WEIGHT);
  return words;
});

/**
 * How well each record matches the words: a word counts by how rare it is among these records, twice as much in a title.
 * Only those that match nearly as well as the best are in the answer; none where no word stands anywhere.
 */
export function relevanceOf(
  records: readonly AskedRecord[],
  words: readonly string[],
): ReadonlyMap<AskedRecord, number> {
  const rarity = new Map(
    words.map(word => {
      const holders = records.filter(one => textsOf(one).has(word)).length;
      return [word, holders === 0 ? 0 : Math.log(1 + records.length / holders)] as const;
    }),
  );
  const scores = new Map<AskedRecord, number>();
  let best = 0;
  for (const one of records) {
    const texts = textsOf(one);
    let score = 0;
    for (const [word, weight] of rarity) score += weight * (texts.get(word) ?? 0);
    if (score > 0) scores.set(one, score);
    best = Math.max(best, score);
  }
  for (const [one, score] of scores) if (score < KEPT_SHARE * best) scores.delete(one);
  return scores;
}
