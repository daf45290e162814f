import { expect, test } from 'vitest';
import { readSettings } from './config.ts';

const GIVEN = { url: 'https://sso.example.org/', realm: 'staff' };

/** The list as it is used, or why it cannot be. */
function administratorsOf(administrators?: string): readonly string[] | string {
  const read = readSettings(administrators === undefined ? GIVEN : { ...GIVEN, administrators });
  return read.ok ? read.value.administrators : read.failure.detail;
}

test('nobody is named as an administrator unless somebody says so', () => {
  expect(administratorsOf()).toEqual([]);
  expect(administratorsOf('')).toEqual([]);
});

test('administrators are named with commas, by whatever Keycloak lets a username be', () => {
  expect(administratorsOf('dana.whitfield, o_brien@example.org,ünïcode')).toEqual([
    'dana.whitfield',
    'o_brien@example.org',
    'ünïcode',
  ]);
});

test('a list that could never find anybody is refused, not kept', () => {
  for (const wrong of [',', 'dana,', 'dana whitfield', 'dana\u0000', 'd'.repeat(256)])
    expect(administratorsOf(wrong)).toContain('no list of usernames');
  expect(administratorsOf('Dana')).toContain('small letters');
  expect(administratorsOf('dana,service-account-deploy')).toContain('service account');
});

test('no more administrators are named than are asked for in one look', () => {
  const names = (count: number) => Array.from({ length: count }, (_, at) => `admin-${at}`).join();
  expect(administratorsOf(names(10))).toHaveLength(10);
  expect(administratorsOf(names(11))).toContain('more than 10');
});

test('what reads and what writes are two clients, and their service accounts two users', () => {
  for (const writeClient of ['countersign-read', 'Countersign-Read'])
    expect(readSettings({ ...GIVEN, writeClient }).ok).toBe(false);
});
