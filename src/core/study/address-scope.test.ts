import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressScope } from './address-scope.ts';

describe('the scope of an address', () => {
  test.each([
    ['203.0.113.9', 'outside'],
    ['2001:db8::7', 'outside'],
    ['172.32.0.1', 'outside'],
    ['::ffff:203.0.113.9', 'outside'],
    ['10.1.2.3', 'inside'],
    ['172.31.0.1', 'inside'],
    ['100.64.0.1', 'inside'],
    ['fd00::1', 'inside'],
    ['::ffff:10.0.0.1', 'inside'],
    ['127.0.0.1', 'nobody'],
    ['::', 'nobody'],
    ['fe80::1', 'nobody'],
    ['169.254.1.1', 'nobody'],
    ['224.0.0.251', 'nobody'],
    ['ff02::fb', 'nobody'],
    ['0.0.0.0', 'nobody'],
    ['255.255.255.255', 'nobody'],
    ['1.2', 'nobody'],
    ['0x7f.1', 'nobody'],
    ['example.com', 'nobody'],
  ])('of %s is %s', (text, scope) => {
    expect(addressScope(text)).toBe(scope);
  });

  test('is told of any text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), text => void addressScope(text)));
  });
});
