import { describe, expect, test } from 'vitest';
import { quoteIdentifier } from '../shared/postgres/postgres-identifier.ts';
import { parseConfig } from './config.ts';
import { allowTargetSql, setupSql } from './setup.sql.ts';

const GOOD = { host: 'db.example', database: 'orders' };

describe('settings of a PostgreSQL target', () => {
  test('are told with their defaults', () => {
    expect(parseConfig(GOOD)).toEqual({
      ok: true,
      value: {
        host: 'db.example',
        port: '5432',
        database: 'orders',
        readUser: 'countersign_read',
        writeUser: 'countersign_write',
        tls: 'verify-full',
        tlsCa: '',
      },
    });
  });

  test.each([
    ['host', { database: 'orders' }],
    ['database', { host: 'db.example' }],
    ['port', { ...GOOD, port: '0' }],
    ['port', { ...GOOD, port: '65536' }],
    ['port', { ...GOOD, port: '54x' }],
    ['tls', { ...GOOD, tls: 'prefer' }],
    ['tls', { ...GOOD, tls: 'off' }],
    ['writeUser', { ...GOOD, readUser: 'one', writeUser: 'one' }],
    ['readUser', { ...GOOD, readUser: '' }],
    ['password', { ...GOOD, password: 'x' }],
    ['constructor', { ...GOOD, constructor: 'x' }],
  ])('a wrong `%s` is named', (name, settings) => {
    const read = parseConfig(settings);
    expect(read.ok ? '' : read.failure.detail).toContain(`\`${name}\``);
  });

  test.each(['127.0.0.1', '::1', 'localhost', '/run/postgresql'])('%s may go without TLS', host => {
    expect(parseConfig({ ...GOOD, host, tls: 'off' }).ok).toBe(true);
  });
});

describe('the set-up', () => {
  test('writes every name in quotes, whatever is in it', () => {
    expect(allowTargetSql('a"; DROP ROLE b; --')).toContain('GRANT "a""; DROP ROLE b; --" TO "countersign_owner"');
  });

  test('refuses names that PostgreSQL would cut or cannot hold', () => {
    for (const name of ['', 'x'.repeat(64), 'é'.repeat(32), 'a\0b']) expect(() => quoteIdentifier(name)).toThrow();
    expect(quoteIdentifier('x'.repeat(63))).toHaveLength(65);
  });

  test('takes every function away from the public', () => {
    const sql = setupSql({ owner: 'o', readUser: 'r', writeUser: 'w', targets: [] });
    const made = [...sql.matchAll(/CREATE FUNCTION (countersign\.\w+)/g)].map(([, name]) => name);
    expect(made.length).toBeGreaterThan(0);
    for (const name of made) expect(sql).toMatch(new RegExp(`REVOKE ALL ON FUNCTION ${name}\\(.*\\) FROM PUBLIC`));
  });
});
