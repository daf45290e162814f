import ipaddr from 'ipaddr.js';

/**
 * Where an address belongs: `outside` could be anybody's on the Internet (documentation ranges count as such), `inside`
 * is of a private or shared range, `nobody` is one that every host has or that is no host's (loopback, link-local,
 * multicast, broadcast, unspecified). What is no address is `nobody` too.
 */
export type AddressScope = 'outside' | 'inside' | 'nobody';

const INSIDE: ReadonlySet<string> = new Set(['private', 'uniqueLocal', 'carrierGradeNat']);
const NOBODY: ReadonlySet<string> = new Set(['loopback', 'linkLocal', 'multicast', 'broadcast', 'unspecified']);
const ADDRESS_CHARS_MAX = 64;

export function addressScope(text: string): AddressScope {
  if (text.length > ADDRESS_CHARS_MAX || !isAddress(text)) return 'nobody';
  const range = ipaddr.process(text).range();
  return NOBODY.has(range) ? 'nobody' : INSIDE.has(range) ? 'inside' : 'outside';
}

/** IPv4 in four decimal parts, or IPv6. The shorter forms of IPv4 that old programs take are no addresses here. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}
