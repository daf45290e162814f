import type { AlertField } from '../../model/alert.ts';
import { hostOfUrl, normaliseDomain, normaliseHost, normaliseIp, splitEndpoint } from '../shared/values.ts';
import { readTime } from '../shared/when.ts';

const WORD_CHARS_MAX = 256;
const SUCCESS =
  /^(?:success(?:ful|fully)?|succeeded|true|allow(?:ed)?|ok|pass(?:ed)?|accept(?:ed)?|granted|audit success|permit(?:ted)?|delivered|built|noerror|yes|sent|login[ _]success|[23]\d\d)$/i;
const FAILURE =
  /^(?:fail(?:ure|ed)?|false|den(?:y|ied)|error|block(?:ed)?|reject(?:ed)?|drop(?:ped)?|audit failure|unauthorized|invalid|authentication failure|nxdomain|servfail|refused|no|login[ _]fail(?:ed|ure)?|[45]\d\d)$/i;

/** Words for a kind of machine, which say of no machine which one it is. */
const NO_HOST =
  /^(?:true|false|\d+|computer|desktop|laptop|mobile|phone|tablet|server|mac|macos|windows|linux|ios|android|web|api)$/i;

export function outcomeOf(text: string): 'success' | 'failure' | undefined {
  if (SUCCESS.test(text)) return 'success';
  return FAILURE.test(text) ? 'failure' : undefined;
}

/**
 * The part of a text that can be the field's value, as it stands there; undefined where it cannot be one. A key's
 * name alone never decides: `source: "api"` is no address, and `hash: "a1b2"` is no SHA-256.
 */
export function shapeOf(field: AlertField, text: string): string | undefined {
  switch (field) {
    case 'time':
      return readTime(text) === undefined ? undefined : text;
    case 'src_ip':
    case 'dst_ip':
      return endpointOf(text)?.ip;
    case 'src_port':
    case 'dst_port':
      return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? text : undefined;
    case 'hash_sha256':
      return /^[0-9a-f]{64}$/i.test(text) ? text : /\bSHA256=([0-9a-f]{64})\b/i.exec(text)?.[1];
    case 'url':
      return hostOfUrl(text) !== undefined || text.startsWith('/') ? text : undefined;
    case 'domain':
      return normaliseDomain(text) === undefined ? undefined : text;
    case 'host':
      return text.length <= WORD_CHARS_MAX &&
        (normaliseHost(text) ?? normaliseIp(text)) !== undefined &&
        !NO_HOST.test(text)
        ? text
        : undefined;
    case 'email_from':
    case 'email_to':
      return text.length <= WORD_CHARS_MAX ? /^(?:[^<>]*<)?([^\s@<>"]+@[^\s@<>"]+)>?$/.exec(text)?.[1] : undefined;
    case 'file_path':
      return /^(?:[A-Za-z]:|\\|\/|~|\.{1,2}[\\/]|%\w)/.test(text) || /\.\w{1,8}$/.test(text) ? text : undefined;
    case 'outcome':
      return outcomeOf(text) === undefined ? undefined : text;
    case 'user':
      return userOf(text);
    case 'process':
      return text.length <= 1_024 && !/^(?:true|false|\d+|0x[0-9a-f]+)$/i.test(text) ? text : undefined;
    case 'severity':
      return isSeverity(text) ? text : undefined;
    case 'rule_name':
    case 'action':
      return text.length <= WORD_CHARS_MAX && !/^(?:true|false)$/i.test(text) ? text : undefined;
    default:
      return text;
  }
}

/** An endpoint with what devices write around it: its interface (`192.0.2.1:80:X0`), the proxies behind it. */
export function endpointOf(text: string): { readonly ip: string; readonly port: string | undefined } | undefined {
  const whole = splitEndpoint(text);
  if (whole !== undefined || text.length > WORD_CHARS_MAX) return whole;
  const first = /^(\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?)(?::[\w.-]{1,32}$|,)/.exec(text)?.[1];
  return first === undefined ? undefined : splitEndpoint(first);
}

function userOf(text: string): string | undefined {
  if (text.length > WORD_CHARS_MAX || text.includes('\n')) return undefined;
  const bare = /^<([^<>]+)>$/.exec(text)?.[1] ?? text;
  return /^(?:true|false|\d+|0x[0-9a-f]+)$/i.test(bare) ? undefined : bare;
}

function isSeverity(text: string): boolean {
  if (/^\d{1,3}(?:\.\d)?$/.test(text)) return Number(text) <= 100;
  return text.length <= 32 && /^\p{L}/u.test(text);
}

/** How much less a value of a user's key says who it is: a name as people write it, an id as machines do. */
export function userPrice(text: string): number {
  if (/^s-1-\d/i.test(text)) return 10;
  if (/^[0-9a-f-]{20,}$/i.test(text)) return 8;
  if (/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text)) return -4;
  return text.includes(' ') && !text.includes('\\') && !text.includes('=') ? 9 : 0;
}
