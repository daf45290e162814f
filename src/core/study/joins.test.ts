import { describe, expect, test } from 'vitest';
import type { JoinReason } from '../../model/incident.ts';
import { joinsOf } from './joins.ts';
import { alertsOf } from './testing.ts';

const ALERTS = alertsOf([
  { time: '2026-03-02T08:00:00Z', rule: 'a', actor: 'dana', ip: '203.0.113.4' },
  { time: '2026-03-02T08:04:00Z', rule: 'b', actor: 'dana' },
  { time: '2026-03-02T08:06:00Z', rule: 'c', actor: 'dana', ip: '203.0.113.4' },
  { time: '2026-03-02T08:10:00Z', rule: 'd', actor: 'dana' },
  { time: '2026-03-02T08:11:00Z', rule: 'e', actor: 'ole' },
]);
const [first, second, third, fourth, fifth] = ALERTS.map(({ id }) => id);

function reason(kind: JoinReason['kind'], text: string, to: JoinReason['to'] = first): JoinReason {
  return { kind, text, to };
}

const REASONS = new Map<string | undefined, readonly JoinReason[]>([
  [first, [reason('first', 'nothing rare enough in common', undefined)]],
  [second, [reason('shared_entity', 'user:dana in common with "a", 4 min apart')]],
  [third, [reason('shared_entity', 'user:dana, ip:203.0.113.4 in common with "a", 6 min apart')]],
  [fourth, [reason('adjacent', 'the same rare rule'), reason('shared_entity', 'user:dana in common with "a"')]],
  [fifth, [reason('person', 'Ada merged it: the same case')]],
]);

describe('why alerts are one incident', () => {
  test('is told once for all that the same values joined, a person before what a rule found', () => {
    expect(joinsOf(ALERTS, id => REASONS.get(id) ?? []).map(({ text, count }) => [text, count])).toEqual([
      ['Ada merged it: the same case', 1],
      ['2 alerts joined by dana, at most 10 min apart', 2],
      ['One alert joined by dana and 203.0.113.4, 6 min apart', 1],
    ]);
  });

  test('names the alerts, the earliest first, and is the same in any order', () => {
    const told = joinsOf(ALERTS, id => REASONS.get(id) ?? []);
    expect(told[1]?.alerts.map(({ alert }) => alert)).toEqual([second, fourth]);
    expect(joinsOf(ALERTS.toReversed(), id => REASONS.get(id) ?? [])).toEqual(told);
  });

  test('is never that it is a duplicate, the first, or kept apart', () => {
    const weak = ['first', 'duplicate', 'not_joined', 'kept_apart'] as const;
    expect(joinsOf(ALERTS, () => weak.map(kind => reason(kind, 'x')))).toEqual([]);
  });
});
