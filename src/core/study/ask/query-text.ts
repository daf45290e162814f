import { rfc3339, type UnixMs } from '../../../base/time.ts';
import { streamText } from '../../../model/coverage.ts';
import type { AlertFilter, AskedOrder, AskedSpan, Grouping, Query, SentencePart } from '../../../model/query.ts';
import { durationText } from '../duration-text.ts';
import { NOUNS, PREDICATE_TITLES } from './lexicon.ts';

/** The name of an entity as recorded; undefined where the incident has none of that key. */
export type LabelOf = (key: string) => string | undefined;

const ours = (text: string): SentencePart => ({ kind: 'ours', text });
const value = (text: string): SentencePart => ({ kind: 'value', text });

const ORDER_TEXT: { readonly [O in AskedOrder]: string } = {
  first: 'the earliest first',
  last: 'the latest first',
  gravest: 'the gravest first',
  most: 'the most frequent first',
  best: 'the best match first',
};

/**
 * The query as a sentence of ours: "Sign-ins that failed, of dana, on db1, from 2026-03-02 10:00 to 12:00 UTC". Two
 * queries that ask for something else have another sentence. Names within it are parts of their own.
 */
export function sentenceOf(query: Query, labelOf: LabelOf): readonly SentencePart[] {
  return together([...begin(query, labelOf), ...bound(query)]);
}

export function sentenceText(parts: readonly SentencePart[]): string {
  return parts.map(({ text }) => text).join('');
}

function bound(query: Query): readonly SentencePart[] {
  return 'limit' in query ? [ours(`; at most ${query.limit}`)] : [];
}

function begin(query: Query, labelOf: LabelOf): readonly SentencePart[] {
  switch (query.form) {
    case 'alerts':
      return [...capital(alertsText(query.where, labelOf)), ours(`, ${ORDER_TEXT[query.order]}`)];
    case 'values':
      return [
        ...capital(groupingParts(query.of)),
        ours(' in '),
        ...alertsText(query.where, labelOf),
        ours(`, ${ORDER_TEXT[query.order]}`),
      ];
    case 'count':
      return [ours('How many '), ...alertsText(query.where, labelOf)];
    case 'entities':
      return [
        ours(
          query.kinds.length === 0 ? 'Everything involved' : `Every ${query.kinds.map(wordOf).join(' or ')} involved`,
        ),
        ours(query.roles.length === 0 ? ', with its role' : ` as ${query.roles.join(' or ')}`),
      ];
    case 'held':
      return [
        ours('Who held '),
        value(nameOf(query.entity, labelOf)),
        ours(
          query.at === undefined
            ? ', or was held by it, over all records'
            : `, or was held by it, at ${minute(query.at)} UTC`,
        ),
      ];
    case 'around':
      return aroundText(query, labelOf);
    case 'coverage':
      return [
        ours(query.only === 'gaps' ? 'What is missing' : 'What was heard and what is missing'),
        ...(query.stream === undefined ? [] : [ours(' of '), value(streamText(query.stream))]),
        ...spanText(query.span),
      ];
    case 'decisions':
      return [
        ours(DECISIONS[query.what]),
        ...(query.target === undefined
          ? [ours(' of this incident')]
          : [ours(' on '), value(nameOf(query.target, labelOf))]),
      ];
    case 'prevalence':
      return [
        ours('How common '),
        value(nameOf(query.entity, labelOf)),
        ours(' is in all that this installation has seen'),
      ];
    case 'absent':
      return [ours('Whether there is no sign of '), ...alertsText(query.where, labelOf)];
  }
}

const DECISIONS = { proposals: 'Proposals', reviews: 'Reviews', acts: 'Acts of ours' } as const;

function aroundText(query: Extract<Query, { form: 'around' }>, labelOf: LabelOf): readonly SentencePart[] {
  const side = { before: 'before', after: 'after', both: 'around' }[query.side];
  const { anchor } = query;
  const moment =
    anchor.kind === 'time'
      ? [ours(`${minute(anchor.at)} UTC`)]
      : anchor.kind === 'alert'
        ? [ours('the alert '), value(anchor.alert)]
        : [ours(`the ${anchor.kind} of `), ...alertsText(anchor.where, labelOf)];
  return [
    ...capital(alertsText(query.where, labelOf)),
    ours(`, at most ${durationText(query.withinMs)} ${side} `),
    ...moment,
    ours(', the nearest first'),
  ];
}

/** `sign-ins that failed, of dana, on db1`: which alerts, in the order of the filter. */
function alertsText(where: AlertFilter, labelOf: LabelOf): readonly SentencePart[] {
  const predicates = where.predicates ?? [];
  const parts: SentencePart[] = [
    ours(predicates.length === 0 ? 'alerts' : predicates.map(one => PREDICATE_TITLES[one] ?? one).join(' or ')),
  ];
  if (where.outcome !== undefined) parts.push(ours(where.outcome === 'success' ? ' that succeeded' : ' that failed'));
  for (const { key, as } of where.entities ?? []) {
    parts.push(ours(`, ${preposition(key, as)} `), value(nameOf(key, labelOf)));
  }
  parts.push(...named(', of the rule ', where.rules), ...named(', by ', where.products));
  parts.push(...named(', with the technique ', where.techniques));
  if (where.severities !== undefined) parts.push(ours(`, of severity ${where.severities.join(' or ')}`));
  parts.push(...named(', about ', where.about, ' '));
  return [...parts, ...spanText(where.span)];
}

function named(lead: string, values: readonly string[] | undefined, between = ' or '): readonly SentencePart[] {
  return (values ?? []).flatMap((one, at) => [ours(at === 0 ? lead : between), value(one)]);
}

const PREPOSITIONS: { readonly [kind: string]: string } = {
  user: 'of',
  nhi: 'of',
  host: 'on',
  ip: 'with the address',
};

function preposition(key: string, as: NonNullable<AlertFilter['entities']>[number]['as']): string {
  const kind = key.slice(0, key.indexOf(':'));
  switch (as) {
    case 'actor':
      return 'done by';
    case 'target':
      return 'done to';
    case 'observer':
      return 'seen by';
    case 'related':
      return 'related to';
    case undefined:
      return PREPOSITIONS[kind] ?? `with the ${wordOf(kind)}`;
  }
}

const wordOf = (kind: string): string => (kind === 'nhi' ? 'machine identity' : kind.replaceAll('_', ' '));

function nameOf(key: string, labelOf: LabelOf): string {
  return labelOf(key) ?? key.slice(key.indexOf(':') + 1);
}

function groupingParts(of: Grouping): readonly SentencePart[] {
  return of.by === 'record' ? [ours('values of the field '), value(of.name)] : [ours(groupingTitle(of).toLowerCase())];
}

/** What is told apart, in the plural: `Accounts`, `Hosts`. */
export function groupingTitle(of: Grouping): string {
  if (of.by === 'record') return of.name;
  const known = NOUNS.find(({ means }) => JSON.stringify(means) === JSON.stringify(of))?.as;
  const title =
    known ??
    (of.by === 'entity'
      ? of.kinds.map(wordOf).join(' or ')
      : of.by === 'field'
        ? of.field.replaceAll('_', ' ')
        : KINDS);
  return `${title.charAt(0).toUpperCase()}${title.slice(1)}${of.by === 'entity' && of.as !== undefined ? ` (${of.as})` : ''}`;
}
const KINDS = 'kinds of event';

function spanText(span: AskedSpan | undefined): readonly SentencePart[] {
  const from = span?.from;
  const to = span?.to;
  if (from === undefined && to === undefined) return [];
  if (from === undefined) return [ours(`, before ${minute(to)} UTC`)];
  if (to === undefined) return [ours(`, from ${minute(from)} UTC on`)];
  return [ours(`, from ${minute(from)} to ${minute(to)} UTC`)];
}

function minute(time: UnixMs | undefined): string {
  const text = rfc3339(time ?? (0 as UnixMs)).replace('T', ' ');
  // Seconds only where they say something.
  return text.endsWith(':00.000Z') ? text.slice(0, 16) : text.slice(0, 23);
}

function capital(parts: readonly SentencePart[]): readonly SentencePart[] {
  const [first, ...rest] = parts;
  if (first === undefined || first.kind === 'value') return parts;
  return [ours(first.text.charAt(0).toUpperCase() + first.text.slice(1)), ...rest];
}

/** Neighbouring words of ours as one part. */
function together(parts: readonly SentencePart[]): readonly SentencePart[] {
  const joined: SentencePart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.kind === 'ours' && part.kind === 'ours') joined[joined.length - 1] = ours(last.text + part.text);
    else joined.push(part);
  }
  return joined;
}
