import { describe, expect, test } from 'vitest';
import { betaBelow, betaQuantile } from './beta.ts';
import { HISTORY_LEAST, type Outcome, OutcomeHistory } from './history.ts';

function outcomes(
  kind: string,
  accepted: number,
  refused: number,
  undone = 0,
  cell = 'T2/complete',
): readonly Outcome[] {
  return Array.from({ length: accepted + refused }, (_, n) => ({
    kind,
    cell,
    accepted: n < accepted,
    undone: n < undone,
  }));
}

describe('the calibrated history', () => {
  test('is no number below thirty decisions, only how many there are', () => {
    for (const n of [0, 1, 12, HISTORY_LEAST - 1])
      expect(new OutcomeHistory(outcomes('lock', n, 0)).of('lock', 'T2/complete')).toEqual({
        kind: 'not_enough',
        decided: n,
        text: `not enough history (n=${n})`,
      });
  });

  test('is counts with an interval around them, as people say them', () => {
    const told = new OutcomeHistory(outcomes('lock', 171, 41, 9)).of('lock', 'T2/complete');
    expect(told).toMatchObject({ kind: 'counted', text: 'accepted 171 of 212 like this, 9 later undone' });
    if (told.kind !== 'counted') return;
    expect(told.interval.from).toBeGreaterThan(0.75);
    expect(told.interval.to).toBeLessThan(0.86);
    expect(told.share).toBeGreaterThan(told.interval.from);
    expect(told.share).toBeLessThan(told.interval.to);
  });

  test('draws a kind with few decisions towards the others, and its interval tells that there are few', () => {
    const others = ['a', 'b', 'c', 'd'].flatMap(kind => outcomes(kind, 90, 10));
    const few = new OutcomeHistory([...others, ...outcomes('lock', 15, 15)]).of('lock', 'T2/complete');
    const alone = new OutcomeHistory(outcomes('lock', 15, 15)).of('lock', 'T2/complete');
    if (few.kind !== 'counted' || alone.kind !== 'counted') throw new Error('thirty decisions are enough');
    expect(few.share).toBeGreaterThan(alone.share);
    expect(few.share).toBeLessThan(0.65);
    expect(alone.interval.to - alone.interval.from).toBeGreaterThan(0.25);
  });

  test('is calibrated by what else a proposal has in common from two hundred decisions on, and not before', () => {
    const made = (accepted: number, refused: number) =>
      new OutcomeHistory([
        ...outcomes('lock', accepted, refused, 0, 'T2/complete'),
        ...outcomes('lock', refused, accepted, 0, 'T3/gaps'),
      ]);
    const before = made(80, 10).of('lock', 'T2/complete');
    expect(before).toMatchObject({ kind: 'counted', calibrated: undefined });
    const [sound, gaps] = ['T2/complete', 'T3/gaps'].map(cell => made(100, 10).of('lock', cell));
    if (sound?.kind !== 'counted' || gaps?.kind !== 'counted') throw new Error('it was counted');
    expect(sound.calibrated).toBeGreaterThan(0.8);
    expect(gaps.calibrated).toBeLessThan(0.2);
  });

  test('reckons the beta distribution as tables have it', () => {
    expect(betaBelow(0.5, 1, 1)).toBeCloseTo(0.5, 10);
    expect(betaBelow(0.3, 2, 5)).toBeCloseTo(0.579825, 6);
    expect(betaQuantile(0.05, 171.5, 41.5)).toBeCloseTo(0.759, 3);
    expect(betaQuantile(0.5, 0.5, 0.5)).toBeCloseTo(0.5, 8);
  });
});
