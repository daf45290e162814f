import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alertsOf, timeOf } from './testing.ts';
import { lanesOf, timelineOf } from './timeline.ts';

describe('the timeline', () => {
  test('is in the order of what happened, not of when we heard, and shows both', () => {
    const entries = timelineOf(
      alertsOf([
        {
          time: '2026-03-02T09:00:00Z',
          heard: '2026-03-02T09:00:05Z',
          rule: 'second',
          actor: 'dana',
          target: 'ole',
          host: 'db1',
        },
        { time: '2026-03-02T08:00:00Z', heard: '2026-03-02T12:00:00Z', rule: 'first' },
      ]),
    );
    expect(entries.map(({ text, time, heard }) => [text, time, heard])).toEqual([
      ['first', timeOf('2026-03-02T08:00:00Z'), timeOf('2026-03-02T12:00:00Z')],
      ['second (dana → ole on db1)', timeOf('2026-03-02T09:00:00Z'), timeOf('2026-03-02T09:00:05Z')],
    ]);
  });

  test('marks an entry whose record does not say when it happened', () => {
    const entries = timelineOf(
      alertsOf([
        { rule: 'a', heard: '2026-03-02T08:00:00Z' },
        { rule: 'b', time: '2026-03-02T09:00:00Z' },
      ]),
    );
    expect(entries.map(entry => entry.isTimeAssumed)).toEqual([true, false]);
  });

  test('holds every alert once with its evidence, in the same order however they came', () => {
    const records = fc.array(
      fc.record(
        { rule: fc.constantFrom('a', 'b'), time: fc.integer({ min: 0, max: 5 }).map(m => `2026-03-02T08:0${m}:00Z`) },
        { noNullPrototype: true },
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(records, given => {
        const alerts = alertsOf(given);
        const entries = timelineOf(alerts);
        expect(new Set(entries.map(entry => entry.evidence))).toEqual(new Set(alerts.map(alert => alert.evidence)));
        expect(entries).toHaveLength(alerts.length);
        expect(timelineOf(alerts.toReversed())).toEqual(entries);
        expect(entries.map(entry => entry.time)).toEqual(entries.map(entry => entry.time).toSorted((a, b) => a - b));
      }),
    );
  });
});

describe('the lanes of a timeline', () => {
  test('are the products, and the source where a record names none', () => {
    const [first, second] = alertsOf([{ rule: 'a' }, { rule: 'b' }]);
    if (first === undefined || second === undefined) throw new Error('two alerts were made');
    expect(lanesOf(timelineOf([first, { ...second, product: ' ' }]))).toEqual(['Testwatch', 'test']);
  });

  test('are bounded: the busiest products have one each, all others share the last', () => {
    const rare = Array.from({ length: 30 }, (_, i) => ({ product: `made up ${String(i).padStart(2, '0')}` }));
    const lanes = lanesOf([...rare, { product: 'Watchful' }, { product: 'Watchful' }]);
    expect(lanes).toHaveLength(20);
    expect(lanes).toContain('Watchful');
    expect(lanes.at(-1)).toBe('12 other products');
  });
});

describe('a time that cannot be meant', () => {
  const entries = timelineOf(
    alertsOf([
      { rule: 'never set', time: '1970-01-01T00:00:09Z', heard: '2026-03-02T08:00:00Z' },
      { rule: 'far ahead', time: '2099-01-01T00:00:00Z', heard: '2026-03-02T08:00:00Z' },
      { rule: 'a little ahead', time: '2026-03-02T08:20:00Z', heard: '2026-03-02T08:00:00Z' },
      { rule: 'sound', time: '2026-03-02T08:00:00Z', heard: '2026-03-02T08:01:00Z' },
    ]),
  );

  test('is kept in its place, marked, and off the axis', () => {
    expect(entries.map(({ text, clockFault }) => [text, clockFault?.kind, clockFault?.isOffAxis])).toEqual([
      ['never set', 'long_ago', true],
      ['sound', undefined, undefined],
      ['a little ahead', 'ahead', false],
      ['far ahead', 'ahead', true],
    ]);
  });

  test('is also one that a file of records claims for a time to come', () => {
    const [entry] = timelineOf(
      alertsOf([{ rule: 'a', time: '2099-01-01T00:00:00Z' }]),
      [],
      timeOf('2026-03-02T08:00:00Z'),
    );
    expect(entry?.clockFault?.isOffAxis).toBe(true);
  });
});
