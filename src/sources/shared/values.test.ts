import { describe, expect, it } from 'vitest';
import { hostOfUrl, isMachineAccount, normaliseEntity, normaliseIp, splitEndpoint } from './values.ts';
import { readTime } from './when.ts';

describe('normaliseIp', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['010.001.002.003', '10.1.2.3'],
    ['2001:DB8:0:0::1', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['256.1.1.1', undefined],
    ['1.2.3', undefined],
    ['AWS Internal', undefined],
    ['12:34', undefined],
  ])('reads %s as %s', (text, address) => {
    expect(normaliseIp(text)).toBe(address);
  });
});

describe('splitEndpoint', () => {
  it('parts an address from its port and leaves what is no address', () => {
    expect(splitEndpoint('192.0.2.1:80')).toEqual({ ip: '192.0.2.1', port: '80' });
    expect(splitEndpoint('[2001:db8::1]:443')).toEqual({ ip: '2001:db8::1', port: '443' });
    expect(splitEndpoint('example.com:80')).toBeUndefined();
  });
});

describe('normaliseEntity', () => {
  it('compares hosts, users and domains in lower case and leaves a command line as it is', () => {
    expect(normaliseEntity('host', 'WS-114')).toBe('ws-114');
    expect(normaliseEntity('user', 'CORP\\Kim')).toBe('corp\\kim');
    expect(normaliseEntity('domain', 'Example.COM.')).toBe('example.com');
    expect(normaliseEntity('command_line', 'Cmd /C x')).toBe('Cmd /C x');
  });
  it('takes no placeholder and no text of another shape for an entity', () => {
    for (const text of ['-', 'N/A', 'unknown', '(null)']) expect(normaliseEntity('user', text)).toBeUndefined();
    expect(normaliseEntity('ip', 'localhost')).toBeUndefined();
    expect(normaliseEntity('host', '192.0.2.1')).toBeUndefined();
    expect(normaliseEntity('hash', 'abc')).toBeUndefined();
    expect(normaliseEntity('domain', 'not a domain')).toBeUndefined();
  });
});

describe('isMachineAccount', () => {
  it('knows the accounts of a machine by name and by well-known id', () => {
    for (const name of ['SYSTEM', 'NT AUTHORITY\\LOCAL SERVICE', 'WS-114$', 'S-1-5-18'])
      expect(isMachineAccount(name)).toBe(true);
    for (const name of ['kim', 'system.admin', '$', 'pa$$word']) expect(isMachineAccount(name)).toBe(false);
  });
});

describe('hostOfUrl', () => {
  it('finds the host behind user names and before ports, and none in a path', () => {
    expect(hostOfUrl('https://u:p@Files.example.net:8443/a?b#c')).toBe('Files.example.net');
    expect(hostOfUrl('/upload.php')).toBeUndefined();
  });
});

describe('readTime', () => {
  const T = Date.UTC(2026, 2, 2, 13, 55, 5);
  it.each([
    ['2026-03-02T13:55:05Z', T],
    ['2026-03-02 13:55:05', T],
    ['2026-03-02T15:55:05.123456789+02:00', T + 123],
    ['1772459705', T],
    ['1772459705000', T],
    ['1772459705000000', T],
    ['1772459705.5', T + 500],
    ['02/Mar/2026:13:55:05 +0000', T],
    ['Mon, 02 Mar 2026 13:55:05 +0000', T],
    ['Mar  2 2026 13:55:05', T],
    ['Mar 2, 2026 1:55:05 PM', T],
    ['2026/03/02T13:55:05', T],
    ['03/02/2026-13:55:05', T],
  ])('reads %s', (text, time) => {
    expect(readTime(text)).toBe(time);
  });
  it.each([
    'Mar  2 13:55:05',
    '10/08/2020 12:41:47 PM',
    '7',
    '12345',
    'yesterday',
    '2026-13-40T00:00:00Z',
    '99999999999999999999',
  ])('takes %s for no time, because the year, the zone or the meaning is missing', text => {
    expect(readTime(text)).toBeUndefined();
  });
});
