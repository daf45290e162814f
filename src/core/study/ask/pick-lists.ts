import type { UnixMs } from '../../../base/time.ts';
import { QUESTION_CHARS_MAX, type Vocabulary } from '../../../model/query.ts';
import type { PickLists } from './query-pick.ts';
import { namesOf } from './read-names.ts';
import { timesOf } from './read-time.ts';
import { isStopWord, tokensOf } from './words.ts';

/** Ids of each kind that one request has. */
const ENTITIES_MAX = 60;
const RULES_MAX = 40;
const NAMED_MAX = 30;
const TIMES_MAX = 12;

/**
 * What a model may name for one question: the incident's entities, rules, products and streams, those of most alerts
 * first, and the times that the question states. Those that the question names are always among them.
 */
export function pickListsOf(question: string, vocabulary: Vocabulary, now: UnixMs): PickLists {
  const text = question.slice(0, QUESTION_CHARS_MAX);
  const tokens = tokensOf(text);
  const named = new Set(
    namesOf(tokens, text, vocabulary, stopWords(tokens)).flatMap(({ value, others }) => [value, ...others]),
  );
  const ordered = [
    ...vocabulary.entities.filter(({ key }) => named.has(key)),
    ...vocabulary.entities.filter(({ key }) => !named.has(key)),
  ];
  const times = timesOf(tokens, { window: vocabulary.window, now }).flatMap(({ span }) => [span.from, span.to]);
  const moments = [vocabulary.window.from, vocabulary.window.to, ...times].filter(time => time !== undefined);
  return {
    entities: ordered.slice(0, ENTITIES_MAX).map(({ key }, at) => ({ id: `N${at + 1}`, key })),
    rules: vocabulary.rules.slice(0, RULES_MAX).map(({ rule }, at) => ({ id: `D${at + 1}`, rule })),
    products: vocabulary.products.slice(0, NAMED_MAX).map((product, at) => ({ id: `P${at + 1}`, product })),
    streams: vocabulary.streams.slice(0, NAMED_MAX).map((stream, at) => ({ id: `W${at + 1}`, stream })),
    times: [...new Set(moments)].slice(0, TIMES_MAX).map((at, place) => ({ id: `T${place + 1}`, at })),
    techniques: vocabulary.techniques.filter(id => /^T\d{4}(\.\d{3})?$/.test(id)).slice(0, NAMED_MAX),
  };
}

/** The question with every name of the incident as its id, for a model that is told no names; `tell` has the rest of its words. */
export function withIds(
  question: string,
  vocabulary: Vocabulary,
  lists: PickLists,
  tell: (text: string) => string = text => text,
): string {
  const text = question.slice(0, QUESTION_CHARS_MAX);
  const tokens = tokensOf(text);
  const ids = new Map<string, string>([
    ...lists.entities.map(({ id, key }) => [key, id] as const),
    ...lists.products.map(({ id, product }) => [product, id] as const),
  ]);
  const told: string[] = [];
  let from = 0;
  for (const { value, own } of namesOf(tokens, text, vocabulary, stopWords(tokens))) {
    const start = tokens[own[0] ?? 0]?.start ?? from;
    const end = tokens[own.at(-1) ?? 0]?.end ?? start;
    told.push(tell(text.slice(from, start)), ids.get(value) ?? kindOf(value));
    from = end;
  }
  told.push(tell(text.slice(from)));
  return told
    .map(part => part.trim())
    .filter(part => part !== '')
    .join(' ');
}

function stopWords(tokens: ReturnType<typeof tokensOf>): ReadonlySet<number> {
  return new Set(tokens.flatMap(({ lower }, at) => (isStopWord(lower) ? [at] : [])));
}

/** Of an entity that has no id here its kind is told. */
function kindOf(value: string): string {
  const at = value.indexOf(':');
  return at < 0 ? 'name' : value.slice(0, at);
}
