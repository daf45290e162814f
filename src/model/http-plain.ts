/** What a request line may hold behind the gate. Whatever two programs could read differently is in none of it. */

const SEGMENT_CHARS_MAX = 200;
const VALUE_CHARS_MAX = 500;
const SEGMENT = /^[A-Za-z0-9_~@:+=,.-]+$/;
/** RFC 9110 token, in small letters. */
const HEADER_NAME = /^[a-z0-9][a-z0-9-]{0,63}$/;

/**
 * Headers that change what a request is, where it goes, or who asks. No agent sends one on, also where a document declares it.
 * RFC 9110's own, those by which a server is told of another method or path, and those that proxies believe.
 */
const NEVER_SENT =
  /^(?:authorization|proxy-.*|cookie2?|host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*|accept-encoding|range|if-range|origin|referer|via|forwarded|x-forwarded.*|x-real-.*|x-original-.*|x-rewrite-.*|x-http-method.*|x-method-.*|x-countersign-.*|sec-.*|idempotency-key)$/;
/** Names in a query or a body by which servers are told of another method. */
const METHOD_NAMES = /^_method$|^x-http-method/i;

/** Whether a text can stand as one segment of a path: as it is, meaning nothing to whoever takes paths apart. */
export function isPlainSegment(text: string): boolean {
  return text.length <= SEGMENT_CHARS_MAX && SEGMENT.test(text) && text !== '.' && text !== '..';
}

/** Whether a header of this name may be sent on, in small letters. */
export function isSendable(name: string): boolean {
  return HEADER_NAME.test(name) && !NEVER_SENT.test(name);
}

/** Headers of a request that say that it is meant to be another one. Such a request is refused, and not cleaned. */
export function overridesIn(names: readonly string[]): readonly string[] {
  return names.filter(name => /^x-http-method|^x-method-|^x-original-(?:url|uri|method)|^x-rewrite-/i.test(name));
}

/** Whether a parameter or a member of a body of this name would say another method. */
export function saysMethod(name: string): boolean {
  return METHOD_NAMES.test(name);
}

/** Of the names that were given, those that are not declared. */
export function undeclaredOf(given: readonly string[], declared: readonly string[]): readonly string[] {
  return given.filter(name => !declared.includes(name));
}

/** Whether a text can be a value of the query or of a header. */
export function isPlainValue(text: string, where: 'query' | 'header'): boolean {
  if (text.length > VALUE_CHARS_MAX || !text.isWellFormed()) return false;
  return where === 'header' ? /^[\x20-\x7e]*$/.test(text) && text.trim() === text : !/\p{Cc}/u.test(text);
}

/**
 * The parts of a query as they stand on the wire, decoded; undefined where it can be read in two ways: a name twice, a broken
 * escape, bytes that are no text, a `;`.
 */
export function queryOf(raw: string): { readonly [name: string]: string } | undefined {
  if (raw === '') return {};
  if (/%(?![0-9A-Fa-f]{2})|[;#]/.test(raw)) return undefined;
  const found = new Map<string, string>();
  for (const part of raw.split('&')) {
    const [name, value, ...more] = part.split('=').map(decoded);
    if (name === undefined || name === '' || value === undefined || more.length > 0 || found.has(name))
      return undefined;
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return undefined;
  }
}
