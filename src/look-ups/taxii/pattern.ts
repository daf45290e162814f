import ipaddr from 'ipaddr.js';
import type { AskedEntity } from '../../ports/look-up.ts';

const PATTERN_CHARS_MAX = 4_096;
/** Comparisons that are joined by OR in one pattern. */
const COMPARISONS_MAX = 50;

/** One comparison at the place where reading stands: an object path, `=`, a string (STIX 2.1 section 9.6). */
const COMPARISON = /\s*([a-z0-9-]{1,60}):([a-zA-Z0-9_.'-]{1,100})\s*=\s*'((?:[^'\\]|\\['\\]){1,2048})'\s*/y;
const OPEN = /\s*\[/y;
const CLOSE = /\]\s*/y;
const OR = /OR\b/y;

/**
 * The values of a STIX pattern that asks for nothing but equality: one observation, comparisons of known objects joined
 * by OR. Undefined for everything else (AND, LIKE, MATCHES, qualifiers, other objects), because a part of a pattern would
 * say more than the whole of it does.
 */
export function equalityValues(pattern: string): readonly AskedEntity[] | undefined {
  if (pattern.length > PATTERN_CHARS_MAX) return undefined;
  let at = 0;
  const take = (what: RegExp): RegExpExecArray | undefined => {
    what.lastIndex = at;
    const found = what.exec(pattern);
    if (found !== null) at = what.lastIndex;
    return found ?? undefined;
  };
  if (take(OPEN) === undefined) return undefined;
  const values: AskedEntity[] = [];
  do {
    const [, object = '', path = '', quoted = ''] = take(COMPARISON) ?? [];
    const entity = entityOf(object, path, quoted.replace(/\\(['\\])/g, '$1'));
    if (entity === undefined || values.push(entity) > COMPARISONS_MAX) return undefined;
  } while (take(OR) !== undefined);
  return take(CLOSE) !== undefined && at === pattern.length ? values : undefined;
}

const HASH_PATHS: ReadonlyMap<string, number> = new Map([
  ['hashes.MD5', 32],
  ["hashes.'MD5'", 32],
  ["hashes.'SHA-1'", 40],
  ["hashes.'SHA-256'", 64],
  ["hashes.'SHA-512'", 128],
  ['hashes.SHA1', 40],
  ['hashes.SHA256', 64],
  ["hashes.'SHA1'", 40],
  ["hashes.'SHA256'", 64],
]);

/** The value as our entities write it, so that they compare equal. */
function entityOf(object: string, path: string, value: string): AskedEntity | undefined {
  if (object === 'file') {
    const length = HASH_PATHS.get(path);
    const isHash = length === value.length && /^[0-9a-f]+$/i.test(value);
    return isHash ? { kind: 'hash', value: value.toLowerCase() } : undefined;
  }
  if (path !== 'value') return undefined;
  switch (object) {
    case 'ipv4-addr':
      return ipaddr.IPv4.isValidFourPartDecimal(value) ? { kind: 'ip', value } : undefined;
    case 'ipv6-addr':
      return ipaddr.IPv6.isValid(value) ? { kind: 'ip', value: ipaddr.IPv6.parse(value).toRFC5952String() } : undefined;
    case 'domain-name':
      return { kind: 'domain', value: value.toLowerCase().replace(/\.$/, '') };
    case 'url':
      return { kind: 'url', value };
    case 'email-addr':
      return { kind: 'mailbox', value: value.toLowerCase() };
    default:
      return undefined;
  }
}
