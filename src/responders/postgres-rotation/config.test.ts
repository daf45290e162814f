import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { parseConfig } from './config.ts';
import { scramVerifier } from './scram.ts';
import { allowPairSql, setupSql } from './setup.sql.ts';

const GOOD = {
  host: 'db.example',
  database: 'orders',
  loginA: 'orders_a',
  loginB: 'orders_b',
  secretFile: '/srv/orders/secret.json',
};

describe('settings of a service whose password is rotated', () => {
  test('are told with their defaults', () => {
    expect(parseConfig(GOOD)).toMatchObject({
      ok: true,
      value: { port: '5432', tls: 'verify-full', readUser: 'countersign_rotation_read', consumers: '' },
    });
  });

  test.each([
    ['host', { host: '' }],
    ['loginA', { loginA: '' }],
    ['loginB', { loginB: 'orders_a' }],
    ['loginA', { loginA: 'countersign_rotation_write' }],
    ['loginB', { loginB: 'countersign_rotation_read' }],
    ['writeUser', { readUser: 'one', writeUser: 'one' }],
    ['tls', { tls: 'off' }],
    ['tls', { tls: 'prefer' }],
    ['secretFile', { secretFile: 'secret.json' }],
    ['secretFile', { secretFile: '/srv/../etc/passwd' }],
    ['secretFile', { secretFile: '/srv/orders/' }],
    ['secretFile', { secretFile: '/srv/a\0b' }],
    ['secretFile', { secretFile: '' }],
    ['consumers', { consumers: ','.repeat(50) }],
    ['password', { password: 'x' }],
  ])('a wrong `%s` is named', (name, wrong) => {
    const read = parseConfig({ ...GOOD, ...wrong });
    expect(read.ok ? '' : read.failure.detail).toContain(`\`${name}\``);
  });
});

describe('the set-up of a rotation', () => {
  test('writes every name in quotes, whatever is in it', () => {
    const sql = allowPairSql([`a"; DROP ROLE b; --`, "o'b\\"]);
    expect(sql).toContain('GRANT "a""; DROP ROLE b; --", "o\'b\\" TO "countersign_rotation_owner"');
    expect(sql).toContain(`E'"a""; DROP ROLE b; --"'::regrole, E'"o''b\\\\"'::regrole`);
  });

  test('takes every function away from the public', () => {
    const sql = setupSql({ owner: 'o', readUser: 'r', writeUser: 'w', pairs: [] });
    const made = [...sql.matchAll(/CREATE FUNCTION (countersign_rotation\.\w+)/g)].map(([, name]) => name);
    expect(made).toHaveLength(11);
    for (const name of made) expect(sql).toMatch(new RegExp(`REVOKE ALL ON FUNCTION ${name}\\(.*\\) FROM PUBLIC`));
  });
});

test('a verifier is what the password and its salt come to, and another one each time', () => {
  const secret = { reveal: () => 'pencil' };
  const verifier = scramVerifier(secret);
  const [, iterations = '', salt = '', stored, server] =
    /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier) ?? [];
  const salted = pbkdf2Sync('pencil', Buffer.from(salt, 'base64'), Number(iterations), 32, 'sha256');
  const key = createHmac('sha256', salted).update('Client Key').digest();
  expect(createHash('sha256').update(key).digest('base64')).toBe(stored);
  expect(createHmac('sha256', salted).update('Server Key').digest('base64')).toBe(server);
  expect(scramVerifier(secret)).not.toBe(verifier);
});
