import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../../base/time.ts';
import { type DecisionRecord, FIGURE_NAMES, type Figure } from '../../../model/reliance.ts';
import { probit } from './figure.ts';
import { DECISIONS_MIN, figuresOf, LABELLED_MIN } from './metrics.ts';

const RECORD: fc.Arbitrary<DecisionRecord> = fc
  .record({
    person: fc.constantFrom('a', 'b', 'c'),
    tier: fc.constantFrom('T1', 'T2', 'T3'),
    kind: fc.constantFrom('one/two', 'three/four'),
    seconds: fc.option(fc.integer({ min: 0, max: 10_000 }), { nil: undefined }),
    at: fc.integer({ min: 1_700_000_000_000, max: 1_710_000_000_000 }),
    evidenceOpened: fc.integer({ min: 0, max: 5 }),
    evidenceCited: fc.option(fc.integer({ min: 0, max: 8 }), { nil: undefined }),
    claims: fc.option(fc.integer({ min: 0, max: 12 }), { nil: undefined }),
    verdict: fc.constantFrom('approve', 'reject', 'ask_for_more', 'revoke', 'break_glass'),
    preJudgement: fc.constantFrom(undefined, 'do', 'do_not', 'cannot_tell', 'skipped'),
    advised: fc.constantFrom('do', 'do_not'),
    judgedAfterwards: fc.constantFrom(undefined, 'right', 'wrong'),
    wasUndone: fc.constantFrom(undefined, true, false),
    drill: fc.option(fc.record({ shouldBeDone: fc.boolean() }), { nil: undefined }),
  } as const)
  .map(({ seconds, at, ...rest }) => ({
    ...rest,
    dwell: {},
    evidenceRequired: rest.tier === 'T1' ? 0 : 1,
    shownAt: seconds === undefined ? undefined : unixMsFrom(at - seconds * 1_000),
    decidedAt: unixMsFrom(at),
  }));
const RECORDS = fc.array(RECORD, { maxLength: 120 });

const SHARES: readonly string[] = FIGURE_NAMES.filter(name => name !== 'sensitivity' && name !== 'criterion');
const knownValue = (figure: Figure) => (figure.kind === 'known' ? figure.value : undefined);

/** Decisions on proposals whose worth is known: hits and misses on wrong ones, and the same on right ones. */
function labelled(wrongRejected: number, wrongApproved: number, rightRejected: number, rightApproved: number) {
  const one = (verdict: 'approve' | 'reject', judgedAfterwards: 'right' | 'wrong'): DecisionRecord => ({
    person: 'a',
    tier: 'T2',
    kind: 'one/two',
    shownAt: unixMsFrom(0),
    decidedAt: unixMsFrom(60_000),
    dwell: {},
    evidenceOpened: 1,
    evidenceRequired: 1,
    evidenceCited: 3,
    claims: 3,
    verdict,
    preJudgement: undefined,
    advised: 'do',
    judgedAfterwards,
    wasUndone: undefined,
    drill: undefined,
  });
  return [
    ...Array.from({ length: wrongRejected }, () => one('reject', 'wrong')),
    ...Array.from({ length: wrongApproved }, () => one('approve', 'wrong')),
    ...Array.from({ length: rightRejected }, () => one('reject', 'right')),
    ...Array.from({ length: rightApproved }, () => one('approve', 'right')),
  ];
}

describe('the figures of reviewing', () => {
  test('are the same in whatever order the decisions come', () => {
    fc.assert(
      fc.property(RECORDS, fc.infiniteStream(fc.nat()), (records, keys) => {
        const shuffled = records.map(record => ({ record, key: keys.next().value })).sort((a, b) => a.key - b.key);
        expect(figuresOf(shuffled.map(({ record }) => record))).toEqual(figuresOf(records));
      }),
    );
  });

  test('are shares between 0 and 1 inside their interval, and scores that are finite', () => {
    fc.assert(
      fc.property(RECORDS, records => {
        const figures = figuresOf(records);
        for (const name of FIGURE_NAMES) {
          const figure = figures[name];
          if (figure.kind === 'unknown') continue;
          expect(Number.isFinite(figure.value) && figure.low <= figure.value + 1e-12).toBe(true);
          expect(figure.high >= figure.value - 1e-12).toBe(true);
          if (SHARES.includes(name)) expect(figure.low >= 0 && figure.high <= 1).toBe(true);
        }
      }),
    );
  });

  test('say how many it would take, and nothing else, where there are too few', () => {
    fc.assert(
      fc.property(fc.array(RECORD, { maxLength: DECISIONS_MIN - 1 }), records => {
        const figures = figuresOf(records);
        for (const name of FIGURE_NAMES) {
          const figure = figures[name];
          const least = figure.kind === 'known' ? figure.n : figure.needs - 1;
          if (figure.kind === 'known') expect(least).toBeGreaterThanOrEqual(LABELLED_MIN);
          else expect(figure.n).toBeLessThan(figure.needs);
        }
        expect(figures.overrideRate.kind).toBe('unknown');
        expect(figures.dwell.kind).toBe('unknown');
      }),
    );
  });

  test('know no truth from agreement: without drills and judgements nothing is over-reliance', () => {
    fc.assert(
      fc.property(RECORDS, records => {
        const unlabelled = records.map(record => ({ ...record, judgedAfterwards: undefined, drill: undefined }));
        const figures = figuresOf(unlabelled);
        for (const name of ['overReliance', 'underReliance', 'sensitivity', 'criterion', 'overridePrecision'] as const)
          expect(figures[name]).toMatchObject({ kind: 'unknown', n: 0 });
      }),
    );
  });

  test('one more wrong proposal rejected in place of approved never raises over-reliance nor lowers the telling', () => {
    const count = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(count, fc.integer({ min: 11, max: 40 }), count, fc.integer({ min: 10, max: 40 }), (a, b, c, d) => {
        const before = figuresOf(labelled(a, b, c, d));
        const after = figuresOf(labelled(a + 1, b - 1, c, d));
        expect(knownValue(after.overReliance)).toBeLessThan(knownValue(before.overReliance) ?? 0);
        expect(knownValue(after.sensitivity)).toBeGreaterThan(knownValue(before.sensitivity) ?? 9);
        expect(knownValue(after.criterion)).toBeLessThan(knownValue(before.criterion) ?? -9);
        expect(after.underReliance).toEqual(before.underReliance);
      }),
    );
  });

  test('whoever guesses tells nothing apart, and whoever leans to approving has a criterion above 0', () => {
    const guessing = figuresOf(labelled(20, 20, 20, 20));
    expect(knownValue(guessing.sensitivity)).toBeCloseTo(0, 9);
    expect(knownValue(guessing.criterion)).toBeCloseTo(0, 9);
    expect(knownValue(figuresOf(labelled(1, 39, 0, 40)).criterion)).toBeGreaterThan(1.5);
    expect(knownValue(figuresOf(labelled(39, 1, 0, 40)).sensitivity)).toBeGreaterThan(3);
  });

  test('compare a judgement before the advice with the verdict after it, and leave out who skipped or could not tell', () => {
    const asked = (preJudgement: DecisionRecord['preJudgement'], records: readonly DecisionRecord[]) =>
      records.map(record => ({ ...record, preJudgement }));
    const against = [...asked('do_not', labelled(9, 3, 2, 10)), ...asked('do', labelled(5, 5, 5, 5))];
    const figures = figuresOf([
      ...against,
      ...asked('skipped', labelled(9, 9, 9, 9)),
      ...asked('cannot_tell', labelled(9, 9, 9, 9)),
    ]);
    expect(figures.stayedWhenAdviceWasWrong).toMatchObject({ n: 12, value: 0.75 });
    expect(figures.switchedWhenAdviceWasRight).toMatchObject({ n: 12, value: 10 / 12 });
  });

  test('call it a rubber stamp only where it was fast and nothing was opened beyond what must be', () => {
    const one = (change: Partial<DecisionRecord>) => ({ ...labelled(0, 1, 0, 0)[0], ...change }) as DecisionRecord;
    const figure = (change: Partial<DecisionRecord>) =>
      figuresOf(Array.from({ length: DECISIONS_MIN }, () => one(change))).rubberStamped;
    const fast = { decidedAt: unixMsFrom(3_000) };
    expect(knownValue(figure(fast))).toBe(1);
    expect(knownValue(figure({ ...fast, evidenceOpened: 2 }))).toBe(0);
    expect(knownValue(figure({ ...fast, evidenceCited: 1 }))).toBe(0);
    expect(knownValue(figure({}))).toBe(0);
    expect(figure({ ...fast, shownAt: undefined })).toMatchObject({ kind: 'unknown', n: 0 });
    expect(figure({ ...fast, verdict: 'reject' })).toMatchObject({ kind: 'unknown', n: 0 });
  });

  test('leave a page that stood open for hours out of the time, and say so', () => {
    const records = labelled(0, 30, 0, 0).map((record, i) => ({
      ...record,
      decidedAt: unixMsFrom(i < 5 ? 9_000_000 : 60_000),
    }));
    expect(figuresOf(records).dwell).toMatchObject({ kind: 'known', n: 25, away: 5, p50: 60 });
  });

  test('use a normal quantile that is right to nine digits', () => {
    for (const [p, z] of [
      [0.975, 1.959963985],
      [0.5, 0],
      [0.01, -2.326347874],
      [0.84134474607, 1],
    ] as const)
      expect(probit(p)).toBeCloseTo(z, 7);
  });
});
