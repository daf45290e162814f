import { describe, expect, test } from 'vitest';
import { parseConfig, readSettings } from './config.ts';

const given = {
  url: 'https://sso.example.org/',
  realm: 'staff',
  clientA: '7c47cff1-ef08-41d0-9a6c-cc8beaefce5c',
  clientB: '687c1e29-f41d-4365-98fc-9667345f8a69',
  secretFile: '/srv/orders-secret/orders.json',
};

const why = (changed: { readonly [name: string]: string }) => {
  const read = parseConfig({ ...given, ...changed });
  return read.ok ? undefined : read.failure.detail;
};

describe('the settings of a rotation in Keycloak', () => {
  test('what is not said is as usual, and the address ends without a slash', () => {
    expect(readSettings({ ...given, consumers: ' orders-api , nightly-export ' })).toEqual({
      ok: true,
      value: {
        ...given,
        url: 'https://sso.example.org',
        readClient: 'countersign-rotation-read',
        writeClient: 'countersign-rotation-write',
        consumers: ['orders-api', 'nightly-export'],
      },
    });
  });

  test('a pair is two clients, by the ids that Keycloak gave them', () => {
    expect(why({ clientB: given.clientA })).toContain('`clientB`: it is the same client');
    for (const id of ['orders-b', '', '../users', given.clientB.toUpperCase(), `${given.clientB}/`])
      expect(why({ clientB: id }), id).toContain('`clientB`: it is missing, or no id of Keycloak');
  });

  test('whoever reads is not whoever writes', () => {
    expect(why({ readClient: 'one', writeClient: 'one' })).toContain('it is the one that reads');
  });

  test('nothing goes into an address that could lead elsewhere', () => {
    for (const realm of ['', 'a/b', '../master', 'a?b', 'a b', '%2e'])
      expect(why({ realm }), realm).toContain('`realm`');
    expect(why({ url: 'http://sso.example.org' })).toContain('`url`');
    expect(why({ secretFile: 'orders.json' })).toContain('`secretFile`: it is no absolute path');
    expect(why({ consumers: Array.from({ length: 51 }, () => 'x').join(',') })).toContain('names more than 50');
    expect(why({ clientC: 'x' })).toContain('there is no such setting');
  });
});
