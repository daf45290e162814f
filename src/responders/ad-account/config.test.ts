import { describe, expect, test } from 'vitest';
import { offers, readSettings } from './config.ts';

const GOOD = {
  url: 'ldaps://dc1.corp.example',
  baseDn: 'DC=corp,DC=example',
  readDn: 'CN=r,DC=corp,DC=example',
  writeDn: 'CN=w,DC=corp,DC=example',
};

describe('settings of a domain', () => {
  test('are told with their defaults', () => {
    expect(readSettings(GOOD)).toEqual({
      ok: true,
      value: { ...GOOD, tlsCa: '', nameAttribute: 'sAMAccountName', group: '' },
    });
  });

  test.each([
    ['url', { ...GOOD, url: 'ldap://dc1.corp.example' }],
    ['baseDn', { ...GOOD, baseDn: 'corp.example' }],
    ['nameAttribute', { ...GOOD, nameAttribute: 'cn' }],
    ['writeDn', { ...GOOD, writeDn: 'cn=R, dc=corp, dc=example' }],
    ['group', { ...GOOD, group: 'staff' }],
    ['bindPassword', { ...GOOD, bindPassword: 'x' }],
  ])('a wrong `%s` is named', (name, settings) => {
    const read = readSettings(settings);
    expect(read.ok ? '' : read.failure.detail).toContain(`\`${name}\``);
  });
});

test('what is done to a group is offered only where one is named', () => {
  expect(offers(GOOD)).toEqual(['disable', 'enable', 'reset-password']);
  expect(offers({ ...GOOD, group: 'CN=staff,DC=corp,DC=example' })).toContain('remove-from-group');
});
