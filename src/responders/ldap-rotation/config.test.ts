import { describe, expect, test } from 'vitest';
import { loginName, parseConfig } from './config.ts';

const SERVICES = 'ou=svc,dc=example,dc=org';
const GOOD = {
  url: 'ldaps://directory.example:636',
  baseDn: 'dc=example,dc=org',
  readDn: `uid=cs-read,${SERVICES}`,
  writeDn: `uid=cs-write,${SERVICES}`,
  dnA: `uid=orders-a,${SERVICES}`,
  dnB: `uid=orders-b,${SERVICES}`,
  secretFile: '/srv/orders/secret.json',
};

describe('settings of a directory service whose password is rotated', () => {
  test('are told with their defaults', () => {
    expect(parseConfig(GOOD)).toEqual({ ok: true, value: { ...GOOD, tlsCa: '', consumers: '' } });
  });

  test.each([
    ['url', { url: 'ldap://directory.example' }],
    ['url', { url: 'https://directory.example' }],
    ['baseDn', { baseDn: 'example' }],
    ['writeDn', { writeDn: `UID=cs-read, ${SERVICES}` }],
    ['dnA', { dnA: `uid=cs-read,${SERVICES}` }],
    ['dnB', { dnB: `uid=cs-write,${SERVICES}` }],
    ['dnB', { dnB: `uid=orders-a, ${SERVICES}` }],
    ['dnB', { dnB: `uid=orders-a,ou=other,dc=example,dc=org` }],
    ['dnA', { dnA: `uid=a\\2cb,${SERVICES}` }],
    ['dnA', { dnA: `uid=a+cn=b,${SERVICES}` }],
    ['dnA', { dnA: 'orders-a' }],
    ['secretFile', { secretFile: '../secret.json' }],
    ['consumers', { consumers: ','.repeat(50) }],
    ['password', { password: 'x' }],
  ])('a wrong `%s` is named', (name, wrong) => {
    const read = parseConfig({ ...GOOD, ...wrong });
    expect(read.ok ? '' : read.failure.detail).toContain(`\`${name}\``);
  });

  test('a login is known by the first value of its name', () => {
    expect(loginName(GOOD.dnA)).toBe('orders-a');
    expect(loginName('cn=Orders API,ou=svc')).toBe('Orders API');
  });
});
