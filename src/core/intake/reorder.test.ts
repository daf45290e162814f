import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MS_PER_HOUR, MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import type { EntityKind, EntityRole } from '../../model/alert.ts';
import { createCorrelator } from './correlate.ts';
import { rootOf } from './group.ts';
import { type CorrelationInput, type CorrelatorSettings, DEFAULT_SETTINGS } from './placement.ts';
import { compareInputs, DEFAULT_REORDER, Reorder } from './reorder.ts';

const START = Date.UTC(2026, 2, 2);
/** Small bounds, so that a few alerts reach them. */
const TIGHT: CorrelatorSettings = { ...DEFAULT_SETTINGS, hubNeighboursMax: 2 };

const anyAlert = (spanMs: number): fc.Arbitrary<Omit<CorrelationInput, 'id'>> =>
  fc.record({
    source: fc.constant('test'),
    title: fc.constant('t'),
    rule: fc.constantFrom('a', 'b', 'c'),
    at: fc.integer({ min: 0, max: spanMs }).map(at => unixMsFrom(START + at)),
    tactics: fc.subarray(['initial-access', 'exfiltration'], { maxLength: 1 }),
    vendorLinks: fc.subarray(['x', 'y'], { maxLength: 1 }),
    entities: fc.array(
      fc
        .tuple(
          fc.constantFrom<EntityKind>('user', 'host', 'ip', 'domain', 'cloud_resource'),
          fc.constantFrom('one', 'two', 'three', 'four'),
          fc.constantFrom<EntityRole>('actor', 'target', 'related'),
        )
        .map(([kind, value, role]) => ({ kind, value, role })),
      { maxLength: 3 },
    ),
  });

/** Alerts of which each is unlike all others, so that what is compared is named by what it says. */
const distinctAlerts = (spanMs: number): fc.Arbitrary<readonly CorrelationInput[]> =>
  fc
    .uniqueArray(anyAlert(spanMs), { minLength: 2, maxLength: 40, selector: one => JSON.stringify(one) })
    .map(alerts => alerts.map((one, n) => ({ ...one, id: `alr_${n}` as const })));

/** The alerts of each cluster, in an order that depends on nothing but the alerts. */
function partition(placed: readonly { readonly id: string; readonly cluster: number }[]): readonly string[] {
  const clusters = new Map<number, string[]>();
  for (const { id, cluster } of placed) clusters.set(cluster, [...(clusters.get(cluster) ?? []), id]);
  return [...clusters.values()].map(ids => ids.sort().join(' ')).sort();
}

function inTurn(alerts: readonly CorrelationInput[], settings = TIGHT): readonly string[] {
  const correlator = createCorrelator(settings);
  const placed = alerts.toSorted(compareInputs).map(one => ({ id: one.id, home: correlator.add(one).home }));
  return partition(placed.map(({ id, home }) => ({ id, cluster: rootOf(home).number })));
}

function asTheyCome(batches: readonly (readonly CorrelationInput[])[], reorder: Reorder): readonly string[] {
  const homes = new Map<string, Parameters<typeof rootOf>[0]>();
  for (const batch of batches) {
    for (const { input, placement } of reorder.place(batch.map(input => ({ input }))).placed)
      homes.set(input.id, placement.home);
  }
  return partition([...homes].map(([id, home]) => ({ id, cluster: rootOf(home).number })));
}

/** A list cut into batches of any size. */
const cut = <T>(list: readonly T[], sizes: readonly number[]): readonly (readonly T[])[] => {
  const batches: T[][] = [];
  for (let at = 0, turn = 0; at < list.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    batches.push(list.slice(at, at + size));
    at += size;
  }
  return batches;
};

const shuffled = (spanMs: number) =>
  distinctAlerts(spanMs).chain(alerts =>
    fc.record({
      alerts: fc.constant(alerts),
      arrived: fc.shuffledSubarray([...alerts], { minLength: alerts.length, maxLength: alerts.length }),
      sizes: fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
    }),
  );

describe('alerts that come out of order', () => {
  test('end in the same clusters in any order of arrival within the lateness bound, in batches of any size', () => {
    fc.assert(
      fc.property(shuffled(MS_PER_HOUR), ({ alerts, arrived, sizes }) => {
        const reorder = new Reorder(createCorrelator(TIGHT), DEFAULT_REORDER);
        expect(asTheyCome(cut(arrived, sizes), reorder)).toEqual(inTurn(alerts));
      }),
      { numRuns: 600 },
    );
  });

  test('do so over days as well, where each comes at most an hour after one that happened later', () => {
    const late = distinctAlerts(40 * MS_PER_HOUR).chain(alerts =>
      fc
        .array(fc.integer({ min: 0, max: MS_PER_HOUR }), { minLength: alerts.length, maxLength: alerts.length })
        .map(delays => ({
          alerts,
          arrived: alerts
            .map((one, n) => ({ one, heard: one.at + (delays[n] ?? 0) }))
            .sort((a, b) => a.heard - b.heard)
            .map(({ one }) => one),
        })),
    );
    fc.assert(
      fc.property(late, ({ alerts, arrived }) => {
        const reorder = new Reorder(createCorrelator(TIGHT), DEFAULT_REORDER);
        expect(asTheyCome(cut(arrived, [1]), reorder)).toEqual(inTurn(alerts));
      }),
      { numRuns: 400 },
    );
  });

  test('do so where things come back often enough to be duplicates, hubs and everyday', () => {
    const often = fc
      .uniqueArray(
        fc.record({
          at: fc.integer({ min: 0, max: 20 * 12 }).map(step => unixMsFrom(START + step * 5 * MS_PER_MINUTE)),
          rule: fc.constantFrom('a', 'b'),
          user: fc.constantFrom('u', 'v', 'w', 'x'),
          host: fc.constantFrom('h', 'i'),
        }),
        { minLength: 30, maxLength: 120, selector: one => JSON.stringify(one) },
      )
      .map(sketches =>
        sketches.map(
          ({ at, rule, user, host }, n): CorrelationInput => ({
            id: `alr_${n}`,
            source: 's',
            title: rule,
            rule,
            at,
            entities: [
              { kind: 'host', value: host, role: 'target' },
              ...(n % 3 === 0 ? [{ kind: 'user', value: user, role: 'related' } as const] : []),
            ],
            tactics: [],
            vendorLinks: [],
          }),
        ),
      )
      .chain(alerts =>
        fc.record({
          alerts: fc.constant(alerts),
          arrived: fc.shuffledSubarray(alerts, { minLength: alerts.length, maxLength: alerts.length }),
        }),
      );
    fc.assert(
      fc.property(often, ({ alerts, arrived }) => {
        const reorder = new Reorder(createCorrelator(TIGHT), { latenessMs: 48 * MS_PER_HOUR, pendingMax: 1_000 });
        expect(asTheyCome(cut(arrived, [1, 9]), reorder)).toEqual(inTurn(alerts));
      }),
      { numRuns: 150 },
    );
  });

  test('are placed and never lost where they come later than the bound, or more came since than can be placed again', () => {
    fc.assert(
      fc.property(shuffled(30 * MS_PER_HOUR), ({ alerts, arrived, sizes }) => {
        const reorder = new Reorder(createCorrelator(TIGHT), { latenessMs: MS_PER_MINUTE, pendingMax: 5 });
        const names = asTheyCome(cut(arrived, sizes), reorder).flatMap(one => one.split(' '));
        expect(names.sort()).toEqual(alerts.map(one => one.id).sort());
        expect(reorder.size).toBeLessThanOrEqual(5);
      }),
    );
  });

  test('one clock of the year 2099 makes nobody else late', () => {
    const reorder = new Reorder(createCorrelator(), DEFAULT_REORDER);
    const at = (n: number, when: number): CorrelationInput => ({
      id: `alr_${n}`,
      source: 's',
      title: 't',
      rule: `r${n}`,
      at: unixMsFrom(when),
      entities: [{ kind: 'user', value: 'dana', role: 'actor' }],
      tactics: [],
      vendorLinks: [],
    });
    const heardAt = START + MS_PER_HOUR;
    reorder.place([{ input: at(0, Date.UTC(2099, 0, 1)), heardAt }]);
    reorder.place([{ input: at(1, START + 30 * MS_PER_MINUTE), heardAt }]);
    const { placed } = reorder.place([{ input: at(2, START + 10 * MS_PER_MINUTE), heardAt }]);
    const home = (id: string) => placed.find(one => one.input.id === id)?.placement;
    expect(home('alr_2')?.because[0]?.kind).toBe('first');
    expect(home('alr_1')?.because[0]).toMatchObject({ kind: 'shared_entity', to: 'alr_2' });
  });
});
