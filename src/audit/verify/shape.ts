/** A form that a value may have, and so what type it is. */
export interface Shape<T> {
  /** Pure and total. */
  readonly is: (value: unknown) => value is T;
  /**
   * A regular expression of the value's canonical JSON (RFC 8785): of every text that it matches, `is` holds for the
   * value, and the text is canonical. Not of every one: strings that need escapes are left out. Undefined where the
   * form has none.
   */
  readonly pattern: string | undefined;
}

export type Of<S> = S extends Shape<infer T> ? T : never;

interface Fields {
  readonly [name: string]: Shape<unknown>;
}
type ObjectOf<F extends Fields> = { readonly [K in keyof F]: Of<F[K]> };

const LIST_MAX = 1_000;

/** A string that matches, from its beginning to its end. `form` allows no character that JSON escapes. */
export function matching(form: string): Shape<string> {
  const whole = new RegExp(`^(?:${form})$`);
  return { is: (value): value is string => typeof value === 'string' && whole.test(value), pattern: `"(?:${form})"` };
}

/** A string of at most `charsMax` UTF-16 units. */
export function text(charsMax: number): Shape<string> {
  return {
    is: (value): value is string => typeof value === 'string' && value.length <= charsMax,
    pattern: `"[^"\\\\\\u0000-\\u001f]{0,${charsMax}}"`,
  };
}

/** One of these words, which are letters, digits, dots and underscores. */
export function oneOf<const T extends string>(...values: readonly T[]): Shape<T> {
  const known = new Set<unknown>(values);
  return {
    is: (value): value is T => known.has(value),
    pattern: `"(?:${values.map(value => value.replaceAll('.', '\\.')).join('|')})"`,
  };
}

export function either<A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> {
  return {
    is: (value): value is A | B => a.is(value) || b.is(value),
    pattern: a.pattern === undefined || b.pattern === undefined ? undefined : `(?:${a.pattern}|${b.pattern})`,
  };
}

export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  const { pattern } = item;
  return {
    is: (value): value is readonly T[] => Array.isArray(value) && value.length <= LIST_MAX && value.every(item.is),
    pattern: pattern === undefined ? undefined : `\\[(?:${pattern}(?:,${pattern}){0,${LIST_MAX - 1}})?\\]`,
  };
}

/** Exactly these members, no more and no fewer. */
export function object<F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  // Canonical JSON has the members in this order, by UTF-16 units.
  const members = Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
  const patterns = members.map(([name, { pattern }]) => (pattern === undefined ? undefined : `"${name}":${pattern}`));
  return {
    is: (value): value is ObjectOf<F> =>
      isRecord(value) &&
      Object.keys(value).length === members.length &&
      members.every(([name, shape]) => Object.hasOwn(value, name) && shape.is(value[name])),
    pattern: patterns.includes(undefined) ? undefined : `\\{${patterns.join(',')}\\}`,
  };
}

/** Any members, all of one form. */
export function dictionary<T>(item: Shape<T>): Shape<{ readonly [name: string]: T }> {
  return {
    is: (value): value is { readonly [name: string]: T } =>
      isRecord(value) && Object.keys(value).length <= LIST_MAX && Object.values(value).every(item.is),
    pattern: undefined,
  };
}

export function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
