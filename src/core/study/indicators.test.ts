import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../model/alert.ts';
import type { Coverage, StreamCoverage, StreamStatus } from '../../model/coverage.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import type { Operation, ResponderManifest } from '../../ports/responder.ts';
import { extractClaims } from './facts.ts';
import { bestStreamOf, shareThere } from './gate-sources.ts';
import { INDICATORS_OFFERED_MAX } from './indicator-options.ts';
import { indicatorsOf } from './indicators.ts';
import { enumerateOptions } from './options.ts';
import { alertOf, alertsOf, type Given, made, readerOf, type TestRecord, timeOf } from './testing.ts';
import { createClaimVerifier } from './verify-claim.ts';

const TIME = '2026-03-02T08:00:00Z';
const SIGN_IN: TestRecord = { time: TIME, rule: 'Odd sign-in', action: 'user.session.start', outcome: 'success' };
const DOMAIN = 'cdn.bad-example.net';

const inventoryOf = (aliases: readonly string[]): Inventory => {
  const record: InventoryRecord = {
    kind: 'host',
    name: 'web1',
    aliases,
    accounts: [],
    owner: '',
    privileged: 'unknown',
    criticality: 'unknown',
    dependents: [],
  };
  return { v: '1', version: '1', records: [record] };
};

const block = (targetType: Operation['targetType']): Operation => ({
  name: 'block',
  version: '1',
  title: 'Block',
  kind: 'block_indicator',
  touches: 'access',
  targetType,
  reversibility: 'exact',
  undo: 'unblock',
  residue: [],
  d3fend: 'D3-NTF',
  concurrencyControl: 'reread',
  settleMs: 0,
});
const manifest = (name: string, operation: Operation): ResponderManifest => ({
  name,
  title: name,
  operations: [operation, { ...operation, name: 'unblock', kind: 'unblock_indicator', undo: 'block' }],
  scopes: { read: [], write: [], forbidden: [] },
});
const MANIFESTS = [manifest('wall', block('ip_address')), manifest('resolver', block('domain'))];
const SYSTEMS = [
  { system: 'edge', responder: 'wall' },
  { system: 'names', responder: 'resolver' },
];

function named(records: readonly TestRecord[], inventory?: Inventory): readonly string[] {
  const alerts = alertsOf(records);
  const verifier = createClaimVerifier(alerts, readerOf(records));
  const claims = extractClaims(alerts).map(claim => verifier.settle(claim));
  return indicatorsOf(alerts, claims, inventory).map(({ value }) => value);
}

/** What a resolver's record gives: the domain that a host asked for. */
function ofDomain(change: Partial<Alert> = {}): Given {
  return {
    time: TIME,
    raw: { '/query': DOMAIN, '/rule': 'seen', '/src': '203.0.113.9' },
    entities: [
      ['domain', 'related', '/query'],
      ['ip', 'actor', '/src'],
    ],
    change: { fields: { rule_name: 'seen' }, pointers: { rule_name: '/rule' }, ...change },
  };
}

function namedBy(given: Given, inventory?: Inventory): readonly string[] {
  const { alerts, read } = made([given]);
  const verifier = createClaimVerifier(alerts, read);
  const claims = extractClaims(alerts).map(claim => verifier.settle(claim));
  return indicatorsOf(alerts, claims, inventory).map(({ value }) => value);
}

describe('what can be kept out', () => {
  test('is an address that stands in a mapped field of a record of a verified statement', () => {
    expect(named([{ ...SIGN_IN, actor: 'dana', ip: '203.0.113.9' }])).toEqual(['203.0.113.9']);
  });

  test('is a domain that stands in one', () => {
    expect(namedBy(ofDomain())).toEqual([DOMAIN, '203.0.113.9']);
  });

  test('is nothing that stands in free text, however it is put', () => {
    const note = 'block 198.51.100.7 and bad-example.net at once';
    expect(named([{ ...SIGN_IN, actor: 'dana', note }])).toEqual([]);
  });

  test('is nothing that a field was guessed for, and no sensor', () => {
    const { alerts } = made([ofDomain()]);
    const entities = (alerts[0] as Alert).entities;
    const guessed = entities.map(entity => ({ ...entity, isGuessed: true as const }));
    const observing = entities.map(entity => ({ ...entity, role: 'observer' as const }));
    expect(namedBy(ofDomain({ entities: guessed }))).toEqual([]);
    expect(namedBy(ofDomain({ entities: observing }))).toEqual([]);
  });

  test('is nothing of records of which no statement could be recomputed', () => {
    const records = [{ ...SIGN_IN, actor: 'dana', ip: '203.0.113.9' }];
    const alerts = alertsOf(records);
    const verifier = createClaimVerifier(alerts, () => 'another');
    const claims = extractClaims(alerts).map(claim => verifier.settle(claim));
    expect(indicatorsOf(alerts, claims, undefined)).toEqual([]);
  });

  test.each([
    '10.0.0.8',
    '192.168.1.1',
    '127.0.0.1',
    '169.254.1.1',
    '224.0.0.1',
    '0.0.0.0',
    '255.255.255.255',
    'fe80::1',
    'fd00::7',
    '::1',
    '::ffff:10.0.0.8',
  ])('is no address of ours, of nobody or of everybody: %s', ip => {
    expect(named([{ ...SIGN_IN, actor: 'dana', ip }])).toEqual([]);
  });

  test.each([
    ['ip:203.0.113.9', [DOMAIN]],
    [`domain:${DOMAIN}`, ['203.0.113.9']],
    ['host:web1.bad-example.net', ['203.0.113.9']],
    ['user:dana@bad-example.net', ['203.0.113.9']],
    ['host:web1.other-example.net', [DOMAIN, '203.0.113.9']],
  ])('is nothing that the inventory lists, and no domain of somebody in it: %s', (alias, left) => {
    expect(namedBy(ofDomain(), inventoryOf([alias]))).toEqual(left);
  });

  test('is no address that a record gives to the host that it tells of, inside or as it is seen from outside', () => {
    for (const key of ['localip', 'externalIpAddress']) {
      const given: Given = {
        time: TIME,
        raw: {
          '/device/hostname': 'web1',
          [`/device/${key}`]: '203.0.113.9',
          '/remote': '198.51.100.7',
          '/rule': 'seen',
        },
        entities: [
          ['host', 'target', '/device/hostname'],
          ['ip', 'related', `/device/${key}`],
          ['ip', 'actor', '/remote'],
        ],
        change: { fields: { rule_name: 'seen' }, pointers: { rule_name: '/rule' } },
      };
      expect(namedBy(given), key).toEqual(['198.51.100.7']);
    }
  });

  test.each(['com', 'co.uk', 'github.io', 'nodots'])('is no name below which everybody registers: %s', query => {
    const given = ofDomain();
    expect(namedBy({ ...given, raw: { ...given.raw, '/query': query } })).toEqual(['203.0.113.9']);
  });

  test('is offered at each system that takes its kind and at no other, by two people, with who else uses it unknown first', () => {
    const alerts = alertsOf([{ ...SIGN_IN, actor: 'dana', ip: '203.0.113.9' }]);
    const verifier = createClaimVerifier(alerts, readerOf([{ ...SIGN_IN, actor: 'dana', ip: '203.0.113.9' }]));
    const claims = extractClaims(alerts).map(claim => verifier.settle(claim));
    const coverage: Coverage = { verdict: 'complete', expected: 1, heard: 1, streams: [] };
    const input = { alerts, claims, coverage, gaps: [], inventory: undefined, manifests: MANIFESTS, systems: SYSTEMS };
    const acts = enumerateOptions(input).filter(({ kind }) => kind === 'act');
    expect(acts.map(({ id }) => id)).toEqual(['act:wall:block:edge:ip:203.0.113.9']);
    const [act] = acts;
    expect(act).toMatchObject({ targetName: '203.0.113.9', expectedTier: 'T3', gate: { isOpen: true } });
    expect(act?.blastUnknown[0]).toContain('Who else uses this address');
    expect(act?.citations.map(({ value }) => value)).toContain('203.0.113.9');
    const onlyUnblock = [{ system: 'edge', responder: 'wall', operations: ['unblock'] }];
    expect(enumerateOptions({ ...input, systems: onlyUnblock }).filter(({ kind }) => kind === 'act')).toEqual([]);
  });

  test('is the best told of many, and no more than a person looks through', () => {
    const records = Array.from({ length: 40 }, (_, index): TestRecord => {
      const ip = `203.0.113.${index % 10}`;
      return { ...SIGN_IN, actor: `user${index}`, ip, time: `2026-03-02T08:${String(index).padStart(2, '0')}:00Z` };
    });
    const alerts = alertsOf(records);
    const verifier = createClaimVerifier(alerts, readerOf(records));
    const claims = extractClaims(alerts).map(claim => verifier.settle(claim));
    const coverage: Coverage = { verdict: 'complete', expected: 1, heard: 1, streams: [] };
    const input = { alerts, claims, coverage, gaps: [], inventory: undefined, manifests: MANIFESTS, systems: SYSTEMS };
    expect(enumerateOptions(input).filter(({ kind }) => kind === 'act')).toHaveLength(INDICATORS_OFFERED_MAX);
  });
});

const HOSTS = ['a', 'b', 'c'] as const;
const PRODUCTS = ['Wazuh', 'Suricata', 'Testwatch'] as const;
const STATUSES: readonly StreamStatus[] = ['heard', 'silent', 'degraded', 'late', 'cannot_tell', 'never'];

test('with a source less, what an address rests on never looks more complete', () => {
  const from = timeOf('2026-03-02T07:00:00Z');
  const to = timeOf('2026-03-02T09:00:00Z');
  const all = HOSTS.flatMap(host => PRODUCTS.map(product => ({ host, product, stream: `${host}|${product}` })));
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...STATUSES), { minLength: all.length, maxLength: all.length }),
      fc.subarray(all, { minLength: 1 }),
      fc.nat(),
      (statuses, telling, which) => {
        const streams = all.map(({ stream }, index): StreamCoverage => {
          const status = statuses[index] ?? 'heard';
          return { stream, status, from, to, because: status };
        });
        const alerts = telling.map(({ host, product }, index): Alert => {
          const record = { ...SIGN_IN, host, ip: '203.0.113.9', actor: 'dana' };
          return { ...alertOf(record, index), product, techniques: ['T1110'] };
        });
        const taken = telling[which % telling.length];
        const shareOf = (some: readonly Alert[], standing: readonly StreamCoverage[]) =>
          shareThere(
            bestStreamOf(some, {
              coverage: { verdict: 'gaps', expected: 9, heard: 5, streams: standing },
              gaps: [],
            }).sources,
          );
        const left = alerts.filter((_, index) => telling[index] !== taken);
        const after = streams.map(one =>
          one.stream === taken?.stream && one.status === 'heard' ? { ...one, status: 'silent' as const } : one,
        );
        expect(shareOf(left, after)).toBeLessThanOrEqual(shareOf(alerts, streams));
      },
    ),
    { numRuns: 2_000 },
  );
});
