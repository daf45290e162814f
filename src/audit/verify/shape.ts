/** Tells whether a value has a form, and so what type it is. Pure and total. */
export type Shape<T> = (value: unknown) => value is T;

export type Of<S> = S extends Shape<infer T> ? T : never;

interface Fields {
  readonly [name: string]: Shape<unknown>;
}
type ObjectOf<F extends Fields> = { readonly [K in keyof F]: Of<F[K]> };

const LIST_MAX = 1_000;

/** A string that matches. */
export function matching(form: RegExp): Shape<string> {
  return (value): value is string => typeof value === 'string' && form.test(value);
}

/** A string of at most `charsMax` UTF-16 units. */
export function text(charsMax: number): Shape<string> {
  return (value): value is string => typeof value === 'string' && value.length <= charsMax;
}

export function oneOf<const T extends string>(...values: readonly T[]): Shape<T> {
  const known = new Set<unknown>(values);
  return (value): value is T => known.has(value);
}

export function either<A, B>(a: Shape<A>, b: Shape<B>): Shape<A | B> {
  return (value): value is A | B => a(value) || b(value);
}

export function list<T>(item: Shape<T>): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.length <= LIST_MAX && value.every(item);
}

/** Exactly these members, no more and no fewer. */
export function object<F extends Fields>(fields: F): Shape<ObjectOf<F>> {
  const names = Object.keys(fields);
  return (value): value is ObjectOf<F> => {
    if (!isRecord(value) || Object.keys(value).length !== names.length) return false;
    return names.every(name => Object.hasOwn(value, name) && fields[name]?.(value[name]) === true);
  };
}

/** Any members, all of one form. */
export function dictionary<T>(item: Shape<T>): Shape<{ readonly [name: string]: T }> {
  return (value): value is { readonly [name: string]: T } =>
    isRecord(value) && Object.keys(value).length <= LIST_MAX && Object.values(value).every(item);
}

export function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
