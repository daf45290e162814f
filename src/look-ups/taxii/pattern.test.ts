import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalityValues } from './pattern.ts';

describe('patterns of STIX', () => {
  test.each([
    ["[ipv4-addr:value = '198.51.100.1']", ['ip:198.51.100.1']],
    [
      "[ipv4-addr:value = '198.51.100.1' OR domain-name:value = 'Evil.Example.']",
      ['ip:198.51.100.1', 'domain:evil.example'],
    ],
    ["[ ipv6-addr:value='2001:0db8:0:0::1' ]", ['ip:2001:db8::1']],
    [`[file:hashes.'SHA-256' = '${'A'.repeat(64)}']`, [`hash:${'a'.repeat(64)}`]],
    [`[file:hashes.MD5 = '${'b'.repeat(32)}']`, [`hash:${'b'.repeat(32)}`]],
    ["[email-addr:value = 'A@Evil.Example']", ['mailbox:a@evil.example']],
    ["[url:value = 'http://evil.example/it\\'s']", ["url:http://evil.example/it's"]],
  ])('%s names what it says', (pattern, keys) => {
    expect(equalityValues(pattern)?.map(({ kind, value }) => `${kind}:${value}`)).toEqual(keys);
  });

  test.each([
    "[ipv4-addr:value = '198.51.100.1' AND domain-name:value = 'evil.example']",
    "[ipv4-addr:value = '198.51.100.1'] FOLLOWEDBY [domain-name:value = 'evil.example']",
    "[ipv4-addr:value = '198.51.100.1'] WITHIN 5 SECONDS",
    "[ipv4-addr:value LIKE '198.51.%']",
    "[ipv4-addr:value ISSUBSET '198.51.100.0/24']",
    "[ipv4-addr:value = '198.51.100.0/24']",
    "[ipv4-addr:value != '198.51.100.1']",
    "NOT [ipv4-addr:value = '198.51.100.1']",
    "[process:command_line = 'x']",
    "[file:name = 'invoice.exe']",
    "[file:hashes.MD5 = 'short']",
    "[ipv4-addr:value = '198.51.100.1'",
    '[]',
    '',
  ])('%s says more than equality, so it is not understood rather than half understood', pattern => {
    expect(equalityValues(pattern)).toBeUndefined();
  });

  test('no text breaks it, and a long one takes no long time', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => void equalityValues(text)));
    const began = performance.now();
    equalityValues(`[url:value = '${"\\'".repeat(2_000)}`);
    equalityValues(`[${' '.repeat(4_000)}`);
    equalityValues(`[ipv4-addr:value = '9.9.9.9'${" OR ipv4-addr:value = '9.9.9.9'".repeat(100)}]`);
    expect(performance.now() - began).toBeLessThan(200);
  });
});
