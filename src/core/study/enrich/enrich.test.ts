import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, type UnixMs, unixMsFrom } from '../../../base/time.ts';
import type { EntityKind } from '../../../model/alert.ts';
import { classifyAddress } from './address.ts';
import { readCloudRanges } from './cloud-ranges.ts';
import { internationalised, isPublicName, type PublicSuffixes } from './domain.ts';
import { type EnrichmentData, offlineFacts, prevalenceFact, STALE_AFTER_DAYS, techniqueFact } from './facts.ts';
import { decodeLabel } from './punycode.ts';
import { techniqueCount, techniqueOf } from './technique.ts';

const NOW = unixMsFrom(Date.UTC(2026, 10, 25));
const daysAgo = (days: number): UnixMs => unixMsFrom(NOW - days * MS_PER_DAY);

/** A list of three suffixes, of our own making. */
const suffixes: PublicSuffixes = hostname => {
  const suffix = ['co.example', 'example', 'com'].find(one => hostname === one || hostname.endsWith(`.${one}`));
  if (suffix === undefined) return { registrable: undefined, suffix: undefined, kind: 'none' };
  const label = hostname
    .slice(0, -suffix.length - 1)
    .split('.')
    .at(-1);
  return { registrable: label ? `${label}.${suffix}` : undefined, suffix, kind: 'icann' };
};

const data: EnrichmentData = {
  country: {
    ok: true,
    data: address => (address.startsWith('9.') ? 'US' : undefined),
    source: 'a list',
    asOf: daysAgo(10),
  },
  suffixes: { ok: true, data: suffixes, source: 'suffixes', asOf: daysAgo(10) },
  clouds: [],
};

const facts = (kind: EntityKind, value: string, from: EnrichmentData = data) =>
  offlineFacts({ kind, value }, from, NOW);

describe('the class of an address', () => {
  test.each([
    ['10.1.2.3', 'private'],
    ['172.15.255.255', 'global'],
    ['172.16.0.0', 'private'],
    ['172.31.255.255', 'private'],
    ['172.32.0.0', 'global'],
    ['192.168.0.1', 'private'],
    ['127.0.0.1', 'loopback'],
    ['169.254.169.254', 'link_local'],
    ['100.64.0.1', 'carrier_nat'],
    ['100.128.0.0', 'global'],
    ['192.0.2.1', 'documentation'],
    ['198.51.100.9', 'documentation'],
    ['203.0.113.7', 'documentation'],
    ['198.19.255.255', 'benchmarking'],
    ['224.0.0.251', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['250.0.0.1', 'reserved'],
    ['0.0.0.0', 'this_network'],
    ['9.9.9.9', 'global'],
    ['::1', 'loopback'],
    ['::', 'unspecified'],
    ['fe80::1%eth0', 'link_local'],
    ['fd00::1', 'private'],
    ['2001:db8::1', 'documentation'],
    ['2001:0:1::1', 'tunnel'],
    ['2002:c000:204::1', 'tunnel'],
    ['64:ff9b::a00:1', 'translated'],
    ['ff02::1', 'multicast'],
    ['2600::1', 'global'],
    ['::ffff:10.0.0.1', 'private'],
    ['::ffff:9.9.9.9', 'global'],
    ['4000::1', 'reserved'],
  ])('%s is %s', (address, name) => {
    expect(classifyAddress(address)?.name).toBe(name);
  });

  test('an address that readers understand differently is none, so nothing is said of it', () => {
    for (const text of ['010.0.0.1', '0x7f.1', '127.1', '1.2.3.4.5', '1.2.3', '1.2.3.256', '1.2.3.4.', '', ':', 'fe80'])
      expect(classifyAddress(text), text).toBeUndefined();
  });

  test('a mapped address says that it is mapped, and keeps the class of what it maps', () => {
    expect(classifyAddress('::ffff:192.168.1.1')?.text).toContain('mapped into IPv6');
  });
});

describe('names', () => {
  // RFC 3492 section 7.1 (L, M, P) and two names as registries carry them.
  test.each([
    ['xn--3b-ww4c5e180e575a65lsy2b', '3年b組金八先生'],
    ['xn---with-super-monkeys-pc58ag80a8qai00g7n9n', '安室奈美恵-with-super-monkeys'],
    ['xn--MajiKoi5-783gue6qz075azm5e', 'majiでkoiする5秒前'],
    ['xn--mnchen-3ya', 'münchen'],
    ['xn--e1afmkfd', 'пример'],
    ['xn--', undefined],
    ['xn--99999999999999999999', undefined],
  ])('%s stands for %s', (label, unicode) => {
    expect(decodeLabel(label)).toBe(unicode);
  });

  test('decoding ends and never throws, whatever stands in the label', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'abz019-'), maxLength: 80 }), text => {
        const decoded = decodeLabel(`xn--${text}`);
        expect(decoded === undefined || decoded.isWellFormed()).toBe(true);
      }),
    );
  });

  test('a label of Latin and Cyrillic letters is marked, and one of a single script is not', () => {
    expect(internationalised('p\u0430ypal.com')?.mixed).toEqual([
      { label: 'p\u0430ypal', scripts: ['Latin', 'Cyrillic'] },
    ]);
    expect(internationalised('xn--e1afmkfd.com')?.mixed).toEqual([]);
    expect(internationalised('日本のドメイン.com')?.mixed).toEqual([]);
    expect(internationalised('www.example.com')).toBeUndefined();
  });

  test('a name of an inner network is not public', () => {
    for (const name of [
      'dc01',
      'dc01.corp.local',
      'files.lan',
      'x.internal',
      '7.2.0.192.in-addr.arpa',
      'com',
      'a.nosuchtld',
    ])
      expect(isPublicName(name, suffixes), name).toBe(false);
    expect(isPublicName('Www.Shop.Example.', suffixes)).toBe(true);
  });
});

describe('facts', () => {
  test('a documentation address is called that, and no country is asked for', () => {
    const found = facts('ip', '203.0.113.7');
    expect(found.map(fact => fact.kind)).toEqual(['address_class']);
    expect(found[0]?.value).toBe('a documentation address');
  });

  test('every fact names its source and its status, and a country its date', () => {
    const [, country] = facts('ip', '9.1.2.3');
    expect(country).toMatchObject({ value: 'United States (US)', status: 'ok', source: 'a list' });
    expect(country?.asOf).toBe('2026-11-15T00:00:00.000Z');
  });

  test('data older than its age is stale, and says how old it is', () => {
    const asOf = daysAgo(STALE_AFTER_DAYS.country + 1);
    const old = { ...data, country: { ...data.country, asOf } as EnrichmentData['country'] };
    expect(facts('ip', '9.1.2.3', old)[1]).toMatchObject({ status: 'stale', value: 'United States (US)' });
    expect(facts('ip', '9.1.2.3', old)[1]?.because).toContain('181 days old');
  });

  test('data that could not be read gives a failed fact with the reason, never silence', () => {
    const broken: EnrichmentData = {
      country: { ok: false, source: 'a list', because: 'the file is not there' },
      suffixes: { ok: false, source: 'suffixes', because: 'the module does not load' },
      clouds: [{ ok: false, source: 'ranges', because: 'the file is not JSON' }],
    };
    expect(facts('ip', '9.1.2.3', broken).map(fact => fact.status)).toEqual(['ok', 'failed', 'failed']);
    expect(facts('domain', 'a.example', broken)).toMatchObject([
      { status: 'failed', because: 'the module does not load' },
    ]);
  });

  test('an address without a country is partial, never a guess', () => {
    expect(facts('ip', '8.8.8.8')[1]).toMatchObject({ status: 'partial', value: 'no country known' });
  });

  test('the host of a URL and of a mailbox is looked at, user and port left out', () => {
    expect(facts('url', 'https://user@www.shop.co.example:8443/a?b#c')[0]?.value).toContain(
      'shop.co.example, below .co.example',
    );
    expect(facts('url', 'http://[2001:db8::1]/x')[0]?.value).toBe('a documentation address');
    expect(facts('mailbox', 'someone@shop.example')[0]?.value).toContain('shop.example');
    expect(facts('url', 'no scheme')).toEqual([]);
  });

  test('a weak hash says that it proves little', () => {
    expect(facts('hash', 'a'.repeat(32))[0]).toMatchObject({ value: 'MD5' });
    expect(facts('hash', 'a'.repeat(32))[0]?.because).toContain('collisions');
    expect(facts('hash', 'A'.repeat(64))[0]?.value).toBe('SHA-256');
    expect(facts('hash', 'z'.repeat(64))).toEqual([]);
  });

  test('no value of any kind breaks it', () => {
    const kinds = ['ip', 'domain', 'host', 'url', 'mailbox', 'hash', 'user', 'process'] as const;
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.string({ unit: 'binary' }), (kind, value) => {
        for (const fact of facts(kind, value)) expect(fact.source).not.toBe('');
      }),
    );
  });

  test('a long hostile URL is read in linear time', () => {
    const began = performance.now();
    facts('url', `http://${'a'.repeat(1_000_000)}`);
    facts('url', `http://${'@'.repeat(1_000_000)}`);
    facts('domain', 'xn--a.'.repeat(100_000));
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('prevalence says how many of how many, and what is not counted yet', () => {
    const seen = { alerts: 1, incidents: 1, hosts: 2, isBounded: false, firstSeen: NOW, lastSeen: NOW };
    expect(prevalenceFact('ip:192.0.2.1', seen, 40_000, true, NOW)).toMatchObject({
      value:
        'in 1 of 40,000 alerts, 1 incident, 2 hosts; first seen in our history within the last day, last 2026-11-25',
      status: 'ok',
    });
    expect(prevalenceFact('ip:192.0.2.1', undefined, 40_000, false, NOW).status).toBe('partial');
    expect(prevalenceFact('ip:192.0.2.1', { ...seen, isBounded: true }, 40_000, true, NOW).value).toContain('at least');
  });
});

describe('techniques', () => {
  test('ids have their names and tactics, and sub-techniques carry the technique before theirs', () => {
    expect(techniqueOf('T1110')).toEqual({ id: 'T1110', name: 'Brute Force', tactics: ['credential-access'] });
    expect(techniqueOf('t1059.001')?.name).toBe('Command and Scripting Interpreter: PowerShell');
    expect(techniqueOf('T1078')?.tactics).toEqual([
      'initial-access',
      'persistence',
      'privilege-escalation',
      'defense-evasion',
    ]);
    expect(techniqueCount()).toBeGreaterThan(650);
  });

  test('an id that this version does not have is partial with the reason, and what is no id is nothing', () => {
    expect(techniqueFact('T1086', NOW)).toMatchObject({ status: 'partial', value: '' });
    expect(techniqueFact('T1086; drop table', NOW)).toBeUndefined();
    expect(techniqueOf('__proto__')).toBeUndefined();
  });
});

describe('ranges of clouds', () => {
  const aws = JSON.stringify({
    syncToken: String(daysAgo(3) / 1_000),
    createDate: '2026-11-22-00-00-00',
    prefixes: [
      { ip_prefix: '9.0.0.0/8', region: 'us-east-1', service: 'AMAZON', network_border_group: 'us-east-1' },
      { ip_prefix: '9.0.0.0/8', region: 'us-east-1', service: 'EC2', network_border_group: 'us-east-1' },
      { ip_prefix: '9.1.0.0/16', region: 'eu-west-1', service: 'S3', network_border_group: 'eu-west-1' },
      { ip_prefix: 'nonsense', region: '', service: '' },
    ],
    ipv6_prefixes: [{ ipv6_prefix: '2600:1f00::/24', region: 'us-west-2', service: 'EC2' }],
  });

  test('the longest prefix wins, and a service before the provider as a whole', () => {
    const read = readCloudRanges(aws);
    if (!read.ok) throw new Error(read.failure);
    expect(read.value).toMatchObject({ provider: 'aws', entries: 4, notUnderstood: 1, asOf: daysAgo(3) });
    expect(read.value.find('9.1.2.3')).toEqual({ service: 'S3', region: 'eu-west-1' });
    expect(read.value.find('9.200.0.1')).toEqual({ service: 'EC2', region: 'us-east-1' });
    expect(read.value.find('2600:1fff::1')).toEqual({ service: 'EC2', region: 'us-west-2' });
    expect(read.value.find('8.8.8.8')).toBeUndefined();
    expect(read.value.find('::ffff:9.1.2.3')?.service).toBe('S3');
  });

  test('the files of Azure and Google are told by their form; Azure carries no date, so its facts are partial', () => {
    const azure = readCloudRanges(
      JSON.stringify({
        changeNumber: 7,
        cloud: 'Public',
        values: [
          {
            name: 'Storage.WestEurope',
            id: 'Storage.WestEurope',
            properties: {
              region: 'westeurope',
              systemService: 'AzureStorage',
              addressPrefixes: ['9.9.0.0/24', '2603:1000::/40'],
            },
          },
        ],
      }),
    );
    if (!azure.ok) throw new Error(azure.failure);
    expect(azure.value.find('2603:1000::9')?.service).toBe('AzureStorage');
    const clouds = [{ ok: true, data: azure.value, source: 'Azure', asOf: azure.value.asOf }] as const;
    const fact = facts('ip', '9.9.0.7', { ...data, clouds }).find(({ kind }) => kind === 'cloud');
    expect(fact).toMatchObject({ value: 'Microsoft Azure (AzureStorage, westeurope)', status: 'partial' });
    const google = readCloudRanges(
      JSON.stringify({
        syncToken: '1',
        creationTime: '2026-11-20T10:00:00',
        prefixes: [{ ipv4Prefix: '9.8.0.0/16', service: 'Google Cloud', scope: 'europe-west3' }],
      }),
    );
    expect(google.ok && google.value.find('9.8.7.6')).toEqual({ service: 'Google Cloud', region: 'europe-west3' });
  });

  test('a search of the index finds what a search of the list finds', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    const address = fc.tuple(octet, octet, octet, octet).map(parts => parts.join('.'));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(address, fc.integer({ min: 0, max: 32 })), { maxLength: 40 }),
        address,
        (ranges, at) => {
          const read = readCloudRanges(
            JSON.stringify({
              syncToken: '1',
              prefixes: ranges.map(([start, bits]) => ({
                ip_prefix: `${start}/${bits}`,
                service: `S${bits}`,
                region: '',
              })),
              ipv6_prefixes: [],
            }),
          );
          const whole = (text: string) => text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
          const holds = ranges.filter(
            ([start, bits]) => whole(start) >> BigInt(32 - bits) === whole(at) >> BigInt(32 - bits),
          );
          const longest = holds.map(([, bits]) => bits).sort((a, b) => b - a)[0];
          expect(read.ok && read.value.find(at)?.service).toBe(longest === undefined ? undefined : `S${longest}`);
        },
      ),
    );
  });

  test('what is no such file is refused with a reason', () => {
    for (const text of ['', '{', '[]', 'null', '{"prefixes":1}', '{"prefixes":[]}'])
      expect(readCloudRanges(text).ok, text).toBe(false);
  });
});
