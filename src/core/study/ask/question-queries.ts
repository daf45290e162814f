import { MS_PER_DAY } from '../../../base/time.ts';
import {
  type AlertFilter,
  ANSWER_ROWS_USUAL,
  type AskedOrder,
  CANDIDATES_MAX,
  type Grouping,
  type Query,
  type Vocabulary,
} from '../../../model/query.ts';
import type { Part, Reading } from './read-question.ts';

const limit = ANSWER_ROWS_USUAL;
/** How far around a moment is looked where the question does not say. */
const AROUND_MS = MS_PER_DAY;
const PEOPLE: Grouping = { by: 'entity', kinds: ['user', 'nhi'] };

/** The queries that a reading may mean, the likeliest first. Empty where there is nothing to ask about. */
export function queriesOf(reading: Reading, vocabulary: Vocabulary): readonly Query[] {
  const queries = [...special(reading, vocabulary), ...plain(reading)];
  const seen = new Set<string>();
  return queries
    .filter(query => {
      const text = JSON.stringify(query);
      const isNew = !seen.has(text);
      seen.add(text);
      return isNew;
    })
    .slice(0, CANDIDATES_MAX);
}

/** What is asked for in so many words. */
function special(reading: Reading, vocabulary: Vocabulary): readonly Query[] {
  const { asks, here, roles } = reading;
  const entities = here.names.filter(({ kind }) => kind === 'entity');
  const [entity] = entities;
  switch (asks) {
    case 'deeds':
      return entity === undefined
        ? []
        : [{ form: 'alerts', where: acting(here.where, entity.value), order: 'first', limit }];
    case 'absent':
      return isEmpty(here.where) ? [] : [{ form: 'absent', where: here.where }];
    case 'held': {
      const at = reading.moment;
      return entities.slice(0, 2).map(({ value }) => ({
        form: 'held',
        entity: value,
        ...(at === undefined ? {} : { at }),
        limit,
      }));
    }
    case 'prevalence':
      return entities
        .flatMap(({ value, others }) => [value, ...others])
        .map(key => ({ form: 'prevalence', entity: key }));
    case 'coverage':
      return [coverage(reading, vocabulary)];
    case 'proposals':
    case 'reviews':
    case 'acts':
      return [{ form: 'decisions', what: asks, ...(entity === undefined ? {} : { target: entity.value }), limit }];
    case 'roles':
      return [{ form: 'entities', roles, kinds: reading.of?.by === 'entity' ? reading.of.kinds : [], limit }];
    default:
      return [];
  }
}

function coverage({ here, onlyGaps }: Reading, vocabulary: Vocabulary): Query {
  const names = here.names.map(({ kind, value }) => (kind === 'entity' ? value.replace(/^[a-z_]+:/, '') : value));
  const stream =
    names.length === 0
      ? undefined
      : vocabulary.streams.find(one => {
          const parts = one.toLowerCase().split('|');
          return names.every(name => parts.includes(name.toLowerCase()));
        });
  const { span } = here.where;
  return {
    form: 'coverage',
    ...(stream === undefined ? {} : { stream }),
    ...(span === undefined ? {} : { span }),
    only: onlyGaps ? 'gaps' : 'all',
    limit,
  };
}

/** Alerts, their number, or values in them; each with what the predicate's words give where no fact is of that kind. */
function plain(reading: Reading): readonly Query[] {
  const around = aroundOf(reading);
  if (around !== undefined) return [around];
  const where = joined(reading.here.where, reading.anchor?.part.where);
  const parts = [reading.here, ...(reading.anchor === undefined ? [] : [reading.anchor.part])];
  const isNothing =
    isEmpty(where) && reading.of === undefined && reading.asks !== 'count' && reading.asks !== 'happened';
  if (isNothing) return [];
  const filters = [where, ...asWords(where, parts), ...otherNames(where, parts), ...atAnyTime(where)];
  const [first, ...rest] = filters.map(filter => one(reading, filter));
  return first === undefined ? [] : [first, ...asAccount(first), ...rest];
}

/** The address of somebody's mail is often told as the name of the account. */
function asAccount(query: Query): readonly Query[] {
  const isMail = query.form === 'values' && query.of.by === 'entity' && query.of.kinds.join() === 'mailbox';
  return isMail ? [{ ...query, of: PEOPLE }] : [];
}

/** The same at any time: what is asked about may have happened on another day than it was told of. */
function atAnyTime(where: AlertFilter): readonly AlertFilter[] {
  const { span, ...rest } = where;
  return span === undefined || isEmpty(rest) ? [] : [rest];
}

function one({ asks, of, extreme }: Reading, where: AlertFilter): Query {
  const wanted = of ?? (asks === 'who' ? PEOPLE : undefined);
  const order: AskedOrder =
    extreme ?? (where.about !== undefined ? 'best' : wanted === undefined || asks === 'when' ? 'first' : 'most');
  if (asks === 'count' && of === undefined) return { form: 'count', where };
  if (wanted !== undefined && asks !== 'when' && asks !== 'deeds')
    return { form: 'values', where, of: wanted, order, limit };
  return { form: 'alerts', where, order: order === 'most' ? 'first' : order, limit };
}

function aroundOf({ asks, of, anchor, here }: Reading): Query | undefined {
  if (anchor === undefined || of !== undefined || asks === 'count' || asks === 'who') return undefined;
  return {
    form: 'around',
    anchor: { kind: anchor.part.isLast ? 'last' : 'first', where: anchor.part.where },
    side: anchor.side,
    withinMs: AROUND_MS,
    where: here.where,
    limit,
  };
}

/** The same with the words of its predicates to look for in texts: a product may name in its title what no field says. */
function asWords(where: AlertFilter, parts: readonly Part[]): readonly AlertFilter[] {
  const words = [...new Set([...(where.about ?? []), ...parts.flatMap(({ predicateWords }) => predicateWords)])];
  if (where.predicates === undefined || words.length === 0) return [];
  const { predicates: _, ...rest } = where;
  return [{ ...rest, about: words }];
}

/** The same with whoever else is called so. */
function otherNames(where: AlertFilter, parts: readonly Part[]): readonly AlertFilter[] {
  const name = parts.flatMap(({ names }) => names).find(({ others }) => others.length > 0);
  const [other] = name?.others ?? [];
  if (name === undefined || other === undefined) return [];
  const entities = (where.entities ?? []).map(entity => (entity.key === name.value ? { key: other } : entity));
  return [{ ...where, entities }];
}

function acting(where: AlertFilter, key: string): AlertFilter {
  const entities = (where.entities ?? []).map(entity => (entity.key === key ? { key, as: 'actor' as const } : entity));
  return { ...where, entities };
}

/** Both filters at once; lists of the same name are put together. */
function joined(a: AlertFilter, b: AlertFilter | undefined): AlertFilter {
  if (b === undefined) return a;
  const list = <T>(x: readonly T[] | undefined, y: readonly T[] | undefined) =>
    x === undefined ? y : y === undefined ? x : [...new Set([...x, ...y])];
  const whole = {
    ...a,
    ...b,
    entities: list(a.entities, b.entities),
    predicates: list(a.predicates, b.predicates),
    products: list(a.products, b.products),
    techniques: list(a.techniques, b.techniques),
    severities: list(a.severities, b.severities),
    about: list(a.about, b.about),
  };
  return Object.fromEntries(Object.entries(whole).filter(([, value]) => value !== undefined)) as AlertFilter;
}

export function isEmpty(where: AlertFilter): boolean {
  return Object.keys(where).length === 0;
}
