import { betaQuantile } from '../../core/study/beta.ts';
import { HISTORY_LEAST, type Outcome, OutcomeHistory } from '../../core/study/history.ts';
import { createNumbers } from '../grounding/numbers.ts';

/** A place of which we know the truth: of every cell of every kind the share that its people accept. */
interface World {
  readonly kinds: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Decisions of a place, drawn from its truth. */
type Numbers = () => number;

const KINDS = 12;
const CELLS = 12;
/** Shares of cells within a kind follow this shape around the kind's own. */
const ALIKE_WITHIN = 3;
/** How the kinds of a place are spread: trusting, any, alike, wary. Places take turns. */
const SHAPES = [
  { a: 4, b: 1.5 },
  { a: 1, b: 1 },
  { a: 20, b: 4 },
  { a: 2, b: 6 },
] as const;
const BINS = 15;
/** Young places that are played beside each old one, each with a truth of its own. */
const YOUNG_PLACES = 10;

export interface CalibrationFigures {
  /** Decisions of each place that the shares were learnt from. */
  readonly decisions: number;
  readonly worlds: number;
  /** Expected calibration error over bins of equal mass, on decisions that nobody had seen. */
  readonly ece: number;
  /** The share of the base rate's Brier score that is taken off. */
  readonly brierSkill: number;
  /** Of the intervals the share that holds the truth. */
  readonly covered: number;
  readonly intervals: number;
  /** Numbers that were shown with fewer than thirty decisions. */
  readonly shownBelowLeast: number;
}

/** Plays seeded places through the code that pages read, and compares what it says with the truth. */
export function simulateCalibration(plan: {
  readonly decisions: number;
  readonly worlds: number;
  readonly seed: number;
}): CalibrationFigures {
  const numbers = uniform(plan.seed);
  const seen: { readonly said: number; readonly base: number; readonly happened: number }[] = [];
  let [held, intervals, shownBelowLeast] = [0, 0, 0];
  for (let turn = 0; turn < plan.worlds; turn++) {
    const world = worldOf(numbers);
    const outcomes = place(world, plan.decisions, numbers);
    const history = new OutcomeHistory(outcomes);
    const base = outcomes.filter(one => one.accepted).length / outcomes.length;
    for (const one of place(world, plan.decisions, numbers)) {
      const told = history.of(one.kind, one.cell);
      if (told.kind === 'counted')
        seen.push({ said: told.calibrated ?? told.share, base, happened: Number(one.accepted) });
    }
    for (let young = 0; young < YOUNG_PLACES; young++) {
      const small = smallPlace(worldOf(numbers), numbers);
      shownBelowLeast += small.shownBelowLeast;
      held += small.held;
      intervals += small.intervals;
    }
  }
  return {
    decisions: plan.decisions,
    worlds: plan.worlds,
    ece: eceOf(seen),
    brierSkill: 1 - brier(seen.map(one => [one.said, one.happened])) / brier(seen.map(one => [one.base, one.happened])),
    covered: held / intervals,
    intervals,
    shownBelowLeast,
  };
}

/** Decisions of a place, the first kinds far more often than the last. */
function place(world: World, decisions: number, numbers: Numbers): readonly Outcome[] {
  const kinds = [...world.kinds.keys()];
  const whole = kinds.reduce((sum, _, index) => sum + 1 / (index + 1), 0);
  return kinds.flatMap((kind, index) => decide(world, kind, Math.round(decisions / (index + 1) / whole), numbers));
}

/** Kinds with anything from no decision to some hundred, as a young place has them: do intervals hold, and is nothing said too early? */
function smallPlace(world: World, numbers: Numbers) {
  const outcomes = [...world.kinds.keys()].flatMap(kind =>
    decide(world, kind, Math.floor(numbers() ** 2 * 400), numbers),
  );
  const history = new OutcomeHistory(outcomes);
  let [held, intervals, shownBelowLeast] = [0, 0, 0];
  for (const [kind, cells] of world.kinds) {
    const [first] = cells.keys();
    const told = history.of(kind, first ?? '');
    const decided = outcomes.filter(one => one.kind === kind).length;
    if (told.kind === 'not_enough') continue;
    if (decided < HISTORY_LEAST) shownBelowLeast++;
    const truth = [...cells.values()].reduce((sum, share) => sum + share, 0) / cells.size;
    intervals++;
    if (truth >= told.interval.from && truth <= told.interval.to) held++;
  }
  return { held, intervals, shownBelowLeast };
}

function worldOf(numbers: Numbers): World {
  const { a, b } = SHAPES[Math.floor(numbers() * SHAPES.length)] ?? SHAPES[0];
  const kinds = new Map<string, ReadonlyMap<string, number>>();
  for (let kind = 0; kind < KINDS; kind++) {
    const own = betaQuantile(numbers(), a, b);
    const cells = new Map<string, number>();
    for (let cell = 0; cell < CELLS; cell++)
      cells.set(
        `cell-${cell}`,
        betaQuantile(numbers(), Math.max(own * ALIKE_WITHIN, 0.05), Math.max((1 - own) * ALIKE_WITHIN, 0.05)),
      );
    kinds.set(`kind-${kind}`, cells);
  }
  return { kinds };
}

function decide({ kinds }: World, kind: string, count: number, numbers: Numbers): readonly Outcome[] {
  const cells = [...(kinds.get(kind) ?? new Map<string, number>())];
  return Array.from({ length: count }, () => {
    const [cell, share] = cells[Math.floor(numbers() * cells.length)] ?? ['', 0];
    const accepted = numbers() < share;
    return { kind, cell, accepted, undone: accepted && numbers() < 0.05 };
  });
}

function brier(pairs: readonly (readonly [said: number, happened: number])[]): number {
  return pairs.reduce((sum, [said, happened]) => sum + (said - happened) ** 2, 0) / pairs.length;
}

function eceOf(seen: readonly { readonly said: number; readonly happened: number }[]): number {
  const sorted = [...seen].sort((a, b) => a.said - b.said);
  let error = 0;
  for (let bin = 0; bin < BINS; bin++) {
    const own = sorted.slice(Math.floor((bin * sorted.length) / BINS), Math.floor(((bin + 1) * sorted.length) / BINS));
    const mean = (of: (one: (typeof own)[number]) => number) => own.reduce((sum, one) => sum + of(one), 0) / own.length;
    if (own.length > 0)
      error += (own.length / sorted.length) * Math.abs(mean(one => one.said) - mean(one => one.happened));
  }
  return error;
}

const STEPS = 2 ** 32;

function uniform(seed: number): Numbers {
  const numbers = createNumbers(seed);
  // Never 0 and never 1, at which a distribution has no value.
  return () => (numbers.below(STEPS) + 0.5) / STEPS;
}
