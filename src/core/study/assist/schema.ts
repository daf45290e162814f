import { ABSTENTIONS, HYPOTHESES, type Packet } from '../../../model/packet.ts';

/** The part of JSON Schema that providers' constrained decoders all know, and that {@link compileSchema} checks. */
export type JsonSchema =
  | {
      readonly type: 'object';
      readonly properties: { readonly [name: string]: JsonSchema };
      readonly required: readonly string[];
      readonly additionalProperties: false;
    }
  | { readonly type: 'array'; readonly items: JsonSchema; readonly maxItems: number }
  | { readonly type: 'string'; readonly enum: readonly string[] }
  | { readonly type: 'string'; readonly pattern: string };

/** Above so many ids a list is a pattern, and each id is looked up when the answer is read: decoders refuse long lists. */
export const ENUM_IDS_MAX = 200;

/** Lists of an answer, in entries. Small, because a decoder spells repetition out. */
const MAX = { claims: 24, roles: 8, cites: 8, order: 48, related: 16, techniques: 16, requests: 12 };

/**
 * The form in which this packet has to be answered: flat, closed, each id and word one of this packet's. Nothing in it
 * can hold a sentence.
 */
export function answerSchema(packet: Packet): JsonSchema {
  const facts = idsOf(packet.facts);
  const cites = list(ids(facts), MAX.cites, facts.length);
  const related = list(ids(facts), MAX.related, facts.length);
  const roles = packet.facts.flatMap(fact => fact.roles);
  const told = [...facts, ...idsOf(packet.detections)];
  const claim = object({
    predicate: words(packet.facts.map(({ predicate }) => predicate)),
    roles: list(
      object({ role: words(roles.map(({ role }) => role)), value: ids(unique(roles.map(({ value }) => value))) }),
      MAX.roles,
      roles.length,
    ),
    cites,
  });
  return object({
    claims: list(claim, MAX.claims, facts.length),
    order: list(ids(told), MAX.order, told.length),
    hypotheses: list(
      object({ kind: words(HYPOTHESES), supports: related, contradicts: related }),
      HYPOTHESES.length,
      HYPOTHESES.length,
    ),
    techniques: list(object({ technique: ids(packet.techniques), cites }), MAX.techniques, packet.techniques.length),
    ranking: list(ids(idsOf(packet.candidates)), packet.candidates.length, packet.candidates.length),
    requests: list(ids(idsOf(packet.requests)), MAX.requests, packet.requests.length),
    abstain: words([...ABSTENTIONS, 'no']),
  });
}

function idsOf(rows: readonly { readonly id: string }[]): readonly string[] {
  return rows.map(({ id }) => id);
}

function object(properties: { readonly [name: string]: JsonSchema }): JsonSchema {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

/** At most as many entries as there are things to name; none where there is nothing. */
function list(items: JsonSchema, max: number, there: number): JsonSchema {
  return { type: 'array', items, maxItems: Math.min(max, there) };
}

/** An enum may not be empty; a list of what there is none of holds nothing, whatever stands here. */
const NOTHING: readonly string[] = ['none'];

function words(all: readonly string[]): JsonSchema {
  const once = unique(all);
  return { type: 'string', enum: once.length > 0 ? once : NOTHING };
}

function ids(all: readonly string[]): JsonSchema {
  if (all.length <= ENUM_IDS_MAX) return words(all);
  const letters = unique(all.filter(id => ID.test(id)).map(id => id.charAt(0)));
  const others = unique(all.filter(id => !ID.test(id))).map(word => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return { type: 'string', pattern: `^(?:${[`[${letters.join('')}][1-9][0-9]{0,4}`, ...others].join('|')})$` };
}

const ID = /^[A-Z][1-9][0-9]{0,4}$/;

function unique(all: readonly string[]): readonly string[] {
  return [...new Set(all)];
}

/** Where a value does not fit, and how. */
export interface Mismatch {
  readonly code: 'schema.mismatch' | 'reference.unknown_id';
  /** RFC 6901. Of a member that may not be there the object that holds it: a pointer never repeats what was answered. */
  readonly pointer: string;
}

type Check = (value: unknown) => readonly [code: Mismatch['code'], ...path: (string | number)[]] | undefined;

/** Checks values against the schema; `known` holds each id and word that the packet gives. Made once, used for many. */
export function compileSchema(
  schema: JsonSchema,
  known: ReadonlySet<string>,
): (value: unknown) => Mismatch | undefined {
  const check = compile(schema, known);
  return value => {
    const found = check(value);
    if (found === undefined) return undefined;
    const [code, ...path] = found;
    return { code, pointer: path.map(part => `/${part}`).join('') };
  };
}

function compile(schema: JsonSchema, known: ReadonlySet<string>): Check {
  if (schema.type === 'object') return compileObject(schema, known);
  if (schema.type === 'array') {
    const each = compile(schema.items, known);
    return value => {
      if (!Array.isArray(value) || value.length > schema.maxItems) return ['schema.mismatch'];
      for (let index = 0; index < value.length; index++) {
        const found = each(value[index]);
        if (found !== undefined) return [found[0], index, ...found.slice(1)] as ReturnType<Check>;
      }
      return undefined;
    };
  }
  const fits = 'enum' in schema ? (text: string) => allowed.has(text) : (text: string) => pattern.test(text);
  const allowed = new Set('enum' in schema ? schema.enum : []);
  const pattern = new RegExp('enum' in schema ? '$^' : schema.pattern);
  return value => {
    if (typeof value !== 'string') return ['schema.mismatch'];
    const isKnown = known.has(value);
    if (fits(value) && ('enum' in schema || isKnown)) return undefined;
    return [ID.test(value) && !isKnown ? 'reference.unknown_id' : 'schema.mismatch'];
  };
}

function compileObject(schema: JsonSchema & { readonly type: 'object' }, known: ReadonlySet<string>): Check {
  const members = Object.entries(schema.properties).map(([name, member]) => [name, compile(member, known)] as const);
  return value => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return ['schema.mismatch'];
    if (Object.keys(value).length !== members.length) return ['schema.mismatch'];
    for (const [name, member] of members) {
      if (!Object.hasOwn(value, name)) return ['schema.mismatch'];
      const found = member((value as { readonly [name: string]: unknown })[name]);
      if (found !== undefined) return [found[0], name, ...found.slice(1)] as ReturnType<Check>;
    }
    return undefined;
  };
}
