import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../../base/time.ts';
import type { DecisionRecord } from '../../../model/reliance.ts';
import { BASELINE_DECISIONS, driftOf } from './drift.ts';

const decision = (n: number, seconds: number, verdict: DecisionRecord['verdict'] = 'approve'): DecisionRecord => ({
  person: 'a',
  tier: 'T1',
  kind: 'one/two',
  shownAt: unixMsFrom(n * 1_000_000),
  decidedAt: unixMsFrom(n * 1_000_000 + seconds * 1_000),
  dwell: {},
  evidenceOpened: 0,
  evidenceRequired: 0,
  evidenceCited: 3,
  claims: 3,
  verdict,
  preJudgement: undefined,
  advised: 'do',
  judgedAfterwards: undefined,
  wasUndone: undefined,
  drill: undefined,
});
const many = (count: number, seconds: number, from = 0) =>
  Array.from({ length: count }, (_, i) => decision(from + i, seconds));

describe('a change against one’s own first decisions', () => {
  test('is not told before there are enough of them', () => {
    expect(driftOf(many(BASELINE_DECISIONS - 1, 1), 'haste')).toEqual({
      kind: 'too_few',
      n: BASELINE_DECISIONS - 1,
      needs: BASELINE_DECISIONS,
    });
  });

  test('alarms when somebody begins to approve faster than can be read, and says when', () => {
    const told = driftOf([...many(60, 60), ...many(10, 1, 60)], 'haste');
    expect(told.kind === 'alarm' && told.at).toBeGreaterThanOrEqual(60_000_000);
  });

  test('is over after as many decisions without another one', () => {
    expect(driftOf([...many(60, 60), ...many(10, 1, 60), ...many(60, 60, 70)], 'haste').kind).toBe('steady');
  });

  test('is none where it was so from the beginning', () => {
    expect(driftOf(many(200, 1), 'haste')).toEqual({ kind: 'always', n: 200 });
  });

  test('is steady for whoever goes on as before', () => {
    expect(driftOf(many(500, 60), 'haste')).toEqual({ kind: 'steady', n: 500 });
    expect(driftOf(many(500, 60), 'refusing')).toEqual({ kind: 'steady', n: 500 });
  });

  test('alarms when somebody begins to refuse', () => {
    const refusing = Array.from({ length: 12 }, (_, i) => decision(80 + i, 60, 'reject'));
    expect(driftOf([...many(80, 60), ...refusing], 'refusing').kind).toBe('alarm');
  });
});
