const HEADER_CHARS_MAX = 16_384;

/**
 * The target of the first link with this relation in a `Link` header (RFC 8288 section 3); undefined where there is
 * none. Reads `<target>; rel="a b"` parts in one pass.
 */
export function linkOf(header: string | undefined, relation: string): string | undefined {
  const text = (header ?? '').slice(0, HEADER_CHARS_MAX);
  for (let at = text.indexOf('<'); at >= 0; ) {
    const close = text.indexOf('>', at);
    if (close < 0) return undefined;
    const next = text.indexOf('<', close);
    const parameters = text.slice(close + 1, next < 0 ? undefined : next);
    for (const parameter of parameters.split(/[;,]/)) {
      const [name = '', value = ''] = parameter.split('=');
      if (name.trim().toLowerCase() !== 'rel') continue;
      const relations = value.trim().replaceAll('"', '').toLowerCase().split(/\s+/);
      if (relations.includes(relation)) return text.slice(at + 1, close);
    }
    at = next;
  }
  return undefined;
}
