import ipaddr from 'ipaddr.js';
import { type At, each, textAt } from '../shared/at.ts';
import { normaliseIp } from '../shared/values.ts';

/** Address ranges that no other organisation's server has. */
const INSIDE: ReadonlySet<string> = new Set([
  'private',
  'loopback',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
  'unspecified',
  'broadcast',
  'multicast',
]);
/** Characters of one trace field in which its addresses are looked for. */
const TRACE_CHARS_MAX = 2_048;

const ADDRESS = /[[(](?:IPv6:)?([0-9a-fA-F:.]{3,45})[\])]/g;

/** The address that the mail came in from: the topmost outside one, because what stands below it others wrote. */
export function firstOutside(received: At | undefined): { readonly at: At; readonly ip: string } | undefined {
  for (const at of each(received)) {
    const text = (textAt(at) ?? '').slice(0, TRACE_CHARS_MAX);
    const from = text.split(/\sby\s/, 1)[0] ?? '';
    for (const [, candidate = ''] of from.matchAll(ADDRESS)) {
      const ip = normaliseIp(candidate);
      if (ip !== undefined && !INSIDE.has(ipaddr.parse(ip).range())) return { at, ip: candidate };
    }
  }
  return undefined;
}

/** The server that wrote a trace field. */
export function serverOf(received: At | undefined): string | undefined {
  const text = (textAt(each(received)[0]) ?? '').slice(0, TRACE_CHARS_MAX);
  return /(?:^|\s)by\s+([\w.-]{1,253})/.exec(text)?.[1]?.toLowerCase();
}

/** A trace field's time stands behind its last semicolon (RFC 5321 section 4.4). */
export function traceTime(at: At | undefined): At | undefined {
  const text = textAt(at);
  if (at === undefined || text === undefined || !text.includes(';')) return undefined;
  return { ...at, value: text.slice(text.lastIndexOf(';') + 1).trim() };
}

/** What the receiving server found (RFC 8601): its words for the three methods, and the one that stands for them all. */
export interface Authentication {
  readonly at: At;
  readonly results: readonly string[];
  readonly decisive: string;
}

const RESULT = /(?:^|[;\s])(spf|dkim|dmarc)\s?=\s?([a-z]{2,16})\b/gi;

/**
 * The topmost field only: those below may be the sender's own. It must name the server that took the mail in, or one
 * of the same domain, where it names one at all. Undefined where it does not, with `isForeign`.
 */
export function authenticationOf(
  fields: At | undefined,
  server: string | undefined,
): Authentication | 'foreign' | undefined {
  const at = each(fields)[0];
  const text = textAt(at)?.slice(0, TRACE_CHARS_MAX);
  if (at === undefined || text === undefined) return undefined;
  const name = /^([\w.-]+\.[\w.-]+)(?:\s+\d+)?\s*;/.exec(text)?.[1]?.toLowerCase();
  if (name !== undefined && server !== undefined && domainOf(name) !== domainOf(server)) return 'foreign';
  const found = new Map<string, string>();
  for (const [whole, method = ''] of text.matchAll(RESULT))
    if (!found.has(method.toLowerCase())) found.set(method.toLowerCase(), whole.replace(/^[;\s]/, ''));
  const decisive = found.get('dmarc') ?? found.get('spf') ?? found.get('dkim');
  return decisive === undefined ? undefined : { at, results: [...found.values()], decisive };
}

/** The last two labels: enough to tell our servers from others', and no registrable domain is decided by it. */
function domainOf(name: string): string {
  return name.split('.').slice(-2).join('.');
}
