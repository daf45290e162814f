import type { UnixMs } from '../../../base/time.ts';
import type { AnswerRefusal, Dropped } from '../../../model/assist.ts';
import {
  type AlertFilter,
  ANSWER_ROWS_USUAL,
  FILTER_LIST_MAX,
  type Grouping,
  type Query,
} from '../../../model/query.ts';
import { ASKED_PREDICATES } from './lexicon.ts';
import { GROUPINGS, readQuery, SEVERITIES } from './query-schema.ts';

/*
 * How a model may ask: it picks a form and ids of closed lists that were made for this one question, and nothing else. It
 * writes no name, no word and no time. What it picked becomes a query by way of our tables, passes the validation that
 * everybody's queries pass, and is shown as a sentence before its answer.
 */

/** What a model may name in a query: ids made for this request, and what stands behind each, which it need not be told. */
export interface PickLists {
  /** `N1`: the entities of the packet. */
  readonly entities: readonly { readonly id: string; readonly key: string }[];
  /** `D1`: the rules of the packet's detections. */
  readonly rules: readonly { readonly id: string; readonly rule: string }[];
  /** `P1` */
  readonly products: readonly { readonly id: string; readonly product: string }[];
  /** `C1`: the streams of the incident. */
  readonly streams: readonly { readonly id: string; readonly stream: string }[];
  /** `T1`: moments that the question states, and the ends of the incident. */
  readonly times: readonly { readonly id: string; readonly at: UnixMs }[];
  readonly techniques: readonly string[];
}

const NONE = '';
const FORMS = [
  'alerts',
  'values',
  'count',
  'entities',
  'held',
  'before_first',
  'after_first',
  'coverage',
  'gaps',
  'proposals',
  'reviews',
  'acts',
  'prevalence',
  'absent',
  'none',
] as const;
const PICK_ORDERS = ['first', 'last', 'gravest', 'most'] as const;
const MEMBERS = [
  'form',
  'of',
  'entities',
  'predicates',
  'rules',
  'products',
  'techniques',
  'severities',
  'outcome',
  'stream',
  'from',
  'to',
  'order',
] as const;
const DAY_MS = 86_400_000;

/**
 * The JSON Schema for one request: closed, every member required, every id an enum. Where a list is empty its member may
 * only be empty.
 */
export function pickSchema(lists: PickLists): { readonly [key: string]: unknown } {
  const ids = (all: readonly { readonly id: string }[]): readonly string[] => all.map(({ id }) => id);
  const list = (values: readonly string[]) =>
    values.length === 0
      ? { type: 'array', items: { type: 'string', enum: [NONE] }, maxItems: 0 }
      : { type: 'array', items: { type: 'string', enum: values }, maxItems: Math.min(values.length, FILTER_LIST_MAX) };
  const one = (values: readonly string[]) => ({ type: 'string', enum: [NONE, ...values] });
  return {
    type: 'object',
    additionalProperties: false,
    required: MEMBERS,
    properties: {
      form: { type: 'string', enum: FORMS },
      of: one(GROUPINGS.map(groupingId)),
      entities: list(ids(lists.entities)),
      predicates: list(ASKED_PREDICATES),
      rules: list(ids(lists.rules)),
      products: list(ids(lists.products)),
      techniques: list(lists.techniques),
      severities: list(SEVERITIES),
      outcome: one(['success', 'failure']),
      stream: one(ids(lists.streams)),
      from: one(ids(lists.times)),
      to: one(ids(lists.times)),
      order: { type: 'string', enum: PICK_ORDERS },
    },
  };
}

/** `user+nhi`, `command_line`, `hour`: the name of a grouping in a schema. */
export function groupingId(of: Grouping): string {
  return of.by === 'entity' ? of.kinds.join('+') : of.by === 'field' ? `field_${of.field}` : of.by;
}

export type Picked =
  | { readonly kind: 'query'; readonly query: Query }
  /** The model says that no query fits. */
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly dropped: readonly Dropped[] };

/**
 * Reads what a model answered. Total: any text gives a query made of listed ids alone, or says why not. One id that was
 * not given refuses all of it, so that no query is run that is half of what was meant.
 */
export function readPicked(text: string, lists: PickLists): Picked {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refused('parse.not_json', '');
  }
  const shape = shapeOf(value);
  if (shape === undefined) return refused('schema.mismatch', '');
  if (shape.form === 'none') return { kind: 'none' };
  const unknown = strangerIn(shape, lists);
  if (unknown !== undefined) return refused('reference.unknown_id', unknown);
  const query = queryFrom(shape, lists);
  const read = query === undefined ? undefined : readQuery(query);
  return read?.ok === true ? { kind: 'query', query: read.value } : refused('schema.mismatch', '');
}

function refused(code: AnswerRefusal, pointer: string): Picked {
  return { kind: 'refused', dropped: [{ code, pointer }] };
}

type ListMember = 'entities' | 'predicates' | 'rules' | 'products' | 'techniques' | 'severities';
type WordMember = Exclude<(typeof MEMBERS)[number], ListMember>;
type Shape = { readonly [M in ListMember]: readonly string[] } & { readonly [M in WordMember]: string };
const LISTS: readonly ListMember[] = ['entities', 'predicates', 'rules', 'products', 'techniques', 'severities'];

/** Exactly the members of the schema, lists of strings and strings. */
function shapeOf(value: unknown): Shape | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const given = new Map(Object.entries(value));
  if (given.size !== MEMBERS.length) return undefined;
  for (const member of MEMBERS) {
    const one: unknown = given.get(member);
    const isList = LISTS.some(name => name === member);
    const isFit = isList
      ? Array.isArray(one) && one.length <= FILTER_LIST_MAX && one.every(item => typeof item === 'string')
      : typeof one === 'string';
    if (!isFit) return undefined;
  }
  const shape = Object.fromEntries(given) as unknown as Shape;
  const isListed = FORMS.some(form => form === shape.form) && PICK_ORDERS.some(order => order === shape.order);
  return isListed ? shape : undefined;
}

/** Where an id stands that was not given; undefined where there is none. */
function strangerIn(shape: Shape, lists: PickLists): string | undefined {
  const allowed: { readonly [M in Exclude<(typeof MEMBERS)[number], 'form' | 'order'>]: readonly string[] } = {
    of: GROUPINGS.map(groupingId),
    entities: lists.entities.map(({ id }) => id),
    predicates: ASKED_PREDICATES,
    rules: lists.rules.map(({ id }) => id),
    products: lists.products.map(({ id }) => id),
    techniques: lists.techniques,
    severities: SEVERITIES,
    outcome: ['success', 'failure'],
    stream: lists.streams.map(({ id }) => id),
    from: lists.times.map(({ id }) => id),
    to: lists.times.map(({ id }) => id),
  };
  for (const [member, values] of Object.entries(allowed)) {
    const given = shape[member as keyof typeof allowed];
    if (typeof given === 'string') {
      if (given !== NONE && !values.includes(given)) return `/${member}`;
    } else {
      const at = given.findIndex(one => !values.includes(one));
      if (at >= 0) return `/${member}/${at}`;
    }
  }
  return undefined;
}

function queryFrom(shape: Shape, lists: PickLists): Query | undefined {
  const limit = ANSWER_ROWS_USUAL;
  const where = whereFrom(shape, lists);
  const entity = where.entities?.[0]?.key;
  const order = PICK_ORDERS.find(one => one === shape.order) ?? 'first';
  const of = GROUPINGS.find(one => groupingId(one) === shape.of);
  const { span } = where;
  switch (shape.form as (typeof FORMS)[number]) {
    case 'alerts':
      return { form: 'alerts', where, order, limit };
    case 'values':
      return of === undefined ? undefined : { form: 'values', where, of, order, limit };
    case 'count':
      return { form: 'count', where };
    case 'entities':
      return { form: 'entities', roles: [], kinds: of?.by === 'entity' ? of.kinds : [], limit };
    case 'held':
      return entity === undefined
        ? undefined
        : { form: 'held', entity, ...(span?.from === undefined ? {} : { at: span.from }), limit };
    case 'before_first':
    case 'after_first': {
      const side = shape.form === 'before_first' ? 'before' : 'after';
      return { form: 'around', anchor: { kind: 'first', where }, side, withinMs: DAY_MS, where: {}, limit };
    }
    case 'coverage':
    case 'gaps': {
      const stream = lists.streams.find(({ id }) => id === shape.stream)?.stream;
      const only = shape.form === 'gaps' ? 'gaps' : 'all';
      return {
        form: 'coverage',
        ...(stream === undefined ? {} : { stream }),
        ...(span === undefined ? {} : { span }),
        only,
        limit,
      };
    }
    case 'proposals':
    case 'reviews':
    case 'acts':
      return {
        form: 'decisions',
        what: shape.form as 'proposals' | 'reviews' | 'acts',
        ...(entity === undefined ? {} : { target: entity }),
        limit,
      };
    case 'prevalence':
      return entity === undefined ? undefined : { form: 'prevalence', entity };
    case 'absent':
      return Object.keys(where).length === 0 ? undefined : { form: 'absent', where };
    case 'none':
      return undefined;
  }
}

function whereFrom(shape: Shape, lists: PickLists): AlertFilter {
  const behind = <T extends { readonly id: string }, V>(all: readonly T[], ids: readonly string[], of: (one: T) => V) =>
    all.filter(({ id }) => ids.includes(id)).map(of);
  const [from] = behind(lists.times, [shape.from], ({ at }) => at);
  const [to] = behind(lists.times, [shape.to], ({ at }) => at);
  const parts = {
    entities: behind(lists.entities, shape.entities, ({ key }) => ({ key })),
    predicates: ASKED_PREDICATES.filter(one => shape.predicates.includes(one)),
    rules: behind(lists.rules, shape.rules, ({ rule }) => rule),
    products: behind(lists.products, shape.products, ({ product }) => product),
    techniques: lists.techniques.filter(one => shape.techniques.includes(one)),
    severities: SEVERITIES.filter(one => shape.severities.includes(one)),
  };
  const filled = Object.fromEntries(Object.entries(parts).filter(([, list]) => list.length > 0)) as AlertFilter;
  const outcome = shape.outcome === 'success' || shape.outcome === 'failure' ? { outcome: shape.outcome } : {};
  const isSpan = from !== undefined || to !== undefined;
  return {
    ...filled,
    ...(outcome as Pick<AlertFilter, 'outcome'>),
    ...(isSpan ? { span: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) } } : {}),
  };
}
