import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import type { EntityKind, EntityRole } from '../../model/alert.ts';
import { createCorrelator } from './correlate.ts';
import { rootOf } from './group.ts';
import { type CorrelationInput, DEFAULT_SETTINGS, type Placement } from './placement.ts';

const START = Date.UTC(2026, 2, 2);

interface Sketch {
  readonly rule?: string;
  readonly at?: number;
  readonly links?: readonly string[];
  readonly tactics?: readonly string[];
  readonly entities?: readonly (readonly [EntityKind, string, EntityRole?])[];
}

let count = 0;
function alert({ rule = 'r', at = 0, links = [], tactics = [], entities = [] }: Sketch): CorrelationInput {
  return {
    id: `alr_${count++}`,
    source: 'test',
    title: rule,
    rule,
    at: unixMsFrom(START + at),
    entities: entities.map(([kind, value, role = 'target']) => ({ kind, value, role })),
    tactics,
    vendorLinks: links,
  };
}

/** The final cluster of each alert, after everything that merged. */
function clustersOf(alerts: readonly CorrelationInput[]): readonly number[] {
  const correlator = createCorrelator();
  return alerts.map(one => correlator.add(one)).map(placement => rootOf(placement.home).number);
}

const areTogether = (...alerts: readonly CorrelationInput[]): boolean => new Set(clustersOf(alerts)).size === 1;

const two = (first: Sketch, second: Sketch): boolean =>
  areTogether(alert({ rule: 'one', ...first }), alert({ rule: 'two', ...second }));

describe('what joins two alerts', () => {
  test('a rare user within the hour does, and a day later does not', () => {
    const entities = [['user', 'dana', 'actor']] as const;
    expect(two({ entities }, { entities, at: 50 * MS_PER_MINUTE })).toBe(true);
    expect(two({ entities }, { entities, at: 26 * MS_PER_HOUR })).toBe(false);
  });

  test('a host alone does within minutes only', () => {
    const entities = [['host', 'db1']] as const;
    expect(two({ entities }, { entities, at: 4 * MS_PER_MINUTE })).toBe(true);
    expect(two({ entities }, { entities, at: 8 * MS_PER_MINUTE })).toBe(false);
  });

  test('two independent things in common reach further than one', () => {
    const entities = [
      ['user', 'dana', 'actor'],
      ['host', 'db1'],
    ] as const;
    expect(two({ entities }, { entities, at: 20 * MS_PER_HOUR })).toBe(true);
  });

  test('the same user reaches further where the attack moves on a stage, and not where it goes back', () => {
    const entities = [['user', 'dana', 'actor']] as const;
    const at = 6 * MS_PER_HOUR;
    expect(two({ entities, tactics: ['initial-access'] }, { entities, at, tactics: ['exfiltration'] })).toBe(true);
    expect(two({ entities, tactics: ['exfiltration'] }, { entities, at, tactics: ['initial-access'] })).toBe(false);
  });

  test('a message id reaches for days', () => {
    const entities = [['message', '74dd3f2c-844d-4aea', 'related']] as const;
    expect(two({ entities }, { entities, at: 2 * MS_PER_DAY })).toBe(true);
  });

  test("the vendor's own link does, within its source", () => {
    expect(two({ links: ['incident-7'] }, { links: ['incident-7'], at: 2 * MS_PER_DAY })).toBe(true);
    expect(two({ links: ['incident-7'] }, { links: ['incident-8'] })).toBe(false);
  });

  test('a Community ID does, whoever saw the flow', () => {
    const zeek = { ...alert({ rule: 'conn', links: ['community:1:abc='] }), source: 'zeek' };
    const suricata = { ...alert({ rule: 'et', links: ['community:1:abc='] }), source: 'suricata' };
    expect(areTogether(zeek, suricata)).toBe(true);
    expect(areTogether({ ...zeek, vendorLinks: ['flow-1'] }, { ...suricata, vendorLinks: ['flow-1'] })).toBe(false);
  });

  test.each([['null'], ['-'], ['unknown'], ['0.0.0.0'], ['00000000-0000-0000-0000-000000000000']])(
    'a value that stands for no value (%s) never does',
    value => {
      expect(two({ entities: [['host', value]] }, { entities: [['host', value]] })).toBe(false);
    },
  );

  test.each([
    ['nhi', 'nt authority\\system'],
    ['user', 'root'],
    ['nhi', 's-1-5-18'],
    ['process', 'powershell.exe'],
    ['file', 'cmd.exe'],
    ['cloud_account', '123456789012'],
    ['hash', '6cbce4a295c163791b60fc23d285e6d84f28ee4c'],
    ['ip', '127.0.0.1'],
  ] as const)('what is on every machine (%s %s) never does alone', (kind, value) => {
    expect(two({ entities: [[kind, value, 'actor']] }, { entities: [[kind, value, 'actor']] })).toBe(false);
  });

  test('nothing in common is nothing: two alerts without entities stay apart', () => {
    expect(two({}, {})).toBe(false);
    expect(areTogether(alert({ rule: 'same' }), alert({ rule: 'same' }))).toBe(false);
  });

  test('one rare rule on two hosts within a minute does, and fires together', () => {
    const on = (host: string, at: number) => alert({ rule: 'rare tunnel', at, entities: [['host', host]] });
    expect(areTogether(on('web1', 0), on('web2', 30_000))).toBe(true);
    expect(areTogether(on('web1', 0), on('web2', 5 * MS_PER_MINUTE))).toBe(false);
  });
});

describe('what is too common', () => {
  const proxy = (n: number): CorrelationInput =>
    alert({
      rule: `rule ${n}`,
      at: n * MS_PER_MINUTE,
      entities: [
        ['domain', 'proxy.example', 'related'],
        ['user', `user-${n}`, 'actor'],
      ],
    });

  test('a value beside many different people is a hub: it is listed with its reason and joins nothing more', () => {
    const correlator = createCorrelator();
    const placements = Array.from({ length: 30 }, (_, n) => correlator.add(proxy(n)));
    expect(correlator.overCommon().map(one => one.value)).toContain('domain:proxy.example');
    expect(placements.slice(20).every(one => one.because[0]?.kind === 'first')).toBe(true);
  });

  test('a rule that fires in every hour joins nothing, and a flood of it in one hour is no reason to call it common', () => {
    const hourly = (h: number) => alert({ rule: 'heartbeat', at: h * MS_PER_HOUR, entities: [['host', 'db1']] });
    const correlator = createCorrelator();
    for (let h = 0; h < 48; h++) correlator.add(hourly(h));
    const at = 48 * MS_PER_HOUR;
    const attack = correlator.add(alert({ rule: 'dump', at, entities: [['host', 'db1']] }));
    const beat = correlator.add(alert({ rule: 'heartbeat', at: at + 1000, entities: [['host', 'db1']] }));
    expect(beat.cluster).not.toBe(attack.cluster);
    const flooded = createCorrelator();
    for (let n = 0; n < 5000; n++) flooded.add(alert({ rule: 'scan', at: n * 100, entities: [['host', 'db1']] }));
    const next = flooded.add(alert({ rule: 'shell', at: 501_000, entities: [['host', 'db1']] }));
    expect(next.because[0]?.kind).toBe('shared_entity');
  });
});

describe('duplicates', () => {
  const scan = (at: number) => alert({ rule: 'scan', at, entities: [['host', 'web1']] });

  test('the same rule on the same host again is a duplicate of the first, in its cluster, with its count', () => {
    const correlator = createCorrelator();
    const first = scan(0);
    const place = correlator.add(first);
    const again = correlator.add(scan(60_000));
    expect(again).toEqual({
      cluster: place.cluster,
      home: place.home,
      notJoined: [],
      duplicateOf: first.id,
      because: [{ kind: 'duplicate', text: 'another occurrence of "scan", 2 by now (fingerprint f1)', to: first.id }],
    });
  });

  test('a flood that stopped and comes again is told again', () => {
    const correlator = createCorrelator();
    for (let n = 0; n < 100; n++) correlator.add(scan(n * 100));
    expect(correlator.add(scan(12 * MS_PER_MINUTE)).duplicateOf).toBeUndefined();
  });

  test('nothing is folded for longer than an hour', () => {
    const correlator = createCorrelator();
    const told = Array.from({ length: 180 }, (_, n) => correlator.add(scan(n * MS_PER_MINUTE))).filter(
      one => one.duplicateOf === undefined,
    );
    expect(told).toHaveLength(3);
  });
});

const anySketch: fc.Arbitrary<Sketch> = fc.record({
  rule: fc.constantFrom('a', 'b', 'c', 'd'),
  at: fc.integer({ min: 0, max: 3 * MS_PER_HOUR }),
  links: fc.array(fc.constantFrom('x', 'y'), { maxLength: 1 }),
  entities: fc.array(
    fc.tuple(
      fc.constantFrom<EntityKind>('user', 'host', 'ip', 'domain', 'hash', 'message', 'cloud_resource'),
      fc.constantFrom('one', 'two', 'three', 'null', ''),
      fc.constantFrom<EntityRole>('actor', 'target', 'related', 'observer'),
    ),
    { maxLength: 4 },
  ),
});

const inOrder = fc.array(anySketch, { maxLength: 40 }).map(sketches => sketches.map(alert).sort((a, b) => a.at - b.at));

describe('every placement', () => {
  test('says why, and points at an alert that was given', () => {
    fc.assert(
      fc.property(inOrder, alerts => {
        const correlator = createCorrelator();
        const known = new Set<string>();
        for (const one of alerts) {
          const placement = correlator.add(one);
          expect(placement.because.length).toBeGreaterThan(0);
          for (const { kind, to, text } of placement.because) {
            expect(text).not.toBe('');
            expect(kind === 'first' ? to === undefined : to !== undefined && known.has(to)).toBe(true);
          }
          known.add(one.id);
        }
      }),
    );
  });

  test('is the same for the same alerts in the same order', () => {
    fc.assert(
      fc.property(inOrder, alerts => {
        const run = (): readonly Placement[] => {
          const correlator = createCorrelator();
          return alerts.map(one => correlator.add(one));
        };
        expect(run()).toEqual(run());
      }),
    );
  });

  test('names a cluster that merged never again', () => {
    fc.assert(
      fc.property(inOrder, alerts => {
        const correlator = createCorrelator();
        const gone = new Set<number>();
        for (const one of alerts) {
          const { cluster, merged = [] } = correlator.add(one);
          expect(gone.has(cluster)).toBe(false);
          for (const other of merged) {
            expect(other.number).toBeGreaterThan(cluster);
            gone.add(other.number);
          }
        }
      }),
    );
  });
});

describe('bounds', () => {
  test('memory does not grow with the number of different values, at one instant or over days', () => {
    for (const step of [0, 10, MS_PER_MINUTE]) {
      const correlator = createCorrelator({ ...DEFAULT_SETTINGS, valuesMax: 1000 });
      let largest = 0;
      for (let n = 0; n < 5000; n++) {
        correlator.add(
          alert({
            at: n * step,
            entities: [
              ['user', `u${n}`, 'actor'],
              ['ip', `10.${n}`, 'actor'],
            ],
          }),
        );
        largest = Math.max(largest, correlator.size);
      }
      expect(largest).toBeLessThanOrEqual(1000);
    }
  });
});
