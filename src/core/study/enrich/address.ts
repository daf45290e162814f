import ipaddr from 'ipaddr.js';

export interface AddressClass {
  readonly name: string;
  /** As a sentence goes on: "203.0.113.7 is a …". */
  readonly text: string;
  /** Where it is set down. */
  readonly rfc: string;
}

/**
 * The special-purpose registries of IANA (RFC 6890 and its updates), the narrower block before the wider. What stands in
 * none of these is global.
 */
const BLOCKS: readonly (readonly [cidr: string, name: string, text: string, rfc: string])[] = [
  ['0.0.0.0/8', 'this_network', 'address of "this network"', 'RFC 791'],
  ['10.0.0.0/8', 'private', 'private address', 'RFC 1918'],
  ['100.64.0.0/10', 'carrier_nat', 'address behind a carrier NAT (CGNAT)', 'RFC 6598'],
  ['127.0.0.0/8', 'loopback', 'loopback address', 'RFC 1122'],
  ['169.254.169.254/32', 'link_local', 'link-local address (cloud metadata)', 'RFC 3927'],
  ['169.254.0.0/16', 'link_local', 'link-local address', 'RFC 3927'],
  ['172.16.0.0/12', 'private', 'private address', 'RFC 1918'],
  ['192.0.2.0/24', 'documentation', 'documentation address', 'RFC 5737'],
  ['192.0.0.0/24', 'reserved', 'address reserved for protocols', 'RFC 6890'],
  ['192.88.99.0/24', 'reserved', 'reserved address (former 6to4 relay)', 'RFC 7526'],
  ['192.168.0.0/16', 'private', 'private address', 'RFC 1918'],
  ['198.18.0.0/15', 'benchmarking', 'benchmarking address', 'RFC 2544'],
  ['198.51.100.0/24', 'documentation', 'documentation address', 'RFC 5737'],
  ['203.0.113.0/24', 'documentation', 'documentation address', 'RFC 5737'],
  ['224.0.0.0/4', 'multicast', 'multicast address', 'RFC 5771'],
  ['255.255.255.255/32', 'broadcast', 'broadcast address', 'RFC 919'],
  ['240.0.0.0/4', 'reserved', 'reserved address', 'RFC 1112'],
  ['::/128', 'unspecified', 'unspecified address', 'RFC 4291'],
  ['::1/128', 'loopback', 'loopback address', 'RFC 4291'],
  ['64:ff9b::/96', 'translated', 'address translated from IPv4 (NAT64)', 'RFC 6052'],
  ['64:ff9b:1::/48', 'private', 'local address translated from IPv4', 'RFC 8215'],
  ['100::/64', 'reserved', 'discard-only address', 'RFC 6666'],
  ['2001::/32', 'tunnel', 'Teredo tunnel address', 'RFC 4380'],
  ['2001:2::/48', 'benchmarking', 'benchmarking address', 'RFC 5180'],
  ['2001:db8::/32', 'documentation', 'documentation address', 'RFC 3849'],
  ['2001::/23', 'reserved', 'address reserved for protocols', 'RFC 2928'],
  ['2002::/16', 'tunnel', '6to4 tunnel address', 'RFC 3056'],
  ['3fff::/20', 'documentation', 'documentation address', 'RFC 9637'],
  ['5f00::/16', 'reserved', 'segment-routing address', 'RFC 9602'],
  ['fc00::/7', 'private', 'unique local address', 'RFC 4193'],
  ['fe80::/10', 'link_local', 'link-local address', 'RFC 4291'],
  ['ff00::/8', 'multicast', 'multicast address', 'RFC 4291'],
  ['2000::/3', 'global', 'global address', 'RFC 4291'],
  ['::/0', 'reserved', 'reserved address', 'RFC 4291'],
];

const TABLE = BLOCKS.map(([cidr, name, text, rfc]) => ({ block: ipaddr.parseCIDR(cidr), is: { name, text, rfc } }));
const GLOBAL: AddressClass = { name: 'global', text: 'global address', rfc: 'RFC 6890' };
const MAPPED_TEXT = 'IPv4 address mapped into IPv6 (RFC 4291): ';
const ADDRESS_CHARS_MAX = 64;

/** Four decimal numbers and nothing else: `0x7f.1`, `010.0.0.1` and the like mean different things to different readers. */
const QUAD = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** The address, an IPv4 address mapped into IPv6 as IPv4; undefined for what is no address. A zone is left out. */
export function parseAddress(
  text: string,
): { readonly address: ipaddr.IPv4 | ipaddr.IPv6; readonly isMapped: boolean } | undefined {
  if (text.length > ADDRESS_CHARS_MAX) return undefined;
  if (QUAD.test(text)) return { address: ipaddr.IPv4.parse(text), isMapped: false };
  const bare = text.replace(/%.*$/, '');
  if (!bare.includes(':') || !ipaddr.IPv6.isValid(bare)) return undefined;
  const address = ipaddr.IPv6.parse(bare);
  return address.isIPv4MappedAddress()
    ? { address: address.toIPv4Address(), isMapped: true }
    : { address, isMapped: false };
}

/** `a private address`, `an address behind a carrier NAT`. */
export function withArticle(text: string): string {
  return `${/^(?:[aeio]|un[^i])/i.test(text) ? 'an' : 'a'} ${text}`;
}

/** What kind of address it is; undefined for what is no address. */
export function classifyAddress(text: string): AddressClass | undefined {
  const parsed = parseAddress(text);
  if (parsed === undefined) return undefined;
  const { address, isMapped } = parsed;
  const found = TABLE.find(({ block }) => block[0].kind() === address.kind() && address.match(block))?.is ?? GLOBAL;
  return isMapped ? { ...found, text: `${MAPPED_TEXT}${found.text}` } : found;
}
