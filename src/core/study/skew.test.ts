import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rfc3339, unixMsFrom } from '../../base/time.ts';
import type { Alert } from '../../model/alert.ts';
import { createOrderJudge, markOrder } from './order.ts';
import { clocksOf, PAIRS_MIN } from './skew.ts';
import { alertsOf, timeOf } from './testing.ts';
import { timelineOf } from './timeline.ts';

const START = timeOf('2026-03-02T08:00:00Z');

/** Alerts of two products about the same flows: the second product's clock reads `aheadMs` more, give or take. */
function seenTwice(events: readonly { readonly atMs: number; readonly noiseMs: number }[], aheadMs: number): Alert[] {
  return events.flatMap(({ atMs, noiseMs }, number) =>
    [0, 1].map((which): Alert => {
      const at = unixMsFrom(START + atMs + which * (aheadMs + noiseMs));
      const [alert] = alertsOf([{ rule: `rule ${which}`, time: rfc3339(at) }]);
      if (alert === undefined) throw new Error('one alert was made');
      return {
        ...alert,
        id: `alr_${which}_${number}`,
        evidence: `evd_${which}_${number}`,
        product: which === 0 ? 'Nearby' : 'Offbeat',
        receivedAt: unixMsFrom(START + 86_400_000),
        vendorLinks: [`flow:${number}`],
      };
    }),
  );
}

const skewOf = (alerts: readonly Alert[], clock: string) => clocksOf(alerts).find(one => one.clock === clock)?.skew;

const anEvent = fc.record({
  atMs: fc.integer({ min: 0, max: 3_600_000 }),
  noiseMs: fc.integer({ min: -4_000, max: 4_000 }),
});

describe('the skew of a clock', () => {
  test('is found within its stated uncertainty, though every fifth pair misleads', () => {
    fc.assert(
      fc.property(
        fc.array(anEvent, { minLength: 2, maxLength: 20 }),
        fc.array(fc.integer({ min: -3_600_000, max: 3_600_000 }), { maxLength: 1 }),
        fc.integer({ min: -7_200_000, max: 7_200_000 }),
        (half, wild, aheadMs) => {
          // Delays of both signs: as many too early as too late, so that the middle is the clock's.
          const events = [
            ...half,
            ...half.map(({ atMs, noiseMs }) => ({ atMs, noiseMs: -noiseMs })),
            { atMs: 0, noiseMs: 0 },
            ...wild.slice(0, Math.floor(half.length / 2)).map(noiseMs => ({ atMs: 1, noiseMs })),
          ];
          const skews = clocksOf(seenTwice(events, aheadMs)).map(one => one.skew);
          const measured = skews.find(({ kind }) => kind === 'measured');
          expect(measured).toBeDefined();
          if (measured === undefined) return;
          expect(Math.abs(Math.abs(measured.aheadMs) - Math.abs(aheadMs))).toBeLessThanOrEqual(measured.uncertaintyMs);
          const isNearbyReference = measured.against === 'Nearby';
          if (measured.isMaterial)
            expect(Math.sign(measured.aheadMs)).toBe(Math.sign(aheadMs) * (isNearbyReference ? 1 : -1));
        },
      ),
    );
  });

  test('is the same in any order of the alerts', () => {
    fc.assert(
      fc.property(
        fc.array(anEvent, { minLength: 3, maxLength: 20 }),
        fc.integer({ min: -90_000, max: 90_000 }),
        fc.infiniteStream(fc.nat()),
        (events, aheadMs, dice) => {
          const alerts = seenTwice(events, aheadMs);
          const shuffled = alerts
            .map(alert => ({ alert, key: dice.next().value ?? 0 }))
            .sort((a, b) => a.key - b.key)
            .map(({ alert }) => alert);
          expect(clocksOf(shuffled)).toEqual(clocksOf(alerts));
        },
      ),
    );
  });

  test('says its sign, its uncertainty and against which clock', () => {
    const events = Array.from({ length: 40 }, (_, n) => ({ atMs: n * 60_000, noiseMs: (n % 5) * 500 - 1_000 }));
    expect(skewOf(seenTwice(events, 60_000), 'Offbeat')?.text).toBe('about 60 s ahead of Nearby (±1 s, 40 pairs)');
    expect(skewOf(seenTwice(events, 0), 'Offbeat')).toMatchObject({
      isMaterial: false,
      text: 'in step with Nearby (±1 s, 40 pairs)',
    });
  });

  test('cannot be told without pairs, with too few, or where they scatter', () => {
    const events = (count: number, scatterMs = 0) =>
      Array.from({ length: count }, (_, n) => ({ atMs: n * 60_000, noiseMs: n * scatterMs }));
    const kindOf = (alerts: readonly Alert[]) => clocksOf(alerts).map(one => one.skew.kind);
    const unlinked = seenTwice(events(30), 60_000).map(alert => ({ ...alert, vendorLinks: [] }));
    expect(kindOf(unlinked)).toEqual(['cannot_tell', 'cannot_tell']);
    expect(kindOf(seenTwice(events(PAIRS_MIN - 1), 60_000))).toEqual(['cannot_tell', 'cannot_tell']);
    expect(kindOf(seenTwice(events(30, 240_000), 0))).toEqual(['cannot_tell', 'cannot_tell']);
  });

  test('is not learnt from the id of an incident, nor from an event that one of them reports over and over', () => {
    const events = Array.from({ length: 30 }, (_, n) => ({ atMs: n * 1_000, noiseMs: 0 }));
    const sharing = (link: string) => seenTwice(events, 60_000).map(alert => ({ ...alert, vendorLinks: [link] }));
    for (const link of ['incident:1', 'flow:1'])
      expect(clocksOf(sharing(link)).map(one => one.skew.kind)).toEqual(['cannot_tell', 'cannot_tell']);
  });

  test('is at least what records of our own future show, of which one alone shows nothing', () => {
    const ahead = (count: number) =>
      alertsOf(
        Array.from({ length: count }, () => ({
          rule: 'a',
          time: '2026-03-02T08:10:00Z',
          heard: '2026-03-02T08:00:00Z',
        })),
      );
    expect(skewOf(ahead(3), 'Testwatch')).toMatchObject({ kind: 'at_least', aheadMs: 600_000, isMaterial: true });
    expect(skewOf(ahead(1), 'Testwatch')?.kind).toBe('cannot_tell');
  });

  test('of three clocks names the one that is off, against the middle one', () => {
    const two = seenTwice(
      Array.from({ length: 10 }, (_, n) => ({ atMs: n * 60_000, noiseMs: 0 })),
      60_000,
    );
    const third = two
      .filter(alert => alert.product === 'Nearby')
      .map(alert => ({ ...alert, id: `${alert.id}x` as Alert['id'], product: 'Also near' }));
    const skews = new Map(clocksOf([...two, ...third]).map(one => [one.clock, one.skew]));
    expect(skews.get('Offbeat')).toMatchObject({ kind: 'measured', aheadMs: 60_000, isMaterial: true });
    expect([...skews.values()].filter(({ isMaterial }) => isMaterial)).toHaveLength(1);
  });
});

describe('the lag of a clock', () => {
  test('is how long after the activity we hear, and records of our future are counted', () => {
    const alerts = alertsOf([
      { rule: 'a', time: '2026-03-02T08:00:00Z', heard: '2026-03-02T08:01:00Z' },
      { rule: 'a', time: '2026-03-02T08:10:00Z', heard: '2026-03-02T08:13:00Z' },
      { rule: 'a', time: '2026-03-02T08:20:00Z', heard: '2026-03-02T08:19:00Z' },
      { rule: 'a', heard: '2026-03-02T08:20:00Z' },
    ]);
    expect(clocksOf(alerts)[0]?.lag).toEqual({
      alertCount: 3,
      medianMs: 60_000,
      tailMs: 60_000,
      maxMs: 180_000,
      aheadCount: 1,
    });
  });
});

describe('an order that the clocks put in doubt', () => {
  const events = Array.from({ length: 12 }, (_, n) => ({ atMs: n * 600_000, noiseMs: 0 }));
  const alerts = seenTwice(events, 60_000);

  test('is marked and not changed', () => {
    const entries = timelineOf(alerts);
    expect(entries.map(entry => entry.time)).toEqual(entries.map(entry => entry.time).toSorted((a, b) => a - b));
    const marked = entries.filter(entry => entry.order !== undefined);
    expect(marked).toHaveLength(12);
    expect(marked.every(entry => entry.product === 'Offbeat')).toBe(true);
    expect(marked[0]?.order?.text).toBe(
      'order uncertain within ±61 s: clock of Offbeat is about 60 s ahead of Nearby (±1 s, 12 pairs)',
    );
    expect(entries.filter(entry => entry.skew !== undefined)).toHaveLength(12);
  });

  test('is not marked where the entries stand farther apart than the clocks do, or are of one clock', () => {
    const judge = createOrderJudge(clocksOf(alerts));
    const at = (clock: string, seconds: number) => ({ clock, time: unixMsFrom(START + seconds * 1_000) });
    expect(judge.doubt(at('Nearby', 0), at('Offbeat', 62))).toBeUndefined();
    expect(judge.doubt(at('Nearby', 0), at('Offbeat', 30))).toMatchObject({ isLikelyReversed: true });
    expect(judge.doubt(at('Offbeat', 0), at('Nearby', 1))).toBeUndefined();
    expect(judge.doubt(at('Offbeat', 0), at('Offbeat', 1))).toBeUndefined();
  });

  test('is marked however many products another sender makes up', () => {
    const many = alerts.flatMap(alert =>
      Array.from({ length: 200 }, (_, n) => ({
        ...alert,
        id: `${alert.id}_${n}` as const,
        ...(n === 0 ? {} : { product: `made up ${n}`, source: 'elsewhere' }),
      })),
    );
    const entries = timelineOf(many);
    expect(entries).toHaveLength(many.length);
    expect(entries.filter(entry => entry.product === 'Offbeat' && entry.order !== undefined)).toHaveLength(12);
  });

  test('leaves an entry alone whose time is only assumed', () => {
    const [first, ...rest] = timelineOf(alerts);
    if (first === undefined) throw new Error('entries were made');
    const assumed = [first, ...rest.map(entry => ({ ...entry, order: undefined, isTimeAssumed: true }))] as never;
    expect(markOrder(assumed, createOrderJudge(clocksOf(alerts))).filter(entry => entry.order)).toEqual([]);
  });
});
