import type { EntityKind } from '../../../model/alert.ts';
import type { Vocabulary } from '../../../model/query.ts';
import { stemOf, type Token } from './words.ts';

/** A name of the incident that stands in a question. `others` are further entities that the same words may mean. */
export interface ReadName {
  readonly kind: 'entity' | 'product' | 'technique' | 'record';
  /** The entity's key, the product, the technique's id, the field's name. */
  readonly value: string;
  readonly as: string;
  readonly own: readonly number[];
  readonly others: readonly string[];
}

/** Words of one name. */
const NAME_WORDS_MAX = 8;

const KIND_RANK: readonly EntityKind[] = ['user', 'nhi', 'host', 'ip', 'domain', 'mailbox', 'file', 'process'];
const rank = (kind: EntityKind): number => {
  const at = KIND_RANK.indexOf(kind);
  return at < 0 ? KIND_RANK.length : at;
};

const KIND_WORDS: { readonly [K in EntityKind]?: string } = { nhi: 'machine identity', ip: 'address' };
export const kindWord = (kind: string): string => KIND_WORDS[kind as EntityKind] ?? kind.replaceAll('_', ' ');

/**
 * Names of the incident among the words, the longest first. A name is a name only where one of its words is no grammar
 * (`grammar` has the places of the words that are) or the person quoted it: so no name that somebody gave to an account
 * or a host changes what the rest of a question means.
 */
export function namesOf(
  tokens: readonly Token[],
  question: string,
  vocabulary: Pick<Vocabulary, 'entities' | 'products' | 'recordFields'>,
  grammar: ReadonlySet<number>,
): readonly ReadName[] {
  const index = indexOf(vocabulary);
  const found: ReadName[] = [];
  const taken = new Set<number>();
  for (let length = Math.min(NAME_WORDS_MAX, tokens.length); length > 0; length--) {
    for (let from = 0; from + length <= tokens.length; from++) {
      const own = Array.from({ length }, (_, n) => from + n);
      if (own.some(at => taken.has(at))) continue;
      if (own.every(at => grammar.has(at) && tokens[at]?.isQuoted !== true)) continue;
      const text = question.slice(tokens[from]?.start, tokens[from + length - 1]?.end);
      const name = index.get(text.toLowerCase()) ?? (length === 1 ? shaped(text) : undefined);
      if (name === undefined) continue;
      for (const at of own) taken.add(at);
      found.push({ ...name, own });
    }
  }
  return found.sort((a, b) => (a.own[0] ?? 0) - (b.own[0] ?? 0));
}

type Name = Omit<ReadName, 'own'>;

function indexOf(vocabulary: Pick<Vocabulary, 'entities' | 'products'>): ReadonlyMap<string, Name> {
  const keys = new Map<string, Vocabulary['entities'][number][]>();
  const add = (text: string, entity: Vocabulary['entities'][number]): void => {
    const lower = text.toLowerCase();
    if (lower.length < 2) return;
    const known = keys.get(lower) ?? [];
    if (known.every(one => one.key !== entity.key)) known.push(entity);
    keys.set(lower, known);
  };
  for (const entity of vocabulary.entities) {
    add(entity.label, entity);
    add(entity.key.slice(entity.kind.length + 1), entity);
  }
  // A short form counts only where nothing is called so in full.
  const short = new Map<string, Vocabulary['entities'][number][]>();
  for (const entity of vocabulary.entities) {
    const alias = shortOf(entity);
    if (alias === undefined || keys.has(alias)) continue;
    short.set(alias, [...(short.get(alias) ?? []), entity]);
  }
  const index = new Map<string, Name>();
  for (const product of vocabulary.products)
    index.set(product.toLowerCase(), {
      kind: 'product',
      value: product,
      as: `product ${product}`,
      others: [],
    });
  for (const [text, entities] of [...short, ...keys]) {
    const [first, ...others] = entities.toSorted((a, b) => rank(a.kind) - rank(b.kind) || (a.key < b.key ? -1 : 1));
    if (first === undefined) continue;
    const as = `${kindWord(first.kind)} ${first.label}${others.length > 0 ? ` (${others.length} more of that name)` : ''}`;
    index.set(text, { kind: 'entity', value: first.key, as, others: others.map(({ key }) => key) });
  }
  return index;
}

/** `dana` of `dana@example.org`, `db1` of `db1.example.org`, `rubeus.exe` of a path. */
function shortOf({ kind, label }: Vocabulary['entities'][number]): string | undefined {
  const lower = label.toLowerCase();
  const short =
    kind === 'user' || kind === 'mailbox' || kind === 'nhi'
      ? (lower.split('@')[0] ?? '').replace(/^[\w.-]+\\/, '')
      : kind === 'host'
        ? lower.split('.')[0]
        : kind === 'file' || kind === 'process'
          ? lower.split(/[\\/]/).at(-1)
          : undefined;
  return short === undefined || short === lower || short.length < 2 ? undefined : short;
}

/** What is a name by its form, whether or not it stands in the incident: asked for, it can be said to be absent. */
function shaped(text: string): Name | undefined {
  if (/^T\d{4}(\.\d{3})?$/i.test(text)) {
    const id = text.toUpperCase();
    return { kind: 'technique', value: id, as: `technique ${id}`, others: [] };
  }
  const isAddress = /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every(part => Number(part) < 256);
  if (isAddress) return { kind: 'entity', value: `ip:${text}`, as: `address ${text}`, others: [] };
  if (/^[0-9a-f]{64}$/i.test(text))
    return { kind: 'entity', value: `hash:${text.toLowerCase()}`, as: `hash ${text}`, others: [] };
  return undefined;
}

/** A field of one word is asked for only so close behind the asking word; further on it is a word like any other. */
const ASKED_WITHIN_WORDS = 6;

/**
 * A field of the raw records that the question asks for: all words of its name in their order, side by side
 * (`AadUserId` by "AAD user id"), behind the asking word. A name of one word counts only close behind it, and where it is
 * no word of the grammar.
 */
export function recordFieldOf(
  tokens: readonly Token[],
  fields: readonly string[],
  grammar: ReadonlySet<number>,
  asking: number,
): ReadName | undefined {
  const words = tokens.map(({ lower }) => stemOf(lower));
  let best: { readonly name: ReadName; readonly parts: number } | undefined;
  for (const name of fields) {
    const parts = partsOf(name);
    const joined = stemOf(name.toLowerCase().replace(/[^a-z0-9]/g, ''));
    const isSingle = parts.length === 1;
    const end = isSingle ? Math.min(words.length, asking + 1 + ASKED_WITHIN_WORDS) : words.length;
    for (let from = asking + 1; from < end; from++) {
      const isJoined = words[from] === joined && !(isSingle && grammar.has(from));
      const isSpelt = !isSingle && parts.every((part, n) => words[from + n] === part);
      if (!isJoined && !isSpelt) continue;
      const own = Array.from({ length: isJoined ? 1 : parts.length }, (_, n) => from + n);
      const isBetter =
        best === undefined ||
        parts.length > best.parts ||
        (parts.length === best.parts && from < (best.name.own[0] ?? 0));
      const as = `the field ${name} of the records`;
      if (isBetter) best = { name: { kind: 'record', value: name, as, own, others: [] }, parts: parts.length };
    }
  }
  return best?.name;
}

function partsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .split(/[^A-Za-z0-9]+/)
    .filter(part => part !== '')
    .map(part => stemOf(part));
}
