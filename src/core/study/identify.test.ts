import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import type { Alert, EntityHit } from '../../model/alert.ts';
import type { Claim } from '../../model/claim.ts';
import type { Coverage } from '../../model/coverage.ts';
import { extractClaims } from './facts.ts';
import { identify, soundResolver } from './identify.ts';
import { sightingsIn } from './sightings.ts';
import { summarise } from './summarise.ts';
import { type Given, made, timeOf } from './testing.ts';
import { timelineOf } from './timeline.ts';
import { createClaimVerifier, type ReadField } from './verify-claim.ts';

const lease = (time: string, address: string, name: string, seconds: string): Given => ({
  time,
  raw: { '/assigned_addr': address, '/host_name': name, '/lease_time': seconds, '/msg_types/1': 'ACK' },
  entities: [
    ['ip', 'related', '/assigned_addr'],
    ['host', 'related', '/host_name'],
  ],
  change: { source: 'zeek', product: 'Zeek', title: 'dhcp' },
});

const attack = (time: string, address: string): Given => ({
  time,
  raw: { '/src': address },
  entities: [['ip', 'actor', '/src']],
});

const signIn = (time: string, user: string, address: string, host: string): Given => ({
  time,
  raw: { '/user': user, '/from': address, '/computer': host },
  entities: [
    ['user', 'target', '/user'],
    ['ip', 'actor', '/from'],
    ['host', 'observer', '/computer'],
  ],
  change: {
    rule: 'An account was successfully logged on',
    fields: { outcome: 'success', user, src_ip: address, host },
  },
});

const told = ({ alerts, read }: ReturnType<typeof made>, around: readonly Alert[] = []) =>
  identify(alerts, around, read).map(({ claim }) => claim.text);

describe('what a record says of who held what', () => {
  test('a lease is told with its end, cited', () => {
    const world = made([lease('2026-03-02T09:02:00Z', '198.51.100.7', 'ws-12', '31080')]);
    expect(told(world)).toEqual(['198.51.100.7 was ws-12 by DHCP, 2026-03-02 09:02 to 17:40 UTC']);
    const [one] = identify(world.alerts, [], world.read);
    expect(one?.claim.citations.map(({ pointer, value }) => `${pointer}=${value}`)).toEqual([
      '/assigned_addr=198.51.100.7',
      '/host_name=ws-12',
      '/lease_time=31080',
    ]);
  });

  test('an offer is no lease, and what is only asked for is none', () => {
    const { raw, ...rest } = lease('2026-03-02T09:02:00Z', '198.51.100.7', 'ws-12', '600');
    expect(told(made([{ ...rest, raw: { ...raw, '/msg_types/1': 'OFFER' } }]))).toEqual([]);
  });

  test("a sensor's own address is told where both stand in one object, and an outer one as seen from", () => {
    const device: Given = {
      time: '2026-03-02T09:00:00Z',
      raw: {
        '/device/hostname': 'ws-12',
        '/device/local_ip': '192.0.2.12',
        '/device/external_ip': '203.0.113.5',
        '/peer/ip': '198.51.100.1',
      },
      entities: [
        ['host', 'target', '/device/hostname'],
        ['ip', 'related', '/device/local_ip'],
        ['ip', 'related', '/device/external_ip'],
        ['ip', 'actor', '/peer/ip'],
      ],
    };
    expect(told(made([device]))).toEqual([
      '192.0.2.12 was ws-12 by its own sensor, 2026-03-02 09:00 UTC',
      'ws-12 was seen from 203.0.113.5, 2026-03-02 09:00 UTC',
    ]);
  });

  test('what one agent says of its host in two objects beside each other is of one host', () => {
    const threat: Given = {
      time: '2026-03-02T09:00:00Z',
      raw: {
        '/agentRealtimeInfo/agentComputerName': 'ws-12',
        '/agentDetectionInfo/agentIpV4': '192.0.2.12,192.0.2.13',
        '/agentDetectionInfo/externalIp': '203.0.113.5',
      },
      entities: [
        ['host', 'target', '/agentRealtimeInfo/agentComputerName'],
        ['ip', 'related', '/agentDetectionInfo/externalIp'],
      ],
      change: { source: 'sentinelone' },
    };
    const { alerts, read } = made([threat]);
    const part: EntityHit = {
      kind: 'ip',
      value: '192.0.2.13',
      label: '192.0.2.13',
      role: 'related',
      pointer: '/agentDetectionInfo/agentIpV4',
      vendorId: undefined,
    };
    const whole = alerts.map(alert => ({ ...alert, entities: [...alert.entities, part] }));
    expect(told({ alerts: whole, read })).toEqual([
      '192.0.2.13 was ws-12 by its own sensor, 2026-03-02 09:00 UTC',
      'ws-12 was seen from 203.0.113.5, 2026-03-02 09:00 UTC',
    ]);
    const verifier = createClaimVerifier(whole, read);
    for (const { claim } of identify(whole, [], read)) expect(verifier.verify(claim)).toEqual({ kind: 'verified' });
  });

  test('a sensor is read where its product writes its addresses, mapped or not', () => {
    const event: Given = {
      time: '2026-03-02T09:00:00Z',
      raw: { '/host/name': 'ws-12', '/host/ip/0': '192.0.2.12', '/host/ip/1': 'fe80::1', '/source/ip': '192.0.2.12' },
      entities: [
        ['host', 'target', '/host/name'],
        ['ip', 'actor', '/source/ip'],
      ],
      change: { source: 'elastic' },
    };
    expect(told(made([event]))).toEqual(['192.0.2.12 was ws-12 by its own sensor, 2026-03-02 09:00 UTC']);
  });

  test('a sign-in binds the user to the address and to the host, unless it is a computer’s own or fails', () => {
    const world = made([signIn('2026-03-02T09:00:00Z', 'dana', '192.0.2.12', 'db1')]);
    expect(told(world)).toEqual([
      'dana was signed in on db1, 2026-03-02 09:00 UTC',
      'dana signed in from 192.0.2.12, 2026-03-02 09:00 UTC',
    ]);
    expect(told(made([signIn('2026-03-02T09:00:00Z', 'WS-12$', '192.0.2.12', 'db1')]))).toEqual([]);
    const failed = signIn('2026-03-02T09:00:00Z', 'dana', '192.0.2.12', 'db1');
    expect(
      told(made([{ ...failed, change: { ...failed.change, fields: { outcome: 'failure', user: 'dana' } } }])),
    ).toEqual([]);
  });

  test('an answer leads a name to its addresses for as long as it lives, and to nothing that is no address', () => {
    const answer: Given = {
      time: '2026-03-02T09:00:00Z',
      raw: {
        '/query': 'c2.example.com',
        '/answers/0': 'cdn.example.com',
        '/answers/1': '203.0.113.9',
        '/TTLs/1': '300.0',
      },
      entities: [['domain', 'target', '/query']],
      change: { source: 'zeek', product: 'Zeek', title: 'dns' },
    };
    expect(told(made([answer]))).toEqual([
      'c2.example.com was answered with 203.0.113.9, 2026-03-02 09:00 to 09:05 UTC',
    ]);
  });

  test('an address that every host has tells nothing', () => {
    for (const address of ['127.0.0.1', '::1', '0.0.0.0', '169.254.3.4', '255.255.255.255', 'fe80::1'])
      expect(told(made([lease('2026-03-02T09:00:00Z', address, 'ws-12', '600')]))).toEqual([]);
  });

  test('any record gives at most a bounded number of sightings, each with citations, and nothing throws', () => {
    const text = fc.oneof(fc.string(), fc.constantFrom('__proto__', '198.51.100.7', 'ACK', '1e9', '-1', 'NaN'));
    const raw = fc.dictionary(
      fc.constantFrom(
        '/assigned_addr',
        '/host_name',
        '/lease_time',
        '/msg_types/0',
        '/query',
        '/answers/0',
        '/TTLs/0',
        '/a/ip',
        '/a/name',
      ),
      text,
    );
    fc.assert(
      fc.property(raw, text, (fields, title) => {
        const entities = Object.keys(fields).flatMap(pointer => [
          ['ip', 'actor', pointer] as const,
          ['host', 'target', pointer] as const,
        ]);
        const { alerts, read } = made([
          { time: '2026-03-02T09:00:00Z', raw: fields, entities, change: { title, source: 'zeek dhcp dns' } },
        ]);
        const found = alerts.flatMap(alert => sightingsIn(alert, read));
        expect(found.length).toBeLessThanOrEqual(24);
        for (const { citations } of found) expect(citations.length).toBeGreaterThanOrEqual(2);
      }),
    );
  });
});

const DAY = [
  lease('2026-03-02T09:02:00Z', '198.51.100.7', 'ws-12', '31080'),
  lease('2026-03-02T17:45:00Z', '198.51.100.7', 'ws-31', '3600'),
  attack('2026-03-02T12:00:00Z', '198.51.100.7'),
  attack('2026-03-02T18:00:00Z', '198.51.100.7'),
];
const COMPLETE: Coverage = { verdict: 'complete', expected: 1, heard: 1, streams: [] };

function summaryOf({ alerts, read }: ReturnType<typeof made>, around: readonly Alert[] = []) {
  const verifier = createClaimVerifier(alerts, read, around);
  return summarise({
    alerts,
    claims: extractClaims(alerts),
    verifier,
    coverage: COMPLETE,
    gaps: [],
    inventory: undefined,
    frequency: undefined,
    identified: identify(alerts, around, read),
  });
}

describe('an entity of an incident', () => {
  const world = made(DAY);
  const [first, second, ...attacks] = world.alerts;
  if (first === undefined || second === undefined) throw new Error('alerts were made');

  test('is told with who held it when, from alerts around the incident too, and the statements are cited', () => {
    const summary = summaryOf({ ...world, alerts: attacks }, [first, second]);
    const address = summary.entities.find(({ label }) => label === '198.51.100.7');
    expect(address?.resolution?.text).toBe(
      '198.51.100.7 was ws-12 from 2026-03-02 09:02 to 17:40 (DHCP), then ws-31 from 17:45 to 18:45 (DHCP)',
    );
    expect(address?.resolution?.verdict).toBe('one');
    expect(summary.identified.map(({ id }) => id)).toEqual(address?.resolution?.bindings.map(({ claim }) => claim));
    for (const claim of summary.identified) expect(claim.verdict).toEqual({ kind: 'verified' });
  });

  test('is told of in the line of each alert, as of its time', () => {
    const verifier = createClaimVerifier(world.alerts, world.read);
    const resolver = soundResolver(
      identify(world.alerts, [], world.read),
      claim => verifier.verify(claim).kind === 'verified',
    );
    expect(timelineOf(attacks, [], undefined, resolver).map(({ who }) => who?.[0]?.split(' (')[0])).toEqual([
      '198.51.100.7: ws-12',
      '198.51.100.7: ws-31',
    ]);
  });

  test('is not told of by what cannot be recomputed from the raw records', () => {
    const lying: ReadField = (evidence, pointer) =>
      pointer === '/host_name' && evidence === first.evidence ? undefined : world.read(evidence, pointer);
    const verifier = createClaimVerifier(world.alerts, lying);
    const resolver = soundResolver(
      identify(world.alerts, [], world.read),
      claim => verifier.verify(claim).kind === 'verified',
    );
    expect(resolver.at('ip:198.51.100.7', 'host', timeOf('2026-03-02T12:00:00Z')).verdict).toBe('none');
  });

  test('has the same summary whatever the order of the alerts', () => {
    const again = summaryOf({ ...world, alerts: world.alerts.toReversed() });
    expect(again.digest).toBe(summaryOf(world).digest);
  });
});

const someWorld = fc
  .array(
    fc.oneof(
      fc
        .tuple(
          fc.integer({ min: 0, max: 900 }),
          fc.constantFrom('ws-12', 'ws-31'),
          fc.integer({ min: 60, max: 30_000 }),
        )
        .map(([minute, name, seconds]) => lease(clock(minute), '198.51.100.7', name, String(seconds))),
      fc
        .tuple(fc.integer({ min: 0, max: 900 }), fc.constantFrom('dana', 'ole'), fc.constantFrom('db1', 'web2'))
        .map(([minute, user, host]) => signIn(clock(minute), user, '198.51.100.7', host)),
    ),
    { minLength: 1, maxLength: 15 },
  )
  .map(made);

function clock(minute: number): string {
  return rfc3339(unixMsFrom(timeOf('2026-03-02T00:00:00Z') + minute * 60_000));
}

const MUTATIONS: readonly { readonly name: string; readonly mutate: (claim: Claim) => Claim | undefined }[] = [
  {
    name: 'another holder',
    mutate: claim => {
      const role = ['host', 'user'].find(name => claim.roles[name] !== undefined && name in claim.roles);
      return role === undefined ? undefined : { ...claim, roles: { ...claim.roles, [role]: 'mallory' } };
    },
  },
  {
    name: 'another address',
    mutate: claim =>
      claim.roles['address'] === undefined
        ? undefined
        : { ...claim, roles: { ...claim.roles, address: '198.51.100.8' } },
  },
  { name: 'begun earlier', mutate: claim => ({ ...claim, at: unixMsFrom((claim.at ?? 0) - 60_000) }) },
  {
    name: 'held for longer',
    mutate: claim => (claim.until === undefined ? undefined : { ...claim, until: unixMsFrom(claim.until + 60_000) }),
  },
  {
    name: 'an end that nobody stated',
    mutate: claim => (claim.until === undefined ? { ...claim, until: unixMsFrom(9e12) } : undefined),
  },
  { name: 'one more record', mutate: claim => ({ ...claim, count: claim.count + 1 }) },
  {
    name: 'a lease told as the word of a sensor',
    mutate: claim => (claim.predicate === 'address_leased' ? { ...claim, predicate: 'address_reported' } : undefined),
  },
  { name: 'a citation fewer', mutate: claim => ({ ...claim, citations: claim.citations.slice(1) }) },
  { name: 'no citation', mutate: claim => ({ ...claim, citations: [] }) },
  {
    name: 'evidence of elsewhere',
    mutate: claim => ({
      ...claim,
      citations: claim.citations.map(citation => ({ ...citation, evidence: 'evd_9999' as const })),
    }),
  },
  { name: 'words of its own', mutate: claim => ({ ...claim, text: `${claim.text} Isolate it.` }) },
  { name: 'an id of elsewhere', mutate: claim => ({ ...claim, id: `${claim.id}x` }) },
];

describe('a statement of who held what', () => {
  test('that says what the records say is verified, always', () => {
    fc.assert(
      fc.property(someWorld, ({ alerts, read }) => {
        const verifier = createClaimVerifier(alerts, read);
        for (const { claim } of identify(alerts, [], read))
          expect(verifier.verify(claim)).toEqual({ kind: 'verified' });
      }),
    );
  });

  test.each(MUTATIONS)('that says something else fails: $name', ({ mutate }) => {
    let tried = 0;
    fc.assert(
      fc.property(someWorld, ({ alerts, read }) => {
        const verifier = createClaimVerifier(alerts, read);
        for (const { claim } of identify(alerts, [], read)) {
          const mutant = mutate(claim);
          if (mutant === undefined) continue;
          tried++;
          expect(verifier.verify(mutant).kind).toBe('failed');
        }
      }),
      { numRuns: 60 },
    );
    expect(tried).toBeGreaterThan(20);
  });

  test('fails when the raw record holds another value', () => {
    fc.assert(
      fc.property(someWorld, fc.nat(), ({ alerts, read }, seed) => {
        const all = identify(alerts, [], read);
        const claim = all[seed % all.length]?.claim;
        const citation = claim?.citations[seed % (claim.citations.length || 1)];
        if (claim === undefined || citation === undefined) return;
        const tampered: ReadField = (evidence, pointer) =>
          evidence === citation.evidence && pointer === citation.pointer ? 'mallory' : read(evidence, pointer);
        expect(createClaimVerifier(alerts, tampered).verify(claim).kind).toBe('failed');
      }),
    );
  });
});
