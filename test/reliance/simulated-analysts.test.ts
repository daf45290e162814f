import { describe, expect, test } from 'vitest';
import { benchReliance, RELIANCE_PLAN } from '../../src/cli/bench-reliance.ts';

const AUC_MIN = 0.95;
const SENSITIVITY_AUC_MIN = 0.88;
const ALARM_DECISIONS_MAX = 50;
const NOTICED_SHARE_MIN = 0.85;

describe('invented reviewers', () => {
  const told = benchReliance({ ...RELIANCE_PLAN, people: 120 });

  test.each(told.pairs)(
    '$pair are told apart within 200 decisions by each figure named for them, less surely by d prime',
    one => {
      expect(Object.keys(one.allKnown).length).toBeGreaterThan(0);
      const { sensitivity, ...firm } = one.allKnown;
      for (const auc of Object.values(firm)) expect(auc).toBeGreaterThanOrEqual(AUC_MIN);
      // Telling right from wrong is too noisy for the bar at 200 decisions: 0.91 to 0.95 for calibrated against tired.
      if (sensitivity !== undefined) expect(sensitivity).toBeGreaterThanOrEqual(SENSITIVITY_AUC_MIN);
    },
  );

  test.each(told.pairs)('$pair are told apart, too, where one decision in seven was ever judged', one => {
    expect(Object.values(one.littleKnown)[0]).toBeGreaterThanOrEqual(AUC_MIN);
  });

  test('of one kind are not told apart', () => {
    expect(told.sameKindAuc).toBeLessThan(0.65);
  });

  test.each(told.alarms)(
    'that become a $to alarm themselves within 50 decisions in the middle, and 85 of 100 of them do',
    ({ median, within50 }) => {
      expect(median).toBeLessThanOrEqual(ALARM_DECISIONS_MAX);
      expect(within50).toBeGreaterThanOrEqual(NOTICED_SHARE_MIN);
    },
  );

  test('that do not change are alarmed at most once in 1,000 decisions, by both alarms together', () => {
    expect(told.steadyDecisions).toBeGreaterThanOrEqual(300_000);
    expect(told.falseAlarmsPer1000).toBeLessThanOrEqual(1);
  });

  test('are the same for the same seed', () => {
    const plan = { people: 5, decisions: 60, seed: 7 };
    expect(benchReliance(plan)).toEqual(benchReliance(plan));
  });
});
