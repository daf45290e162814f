import { alarmsOf, BASELINE_DECISIONS } from '../core/decide/reliance/drift.ts';
import { figuresOf } from '../core/decide/reliance/metrics.ts';
import type { DriftAspect, FigureName, RelianceFigures } from '../model/reliance.ts';
import { ALL_KNOWN, Analyst, type AnalystKind, LITTLE_KNOWN, type World } from './reliance-simulation/analysts.ts';

type Measure = FigureName | 'dwell';

/** Which figure has to tell which two apart. The first of each is the one that counts: no best of many is picked. */
const PAIRS: readonly { readonly pair: readonly [AnalystKind, AnalystKind]; readonly by: readonly Measure[] }[] = [
  { pair: ['rubber_stamper', 'sceptic'], by: ['overrideRate', 'rubberStamped', 'overReliance'] },
  { pair: ['rubber_stamper', 'calibrated'], by: ['overReliance', 'rubberStamped', 'sensitivity'] },
  { pair: ['rubber_stamper', 'tired'], by: ['rubberStamped', 'overrideRate', 'dwell'] },
  { pair: ['sceptic', 'calibrated'], by: ['overrideRate', 'underReliance', 'criterion'] },
  { pair: ['sceptic', 'tired'], by: ['overrideRate', 'rubberStamped', 'underReliance'] },
  { pair: ['calibrated', 'tired'], by: ['rubberStamped', 'overReliance', 'sensitivity', 'dwell'] },
];
/** Two who review alike: nothing may tell them apart. */
const SAME: readonly [AnalystKind, AnalystKind] = ['calibrated', 'calibrated'];

/** From a calibrated reviewer to another manner, and what has to notice it. */
const CHANGES: readonly { readonly to: AnalystKind; readonly aspect: DriftAspect }[] = [
  { to: 'rubber_stamper', aspect: 'haste' },
  { to: 'tired', aspect: 'haste' },
  { to: 'sceptic', aspect: 'refusing' },
];
const STEADY: readonly AnalystKind[] = ['rubber_stamper', 'sceptic', 'calibrated'];
const ASPECTS: readonly DriftAspect[] = ['haste', 'refusing'];

export interface ReliancePlan {
  /** Invented people of each kind. */
  readonly people: number;
  readonly decisions: number;
  readonly seed: number;
}

export interface PairFigures {
  readonly pair: string;
  /** The area under the curve by each figure; undefined where a figure is unknown for a tenth of the people or more. */
  readonly allKnown: { readonly [M in Measure]?: number };
  readonly littleKnown: { readonly [M in Measure]?: number };
}

export interface RelianceBench {
  readonly plan: ReliancePlan;
  readonly pairs: readonly PairFigures[];
  /** The worst of the pairs, each by its first figure that is known. */
  readonly worstAuc: number;
  readonly worstAucLittleKnown: number;
  /** The worst of any figure of any pair: telling right from wrong needs more than 200 decisions for a tired person. */
  readonly worstAucOfAny: number;
  /** By the same figure between two of one kind: the nearer to a half the better. */
  readonly sameKindAuc: number;
  readonly alarms: readonly {
    readonly to: string;
    readonly aspect: string;
    /** Decisions from the change to the alarm. */
    readonly median: number;
    readonly p95: number;
    readonly within50: number;
  }[];
  /** Of both aspects together, of people who did not change. */
  readonly falseAlarmsPer1000: number;
  readonly steadyDecisions: number;
}

/** The alarm's constants and the manners of the invented people were settled on seeds 1 to 3, so it measures on another. */
export const RELIANCE_PLAN: ReliancePlan = { people: 200, decisions: 200, seed: 101 };

/** Whether the figures tell invented reviewers apart, and how soon a change is noticed. The same on every machine. */
export function benchReliance(plan: ReliancePlan = RELIANCE_PLAN): RelianceBench {
  const [full, sparse] = [crowdOf(plan, ALL_KNOWN, 0), crowdOf(plan, LITTLE_KNOWN, 1)];
  const pairs = PAIRS.map(({ pair, by }) => ({
    pair: pair.join(' / '),
    allKnown: aucs(full, pair, by),
    littleKnown: aucs(sparse, pair, by),
  }));
  const others = crowdOf(plan, ALL_KNOWN, 2);
  const sameKindAuc = auc(
    valuesOf(full.get(SAME[0]) ?? [], 'overReliance'),
    valuesOf(others.get(SAME[1]) ?? [], 'overReliance'),
  );
  const steady = falseAlarms(plan);
  return {
    plan,
    pairs,
    worstAuc: Math.min(...pairs.map(({ allKnown }) => Object.values(allKnown)[0] ?? 0)),
    worstAucLittleKnown: Math.min(...pairs.map(({ littleKnown }) => Object.values(littleKnown)[0] ?? 0)),
    worstAucOfAny: Math.min(...pairs.flatMap(({ allKnown }) => Object.values(allKnown))),
    sameKindAuc: rounded(sameKindAuc),
    alarms: CHANGES.map(change => ({ ...change, ...delaysOf(plan, change) })),
    falseAlarmsPer1000: rounded((steady.alarms * 1_000) / steady.decisions),
    steadyDecisions: steady.decisions,
  };
}

type Crowd = ReadonlyMap<AnalystKind, readonly RelianceFigures[]>;

function crowdOf({ people, decisions, seed }: ReliancePlan, world: World, batch: number): Crowd {
  const kinds: readonly AnalystKind[] = ['rubber_stamper', 'sceptic', 'calibrated', 'tired'];
  return new Map(
    kinds.map((kind, k) => [
      kind,
      Array.from({ length: people }, (_, i) =>
        figuresOf(new Analyst(`${kind}${i}`, seedOf(seed, batch, k, i)).decide(kind, decisions, world)),
      ),
    ]),
  );
}

function seedOf(seed: number, batch: number, kind: number, person: number): number {
  return seed * 1_000_003 + batch * 100_003 + kind * 10_007 + person * 13;
}

const KNOWN_SHARE_MIN = 0.9;

function aucs(crowd: Crowd, [a, b]: readonly [AnalystKind, AnalystKind], by: readonly Measure[]) {
  const [first, second] = [crowd.get(a) ?? [], crowd.get(b) ?? []];
  const told = by.flatMap((measure): [Measure, number][] => {
    const [left, right] = [valuesOf(first, measure), valuesOf(second, measure)];
    const isKnown = left.length + right.length >= KNOWN_SHARE_MIN * (first.length + second.length);
    return isKnown ? [[measure, rounded(auc(left, right))]] : [];
  });
  return Object.fromEntries(told) as PairFigures['allKnown'];
}

function valuesOf(figures: readonly RelianceFigures[], measure: Measure): readonly number[] {
  return figures.flatMap(of => {
    if (measure === 'dwell') return of.dwell.kind === 'known' ? [of.dwell.p50] : [];
    const figure = of[measure];
    return figure.kind === 'known' ? [figure.value] : [];
  });
}

/** How often one of the first lies on its side of one of the second: a half is chance, one is always, whichever side. */
function auc(first: readonly number[], second: readonly number[]): number {
  let above = 0;
  for (const a of first) for (const b of second) above += a > b ? 1 : a === b ? 0.5 : 0;
  const share = above / (first.length * second.length);
  return Math.max(share, 1 - share);
}

/** Decisions before the change, and so many after it within which it has to be noticed. */
const BEFORE = BASELINE_DECISIONS * 3;
const WITHIN = 50;

function delaysOf({ people, seed }: ReliancePlan, { to, aspect }: (typeof CHANGES)[number]) {
  const delays = Array.from({ length: people }, (_, i) => {
    const analyst = new Analyst('changing', seedOf(seed, 5, 0, i));
    const before = analyst.decide('calibrated', BEFORE, LITTLE_KNOWN);
    const after = analyst.decide(to, WITHIN * 4, LITTLE_KNOWN);
    const watched = alarmsOf([...before, ...after], aspect);
    const changedAt = after[0]?.decidedAt ?? 0;
    const first =
      watched.kind === 'watched' ? watched.alarms.find(({ record }) => record.decidedAt >= changedAt) : undefined;
    return first === undefined ? Number.POSITIVE_INFINITY : after.indexOf(first.record) + 1;
  }).sort((a, b) => a - b);
  const at = (part: number) => delays[Math.min(people - 1, Math.floor(part * people))] ?? Number.POSITIVE_INFINITY;
  return { median: at(0.5), p95: at(0.95), within50: rounded(delays.filter(delay => delay <= WITHIN).length / people) };
}

const STEADY_DECISIONS = 1_000;

function falseAlarms({ people, seed }: ReliancePlan): { readonly alarms: number; readonly decisions: number } {
  let [alarms, decisions] = [0, 0];
  STEADY.forEach((kind, k) => {
    for (let i = 0; i < people; i++) {
      const records = new Analyst('steady', seedOf(seed, 6, k, i)).decide(kind, STEADY_DECISIONS, LITTLE_KNOWN);
      decisions += records.length;
      for (const aspect of ASPECTS) {
        const watched = alarmsOf(records, aspect);
        if (watched.kind === 'watched') alarms += watched.alarms.length;
      }
    }
  });
  return { alarms, decisions };
}

function rounded(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
