import { describe, expect, test } from 'vitest';
import { Analyst, type AnalystKind, type World } from '../../src/cli/reliance-simulation/analysts.ts';
import { figuresOf } from '../../src/core/decide/reliance/metrics.ts';
import type { FigureName } from '../../src/model/reliance.ts';

/** Nobody ever judges anything afterwards: all that is known of right and wrong are drills, one decision in ten. */
const ONLY_DRILLS: World = { wrong: 0.25, audited: 0, drills: 0.1, askedFirst: 0 };
/** A quarter of a year of somebody who decides on five proposals a shift, five shifts a week. */
const DECISIONS = 300;
const PEOPLE = 100;

function figureOf(kind: AnalystKind, name: FigureName, decisions: number): readonly number[] {
  return Array.from({ length: PEOPLE }, (_, i) => {
    const figure = figuresOf(new Analyst(`p${i}`, 5_000 + i).decide(kind, decisions, ONLY_DRILLS))[name];
    return figure.kind === 'known' ? figure.value : Number.NaN;
  });
}

/** How often somebody of the first kind has the larger figure than somebody of the second; ties are half. */
function larger(first: readonly number[], second: readonly number[]): number {
  const wins = first.flatMap(a => second.map(b => (a > b ? 1 : a === b ? 0.5 : 0)));
  return wins.reduce((sum: number, win) => sum + win, 0) / wins.length;
}

describe('drills alone, where nothing else is ever judged, tell', () => {
  const stamper = figureOf('rubber_stamper', 'drillFalseApprovals', DECISIONS);
  const sceptic = figureOf('sceptic', 'drillFalseApprovals', DECISIONS);
  const calibrated = figureOf('calibrated', 'drillFalseApprovals', DECISIONS);
  const tired = figureOf('tired', 'drillFalseApprovals', DECISIONS);

  test.each([
    ['calibrated', calibrated],
    ['sceptical', sceptic],
    ['tired', tired],
  ])('a rubber stamper from somebody who is %s, always', (_kind, others) => {
    expect(larger(stamper, others)).toBeGreaterThanOrEqual(0.99);
  });

  test('somebody who tires from somebody calibrated, nine times of ten', () => {
    expect(larger(tired, calibrated)).toBeGreaterThanOrEqual(0.9);
  });

  test('a sceptic from somebody calibrated in most cases; surely only with what they refuse besides', () => {
    expect(larger(calibrated, sceptic)).toBeGreaterThanOrEqual(0.75);
    const overrides = (kind: AnalystKind) => figureOf(kind, 'overrideRate', DECISIONS);
    expect(larger(overrides('sceptic'), overrides('calibrated'))).toBeGreaterThanOrEqual(0.95);
  });

  test('nobody apart of the same kind', () => {
    const half = PEOPLE / 2;
    expect(Math.abs(larger(calibrated.slice(0, half), calibrated.slice(half)) - 0.5)).toBeLessThan(0.15);
  });

  test('nothing before there were ten of them', () => {
    expect(figureOf('rubber_stamper', 'drillFalseApprovals', 40).some(Number.isNaN)).toBe(true);
  });
});
