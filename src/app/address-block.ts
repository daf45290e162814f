import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Whether a text is a CIDR block: `10.1.0.0/16`, `2001:db8::/32`. */
export function isBlock(block: string): boolean {
  const [address = '', prefix = '', ...more] = block.split('/');
  const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN;
  return more.length === 0 && ((isIPv4(address) && bits <= 32) || (isIPv6(address) && bits <= 128));
}

/** Whether an address is in one of these blocks. An address that cannot be read is in none. */
export function isWithin(address: string, blocks: readonly string[]): boolean {
  const list = new BlockList();
  for (const block of blocks) {
    const [network = '', prefix = ''] = block.split('/');
    list.addSubnet(network, Number(prefix), isIPv4(network) ? 'ipv4' : 'ipv6');
  }
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '');
  return (isIPv4(plain) && list.check(plain, 'ipv4')) || (isIPv6(plain) && list.check(plain, 'ipv6'));
}
