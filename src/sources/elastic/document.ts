import { type At, dig, each, rootOf } from '../shared/at.ts';

/** A document of Elasticsearch: its fields by their names in ECS, whichever way the names' dots are written. */
export interface Document {
  readonly root: At;
  /** `_source` where a search answered with one, else the record. */
  readonly body: At;
  /** The field of this name; of a list, as `fields` of a search gives them, the first member. */
  readonly get: (name: string) => At | undefined;
  /** All members of a field. */
  readonly all: (name: string) => readonly At[];
}

export function documentOf(value: unknown): Document {
  const root = rootOf(value);
  const inner = dig(root, '_source') ?? dig(root, 'fields');
  const body = inner !== undefined && dig(root, '_index') !== undefined ? inner : root;
  return {
    root,
    body,
    get: name => each(find(body, name))[0],
    all: name => each(find(body, name)),
  };
}

/** A name has at most this many parts, so the ways to write it stay few. */
const PARTS_MAX = 8;

/**
 * The value of a dotted name: one key (`host.name`), objects (`host` → `name`), or a mixture (`kibana.alert.rule` →
 * `name`). The longest key that is there is followed first.
 */
export function find(from: At, name: string): At | undefined {
  if (typeof from.value !== 'object' || from.value === null) return undefined;
  const own = dig(from, name);
  if (own !== undefined) return own;
  const parts = name.split('.', PARTS_MAX);
  for (let count = parts.length - 1; count > 0; count--) {
    const next = dig(from, parts.slice(0, count).join('.'));
    const found = next === undefined ? undefined : find(next, parts.slice(count).join('.'));
    if (found !== undefined) return found;
  }
  return undefined;
}
