import { describe, expect, test } from 'vitest';
import { sameDn } from '../shared/ldap/ldap-directory.ts';
import { parseConfig } from './config.ts';

const GOOD = {
  url: 'ldaps://dir.example',
  baseDn: 'dc=example,dc=org',
  readDn: 'uid=r,dc=example,dc=org',
  writeDn: 'uid=w,dc=example,dc=org',
};

describe('settings of a directory', () => {
  test('are told with their defaults', () => {
    expect(parseConfig(GOOD)).toEqual({
      ok: true,
      value: { ...GOOD, nameAttribute: 'uid', tlsCa: '', privilegedGroups: '' },
    });
  });

  test.each([
    ['url', { ...GOOD, url: '' }],
    ['url', { ...GOOD, url: 'https://dir.example' }],
    ['url', { ...GOOD, url: 'ldap://dir.example' }],
    ['url', { ...GOOD, url: 'ldaps://user:secret@dir.example' }],
    ['baseDn', { ...GOOD, baseDn: 'example' }],
    ['writeDn', { ...GOOD, writeDn: 'UID=r, dc=example, dc=org' }],
    ['nameAttribute', { ...GOOD, nameAttribute: 'uid)(objectClass=*' }],
    ['privilegedGroups', { ...GOOD, privilegedGroups: 'cn=a,dc=b\nadmins' }],
    ['bindPassword', { ...GOOD, bindPassword: 'x' }],
  ])('a wrong `%s` is named', (name, settings) => {
    const read = parseConfig(settings);
    expect(read.ok ? '' : read.failure.detail).toContain(`\`${name}\``);
  });

  test.each(['ldap://127.0.0.1:389', 'ldap://localhost', 'ldap://[::1]:3890'])('%s may go without TLS', url => {
    expect(parseConfig({ ...GOOD, url }).ok).toBe(true);
  });
});

test('distinguished names are one where only case and spaces around separators differ', () => {
  expect(sameDn('UID=a, OU=people,dc = x', 'uid=a,ou=people,dc=x')).toBe(true);
  expect(sameDn('uid=a b,dc=x', 'uid=ab,dc=x')).toBe(false);
});
