import { LIST_MAX } from './bounds.ts';

/**
 * A value and where it stands (RFC 6901). Where a text itself holds JSON or key=value pairs, the pointer of what
 * is inside leads to that text, because RFC 6901 goes no deeper; the text then contains the value.
 */
export interface At {
  readonly value: unknown;
  readonly pointer: string;
  /** True inside a text that was parsed: the pointer is that of the text. */
  readonly isInText?: boolean;
}

function below(from: At, key: string | number, value: unknown): At {
  if (from.isInText === true) return { value, pointer: from.pointer, isInText: true };
  return { value, pointer: `${from.pointer}/${typeof key === 'number' ? key : token(key)}` };
}

/** The whole record. */
export function rootOf(value: unknown): At {
  return { value, pointer: '' };
}

/** One reference token, escaped as RFC 6901 section 3 says. */
export function token(key: string): string {
  return key.includes('~') || key.includes('/') ? key.replaceAll('~', '~0').replaceAll('/', '~1') : key;
}

/**
 * The value under own keys and list indexes, undefined where one is missing or the value is null. Only own keys
 * are followed: a record that says `constructor` finds its own, never JavaScript's.
 */
export function dig(from: At | undefined, ...path: readonly (string | number)[]): At | undefined {
  if (from === undefined) return undefined;
  let value = from.value;
  let pointer = from.pointer;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value)) {
      if (typeof key !== 'number') return undefined;
      value = value[key];
    } else {
      if (typeof key === 'number' || !Object.hasOwn(value, key)) return undefined;
      value = (value as { readonly [key: string]: unknown })[key];
    }
    if (from.isInText !== true) pointer += `/${typeof key === 'number' ? key : token(key)}`;
  }
  if (value === null || value === undefined) return undefined;
  return from.isInText === true ? { value, pointer, isInText: true } : { value, pointer };
}

/** The first of several keys that is there. */
export function digFirst(from: At | undefined, keys: readonly string[]): At | undefined {
  const value = from?.value;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const key of keys) {
    // Asked for every record of every product: most keys are not there, and that must cost nothing.
    if (!Object.hasOwn(value, key)) continue;
    const found = dig(from, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The members of a list, each with its pointer; a single value counts as a list of one. At most {@link LIST_MAX}. */
export function each(from: At | undefined): readonly At[] {
  if (from === undefined) return [];
  if (!Array.isArray(from.value)) return [from];
  return from.value
    .slice(0, LIST_MAX)
    .map((value: unknown, index) => below(from, index, value))
    .filter(member => member.value !== null && member.value !== undefined);
}

/** The members of an object, each with its key. At most {@link LIST_MAX}. */
export function members(from: At | undefined): readonly (readonly [string, At])[] {
  if (from === undefined || typeof from.value !== 'object' || from.value === null || Array.isArray(from.value))
    return [];
  return Object.entries(from.value)
    .slice(0, LIST_MAX)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([key, value]) => [key, below(from, key, value)] as const);
}

/** The longest of the words below. */
const PLACEHOLDER_CHARS_MAX = 14;

const PLACEHOLDER = /^(?:-|--|n\/?a|null|none|nil|undefined|unknown|\(null\)|<none>|not available|not applicable)$/i;

/** The text of a scalar, trimmed. Undefined for what is no scalar, empty, or a word that stands for "no value". */
export function textAt(from: At | undefined): string | undefined {
  if (from === undefined) return undefined;
  const { value } = from;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  return isPlaceholder(text) ? undefined : text;
}

/** The same for a text that stands alone. */
export function isPlaceholder(text: string): boolean {
  return text === '' || (text.length <= PLACEHOLDER_CHARS_MAX && PLACEHOLDER.test(text));
}

/** Resolves a pointer as RFC 6901 section 4 says; undefined where it leads nowhere. */
export function resolve(record: unknown, pointer: string): unknown {
  if (pointer === '') return record;
  let value = record;
  for (const raw of pointer.split('/').slice(1)) {
    const key = raw.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as { readonly [key: string]: unknown })[key];
  }
  return value;
}

/** A text that holds JSON, opened; anything else as it is. Undefined for a text that holds none. */
export function openJson(from: At | undefined): At | undefined {
  if (from === undefined || typeof from.value !== 'string') return from;
  const value = parseJsonText(from.value);
  return value === undefined ? undefined : { value, pointer: from.pointer, isInText: true };
}

/** The object or list that a text holds as JSON, undefined where it holds none. */
export function parseJsonText(text: string): object | undefined {
  const start = text.trimStart();
  if (!start.startsWith('{') && !start.startsWith('[')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
