import type { AlertField } from '../../model/alert.ts';
import { hostOfUrl, normaliseDomain, normaliseHost, normaliseIp, splitEndpoint } from '../shared/values.ts';
import { readTime } from '../shared/when.ts';

const WORD_CHARS_MAX = 256;
const SUCCESS =
  /^(?:success(?:ful|fully)?|succeeded|true|allow(?:ed)?|ok|pass(?:ed)?|accept(?:ed)?|granted|audit success|permit(?:ted)?|delivered|built|noerror)$/i;
const FAILURE =
  /^(?:fail(?:ure|ed)?|false|den(?:y|ied)|error|block(?:ed)?|reject(?:ed)?|drop(?:ped)?|audit failure|unauthorized|invalid|authentication failure|nxdomain|servfail|refused)$/i;

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
      return splitEndpoint(text)?.ip;
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
        !/^(?:true|false|\d+)$/i.test(text)
        ? text
        : undefined;
    case 'email_from':
    case 'email_to':
      return /^<?[^\s@<>]+@[^\s@<>]+>?$/.test(text) || /<[^\s@<>]+@[^\s@<>]+>$/.test(text) ? text : undefined;
    case 'file_path':
      return /[\\/]/.test(text) || /\.\w{1,8}$/.test(text) ? text : undefined;
    case 'outcome':
      return outcomeOf(text) === undefined ? undefined : text;
    case 'user':
      return text.length <= WORD_CHARS_MAX && !/^(?:true|false|\d+)$/i.test(text) && !text.includes('\n')
        ? text
        : undefined;
    case 'process':
      return text.length <= 1_024 && !/^(?:true|false|\d+|0x[0-9a-f]+)$/i.test(text) ? text : undefined;
    case 'rule_name':
    case 'action':
    case 'severity':
      return text.length <= WORD_CHARS_MAX && !/^(?:true|false)$/i.test(text) ? text : undefined;
    default:
      return text;
  }
}
