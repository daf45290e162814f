import ipaddr from 'ipaddr.js';
import type { EntityKind } from '../../model/alert.ts';
import { isPlaceholder } from './at.ts';
import { machineKindOf } from './machine.ts';

/**
 * An address for comparison: IPv4 in plain decimal, IPv6 as RFC 5952 writes it, an IPv4 address mapped into IPv6 as
 * IPv4. Padded decimals (`010.001.002.003`) are read as decimal, which is how products that pad write them.
 */
export function normaliseIp(text: string): string | undefined {
  // Asked of every value of every record: most are refused by their first character.
  if (text.length > 64 || !IP_START.test(text)) return undefined;
  const quad = readQuad(text);
  if (quad !== undefined) return quad === NOT_QUAD ? undefined : quad;
  if (!text.includes(':') || !IPV6_TEXT.test(text)) return undefined;
  const bare = text.replace(/^\[/, '').replace(/\]$/, '').replace(/%.*$/, '');
  if (!ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

const NOT_QUAD = '';

/**
 * IPv4 in plain decimal: the text itself where it is written so. {@link NOT_QUAD} for four numbers that are none,
 * undefined for what is not four numbers. By character codes, because it is asked of most values of most records.
 */
function readQuad(text: string): string | undefined {
  if (text.length > QUAD_CHARS_MAX) return undefined;
  let dots = 0;
  let digits = 0;
  let value = 0;
  let isPadded = false;
  let isTooLarge = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) {
      if (digits === 0 || ++dots > 3) return undefined;
      digits = value = 0;
    } else if (code >= 0x30 && code <= 0x39) {
      if (digits > 0 && value === 0) isPadded = true;
      value = value * 10 + code - 0x30;
      if (++digits > 3) return undefined;
      if (value > 255) isTooLarge = true;
    } else return undefined;
  }
  if (dots !== 3 || digits === 0) return undefined;
  if (isTooLarge) return NOT_QUAD;
  return isPadded ? text.split('.').map(Number).join('.') : text;
}

const QUAD_CHARS_MAX = 15;
const IP_START = /^[[\d:A-Fa-f]/;
/** What stands in an IPv6 address, with its zone. */
const IPV6_TEXT = /^\[?[\d:A-Fa-f.]+(?:%[^\]]*)?\]?$/;

/** An address that may carry a port: `192.0.2.1:80`, `[2001:db8::1]:443`, or bare. */
export function splitEndpoint(text: string): { readonly ip: string; readonly port: string | undefined } | undefined {
  if (normaliseIp(text) !== undefined) return { ip: text, port: undefined };
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|(\d{1,3}(?:\.\d{1,3}){3})):(\d{1,5})$/.exec(text);
  const ip = match?.[1] ?? match?.[2];
  if (ip === undefined || normaliseIp(ip) === undefined) return undefined;
  return { ip, port: match?.[3] };
}

const DOMAIN = /^(?=.{1,253}\.?$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]\.?$/i;

/** A domain name in lower case without its final dot; undefined for what is not shaped like one. */
export function normaliseDomain(text: string): string | undefined {
  return DOMAIN.test(text) ? text.toLowerCase().replace(/\.$/, '') : undefined;
}

/** The host part of a URL as it stands in it; undefined where there is none. */
export function hostOfUrl(url: string): string | undefined {
  const match = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@\s]*@)?(\[[0-9a-f:.]+\]|[^/?#:\s]+)/i.exec(url);
  return match?.[1];
}

const HASH = /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i;

export function normaliseHash(text: string): string | undefined {
  return HASH.test(text) ? text.toLowerCase() : undefined;
}

const HOST = /^[\p{L}\p{N}_$][\p{L}\p{N}_.$ -]{0,252}$/u;

/** A host's name in lower case; undefined for an address and for what no host is called. */
export function normaliseHost(text: string): string | undefined {
  if (!HOST.test(text) || normaliseIp(text) !== undefined) return undefined;
  return text.toLowerCase().replace(/\.$/, '');
}

/** True for a machine's own accounts: Windows built-in services, and computer accounts (`NAME$`). */
export function isMachineAccount(name: string): boolean {
  const kind = machineKindOf(name);
  return kind === 'system' || kind === 'computer';
}

/** The value by which two entities of one kind are compared; undefined where the text cannot be of that kind. */
export function normaliseEntity(kind: EntityKind, label: string): string | undefined {
  if (isPlaceholder(label)) return undefined;
  switch (kind) {
    case 'ip':
      return normaliseIp(label);
    case 'host':
      return normaliseHost(label);
    case 'domain':
      return normaliseDomain(label);
    case 'hash':
      return normaliseHash(label);
    case 'user':
    case 'nhi':
    case 'mailbox':
    case 'service':
    case 'database':
      return label.toLowerCase();
    default:
      return label;
  }
}
