import type { UnixMs } from '../../../base/time.ts';
import type { EntityInvolved, Predicate } from '../../../model/claim.ts';
import {
  type AlertFilter,
  type AskedSpan,
  FILTER_LIST_MAX,
  type Grouping,
  QUESTION_CHARS_MAX,
  type ReadQuestion,
  type Vocabulary,
} from '../../../model/query.ts';
import {
  ASKING,
  type Asked as Asks,
  EXTREMES,
  NOUNS,
  OUTCOMES,
  type Phrase,
  PREDICATES,
  ROLES,
  SEVERITIES,
} from './lexicon.ts';
import { type Match, matchesOf } from './match-phrase.ts';
import { queriesOf } from './question-queries.ts';
import { namesOf, type ReadName, recordFieldOf } from './read-names.ts';
import { type ReadTime, timesOf } from './read-time.ts';
import { isStopWord, stemOf, type Token, tokensOf } from './words.ts';

/** Everything that was read of a question, before it becomes queries. */
export interface Reading {
  readonly asks: Asks | undefined;
  readonly of: Grouping | undefined;
  readonly extreme: 'first' | 'last' | 'gravest' | 'most' | undefined;
  readonly roles: readonly EntityInvolved['role'][];
  readonly onlyGaps: boolean;
  readonly moment: UnixMs | undefined;
  /** What stands before a `before`, `after` or `around` that no time follows; else all of it. */
  readonly here: Part;
  /** What stands behind it. */
  readonly anchor: { readonly side: 'before' | 'after' | 'both'; readonly part: Part } | undefined;
}

/** What of a part of a question narrows alerts down. */
export interface Part {
  readonly where: AlertFilter;
  readonly names: readonly ReadName[];
  /** Words of `where.predicates`, as they would be looked for in texts. */
  readonly predicateWords: readonly string[];
  readonly isLast: boolean;
}

interface Grammar {
  readonly times: readonly ReadTime[];
  readonly predicates: readonly Match<readonly Predicate[]>[];
  readonly severities: readonly Match<NonNullable<AlertFilter['severities']>>[];
  readonly outcomes: readonly Match<'success' | 'failure'>[];
  readonly extremes: readonly Match<NonNullable<Reading['extreme']>>[];
  readonly asks: readonly Match<Asks>[];
  readonly nouns: readonly Match<Grouping>[];
  readonly roles: readonly Match<Reading['roles']>[];
  readonly turn: number | undefined;
}

/** The rarer the wish, the surer it is meant. */
const ASKS_RANK: readonly Asks[] = [
  'deeds',
  'absent',
  'held',
  'prevalence',
  'coverage',
  'proposals',
  'reviews',
  'acts',
  'count',
  'happened',
  'roles',
  'when',
  'who',
  'what',
];

/**
 * Reads a question in English by tables: which queries it may mean, by which of its words, and which were not understood.
 * Pure and total: any text gives an answer, and the same question the same one. The grammar is read before any name of
 * the incident is looked at, so what stands in records can fill a part of a query and never choose its form.
 */
export function readQuestion(text: string, vocabulary: Vocabulary, now: UnixMs): ReadQuestion {
  const question = text.slice(0, QUESTION_CHARS_MAX).toWellFormed();
  const tokens = tokensOf(question);
  const grammar = grammarOf(tokens, { window: vocabulary.window, now });
  const asks = asksOf(grammar, tokens);
  const noun = nounOf(grammar, asks);
  const used = new Set(
    [
      ...grammar.times,
      ...grammar.predicates,
      ...grammar.severities,
      ...grammar.extremes,
      ...grammar.asks,
      ...(noun === undefined ? [] : [noun]),
      ...(asks?.means === 'roles' ? grammar.roles : []),
    ].flatMap(({ own }) => own),
  );
  for (const [at, token] of tokens.entries()) if (isStopWord(token.lower)) used.add(at);
  const names = namesOf(tokens, question, vocabulary, used);
  const field = fieldOf(tokens, vocabulary, grammar, noun);
  for (const at of [...names, ...(field === undefined ? [] : [field])].flatMap(({ own }) => own)) used.add(at);
  const left = leftOver(tokens, used, vocabulary);
  const extreme = grammar.extremes[0];
  const split = grammar.turn;
  const inPart = (from: number, to: number): Part => partOf(grammar, names, left.words, vocabulary, tokens, [from, to]);
  const reading: Reading = {
    asks: asks?.means,
    of: field !== undefined ? { by: 'record', name: field.value } : noun?.means,
    extreme: extreme?.means,
    roles: grammar.roles.flatMap(({ means }) => means),
    onlyGaps: tokens.some(({ lower }) => GAP_WORDS.has(lower)),
    moment: grammar.times.find(({ moment }) => moment !== undefined)?.moment,
    here: inPart(0, split ?? tokens.length),
    anchor:
      split === undefined
        ? undefined
        : { side: SIDES[tokens[split]?.lower ?? ''] ?? 'after', part: inPart(split + 1, tokens.length) },
  };
  const understood = [
    ...grammar.times,
    ...grammar.predicates,
    ...grammar.severities,
    ...(extreme === undefined ? [] : [extreme]),
    ...(asks === undefined ? [] : [asks]),
    ...(noun === undefined || field !== undefined ? [] : [noun]),
    ...names,
    ...(field === undefined ? [] : [field]),
    ...left.words.map(({ at }) => ({ own: [at], as: 'a word to look for' })),
  ]
    .toSorted((a, b) => (a.own[0] ?? 0) - (b.own[0] ?? 0))
    .map(({ own, as }) => ({ text: own.map(at => tokens[at]?.text ?? '').join(' '), as }));
  return { queries: queriesOf(reading, vocabulary), understood, notUnderstood: left.unknown };
}

const GAP_WORDS = new Set(['missing', 'gap', 'gaps', 'silent', 'blind', 'stopped']);
const SIDES: { readonly [word: string]: 'before' | 'after' | 'both' } = {
  before: 'before',
  prior: 'before',
  after: 'after',
  following: 'after',
  around: 'both',
};

function grammarOf(tokens: readonly Token[], frame: Parameters<typeof timesOf>[1]): Grammar {
  const times: ReadTime[] = [];
  // A time that leaves nothing of those before it is not understood, rather than an answer that is always empty.
  for (const time of timesOf(tokens, frame)) if (isOpen(spanOf([...times, time]))) times.push(time);
  const taken = new Set(times.flatMap(({ own }) => own));
  const read = <T>(table: readonly Phrase<T>[], takes: boolean): readonly Match<T>[] => {
    // A word that has been read already is to the next table as if it were a name.
    const open = tokens.map((token, at) => (taken.has(at) ? { ...token, isQuoted: true } : token));
    const found = matchesOf(open, table);
    if (takes) for (const at of found.flatMap(({ own }) => own)) taken.add(at);
    return found;
  };
  const predicates = read(PREDICATES, true);
  const severities = read(SEVERITIES, true);
  const extremes = read(EXTREMES, true);
  const asks = read(ASKING, false);
  const turn = tokens.findIndex(
    ({ lower, isQuoted }, at) => !taken.has(at) && !isQuoted && Object.hasOwn(SIDES, lower),
  );
  return {
    times,
    predicates,
    severities,
    extremes,
    asks,
    outcomes: read(OUTCOMES, false),
    nouns: read(NOUNS, false),
    roles: read(ROLES, false),
    turn: turn < 0 ? undefined : turn,
  };
}

function asksOf(grammar: Grammar, tokens: readonly Token[]): Match<Asks> | undefined {
  const ranked = grammar.asks.toSorted((a, b) => ASKS_RANK.indexOf(a.means) - ASKS_RANK.indexOf(b.means));
  // "Who was involved" asks for roles; "the account involved in …" asks for an account.
  const isAside = ({ means, own }: Match<Asks>): boolean =>
    means === 'roles' && own.length === 1 && tokens[own[0] ?? 0]?.lower === 'involved' && tokens.length > 6;
  return ranked.find(match => !isAside(match));
}

/** What is asked for: the first noun behind the first asking word, else the first of all. */
function nounOf({ nouns, asks }: Grammar, chosen: Match<Asks> | undefined): Match<Grouping> | undefined {
  if (chosen === undefined) return undefined;
  const from = askingAt(asks) ?? 0;
  const found = nouns.find(noun => noun.from > from) ?? nouns[0];
  // "Who signed in to the server" asks for a person, "who was the sender" for a sender.
  if (chosen.means === 'who' && found !== undefined && found.from - chosen.from > NEAR_WORDS) return undefined;
  return found;
}
const NEAR_WORDS = 3;

/** The first word that asks for something. */
function askingAt(asks: Grammar['asks']): number | undefined {
  return asks.find(({ means }) => means === 'what' || means === 'who' || means === 'count')?.own[0];
}

/** A field of the records, where it is named before what else is asked for, or more exactly. */
function fieldOf(
  tokens: readonly Token[],
  { recordFields }: Vocabulary,
  grammar: Grammar,
  noun: Match<Grouping> | undefined,
): ReadName | undefined {
  const asking = askingAt(grammar.asks);
  if (asking === undefined) return undefined;
  const words = new Set(
    [...grammar.nouns, ...grammar.asks, ...grammar.times, ...grammar.extremes].flatMap(one => one.own),
  );
  for (const [at, { lower }] of tokens.entries()) if (isStopWord(lower)) words.add(at);
  const field = recordFieldOf(tokens, recordFields, words, asking);
  if (field === undefined || noun === undefined) return field;
  const isMore = field.own.length > noun.own.length || /[a-z][A-Z].*[a-z][A-Z]/.test(field.value);
  return isMore || (field.own[0] ?? 0) < noun.from ? field : undefined;
}

interface Left {
  readonly words: readonly { readonly at: number; readonly stem: string }[];
  readonly unknown: readonly string[];
}

/** Words that are neither grammar nor names: looked for where they stand in an alert, else said not to be understood. */
function leftOver(tokens: readonly Token[], used: ReadonlySet<number>, vocabulary: Vocabulary): Left {
  const known = new Set(vocabulary.words);
  const words: { at: number; stem: string }[] = [];
  const unknown: string[] = [];
  for (const [at, { text, lower }] of tokens.entries()) {
    if (used.has(at)) continue;
    const stems = [lower, ...lower.split(/[^\p{L}\p{N}]+/u)]
      .map(stemOf)
      .filter(stem => stem.length > 1 && known.has(stem));
    for (const stem of new Set(stems)) words.push({ at, stem });
    if (stems.length === 0 && /[\p{L}\p{N}]/u.test(lower)) unknown.push(text);
  }
  return { words: words.slice(0, FILTER_LIST_MAX), unknown };
}

function partOf(
  grammar: Grammar,
  names: readonly ReadName[],
  left: Left['words'],
  vocabulary: Vocabulary,
  tokens: readonly Token[],
  [from, to]: readonly [number, number],
): Part {
  const within = <T extends { readonly own: readonly number[] }>(all: readonly T[]): readonly T[] =>
    all.filter(({ own }) => (own[0] ?? 0) >= from && (own[0] ?? 0) < to);
  const here = within(names);
  const predicates = within(grammar.predicates);
  const known = new Set(vocabulary.words);
  const values = (kind: ReadName['kind']): readonly string[] =>
    [...new Set(here.filter(name => name.kind === kind).map(({ value }) => value))].slice(0, FILTER_LIST_MAX);
  const about = [...new Set(left.filter(({ at }) => at >= from && at < to).map(({ stem }) => stem))];
  // Where the predicate says so already it is not said twice.
  const outcome = predicates.length > 0 ? undefined : within(grammar.outcomes)[0]?.means;
  const span = spanOf(within(grammar.times));
  const where: AlertFilter = {
    ...listed(
      'entities',
      values('entity').map(key => ({ key })),
    ),
    ...listed('predicates', [...new Set(predicates.flatMap(({ means }) => means))]),
    ...listed('products', values('product')),
    ...listed('techniques', values('technique')),
    ...listed('severities', [...new Set(within(grammar.severities).flatMap(({ means }) => means))]),
    ...(outcome === undefined ? {} : { outcome }),
    ...listed('about', about),
    ...(span === undefined ? {} : { span }),
  };
  const predicateWords = predicates
    .flatMap(({ own }) => own.map(at => stemOf(tokens[at]?.lower ?? '')))
    .filter(stem => known.has(stem));
  return { where, names: here, predicateWords, isLast: within(grammar.extremes).some(({ means }) => means === 'last') };
}

function listed<K extends string, T>(name: K, list: readonly T[]): { readonly [N in K]?: readonly T[] } {
  return list.length === 0 ? {} : ({ [name]: list } as { readonly [N in K]?: readonly T[] });
}

function isOpen(span: AskedSpan | undefined): boolean {
  return span?.from === undefined || span.to === undefined || span.from < span.to;
}

/** Several times narrow each other down. */
function spanOf(times: readonly ReadTime[]): AskedSpan | undefined {
  if (times.length === 0) return undefined;
  const from = Math.max(...times.map(({ span }) => span.from ?? Number.NEGATIVE_INFINITY)) as UnixMs;
  const to = Math.min(...times.map(({ span }) => span.to ?? Number.POSITIVE_INFINITY)) as UnixMs;
  return { ...(Number.isFinite(from) ? { from } : {}), ...(Number.isFinite(to) ? { to } : {}) };
}
