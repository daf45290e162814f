import ipaddr from 'ipaddr.js';
import type { EntityKind } from '../../model/alert.ts';
import { isPlaceholder } from './at.ts';

/**
 * An address for comparison: IPv4 in plain decimal, IPv6 as RFC 5952 writes it, an IPv4 address mapped into IPv6 as
 * IPv4. Padded decimals (`010.001.002.003`) are read as decimal, which is how products that pad write them.
 */
export function normaliseIp(text: string): string | undefined {
  if (text.length > 64) return undefined;
  if (text !== lastText) {
    lastIp = addressOf(text);
    lastText = text;
  }
  return lastIp;
}

/** The last one: an address is looked at for its shape, for its field and for its entity one after the other. */
let lastText = '';
let lastIp: string | undefined;

function addressOf(text: string): string | undefined {
  const quad = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (quad !== null) {
    const parts = quad.slice(1).map(Number);
    return parts.every(part => part <= 255) ? parts.join('.') : undefined;
  }
  // Most texts with a colon are times and paths: told apart before the slow check.
  if (!text.includes(':') || !/^\[?[0-9a-f:.]+(?:%[^\]]*)?\]?$/i.test(text)) return undefined;
  const bare = text.replace(/^\[/, '').replace(/\]$/, '').replace(/%.*$/, '');
  if (!ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  return address.isIPv4MappedAddress() ? address.toIPv4Address().toString() : address.toRFC5952String();
}

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

/** No directory allows an account's name to be longer. */
const ACCOUNT_CHARS_MAX = 256;

/** True for a machine's own accounts: Windows built-in services, and computer accounts (`NAME$`). */
export function isMachineAccount(name: string): boolean {
  if (name.length > ACCOUNT_CHARS_MAX) return false;
  return (
    /^(?:nt authority\\)?(?:system|local service|network service|anonymous logon|localsystem|localservice|networkservice)$/i.test(
      name,
    ) ||
    /^s-1-5-(?:18|19|20|7)$/i.test(name) ||
    /[^\s$]\$(?:@\S+)?$/.test(name)
  );
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
