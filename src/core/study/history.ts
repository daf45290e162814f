import type { OptionHistory, OutcomeCounts } from '../../model/history.ts';
import { betaQuantile } from './beta.ts';

/** What people decided on one proposal, and what became of it. */
export interface Outcome {
  /** What it would have done: a responder's operation. */
  readonly kind: string;
  /** What else it had in common with others before anybody decided: its tier and its coverage. */
  readonly cell: string;
  readonly accepted: boolean;
  readonly undone: boolean;
}

/** Below so many decisions no number is shown. */
export const HISTORY_LEAST = 30;
/** From so many on the shares are calibrated by what was decided. */
export const CALIBRATED_LEAST = 200;
/** The interval leaves out so much on each side. */
const TAIL = 0.05;

/** What is known before anything was decided: so many accepted and refused, as if seen already. */
interface Prior {
  readonly accepted: number;
  readonly refused: number;
}

/** Where nothing else is known (Jeffreys). */
const UNKNOWN: Prior = { accepted: 0.5, refused: 0.5 };
/** What others count at most, and at least, as if so many of its own. */
const [STRENGTH_MIN, STRENGTH_MAX] = [1, 10];
/** Groups with fewer say nothing of how much groups differ. */
const GROUP_LEAST = 5;

/** All outcomes of a place, counted once and asked about many options. */
export class OutcomeHistory {
  private readonly kinds = new Map<string, OutcomeCounts>();
  private readonly cells = new Map<string, Map<string, OutcomeCounts>>();
  private readonly calibrations = new Map<string, Calibration>();

  constructor(outcomes: readonly Outcome[]) {
    for (const outcome of outcomes) {
      count(this.kinds, outcome.kind, outcome);
      const own = this.cells.get(outcome.kind) ?? new Map<string, OutcomeCounts>();
      this.cells.set(outcome.kind, own);
      count(own, outcome.cell, outcome);
    }
  }

  /**
   * What became of proposals of this kind: nothing but how many where there are fewer than {@link HISTORY_LEAST}. A
   * kind with few decisions is drawn towards what is usual of other kinds, which the interval shows by its width.
   */
  of(kind: string, cell: string): OptionHistory {
    const counts = this.kinds.get(kind) ?? NOTHING;
    if (counts.decided < HISTORY_LEAST)
      return { kind: 'not_enough', decided: counts.decided, text: `not enough history (n=${counts.decided})` };
    const prior = priorOf([...this.kinds].filter(([other]) => other !== kind).map(([, one]) => one));
    const [a, b] = [prior.accepted + counts.accepted, prior.refused + counts.decided - counts.accepted];
    const interval = { from: betaQuantile(TAIL, a, b), to: betaQuantile(1 - TAIL, a, b) };
    return {
      kind: 'counted',
      counts,
      interval,
      share: a / (a + b),
      calibrated: this.calibrated(kind, cell),
      text: `accepted ${counts.accepted} of ${counts.decided} like this, ${counts.undone} later undone`,
    };
  }

  /** The share that is accepted of what also has the cell in common; undefined below {@link CALIBRATED_LEAST} decisions. */
  private calibrated(kind: string, cell: string): number | undefined {
    const counts = this.kinds.get(kind);
    if (counts === undefined || counts.decided < CALIBRATED_LEAST) return undefined;
    const known = this.calibrations.get(kind) ?? new Calibration(counts, this.cells.get(kind) ?? new Map());
    this.calibrations.set(kind, known);
    return known.of(cell);
  }
}

const NOTHING: OutcomeCounts = { decided: 0, accepted: 0, undone: 0 };

function count(into: Map<string, OutcomeCounts>, key: string, { accepted, undone }: Outcome): void {
  const before = into.get(key) ?? NOTHING;
  into.set(key, {
    decided: before.decided + 1,
    accepted: before.accepted + (accepted ? 1 : 0),
    undone: before.undone + (accepted && undone ? 1 : 0),
  });
}

/**
 * What groups of decisions say of a group that is not among them, as a beta distribution: their common share, and as
 * many decisions as they are alike. Alike groups say much, groups that differ by more than chance say little.
 */
function priorOf(groups: readonly OutcomeCounts[]): Prior {
  const counted = groups.filter(({ decided }) => decided >= GROUP_LEAST);
  const decided = counted.reduce((sum, one) => sum + one.decided, 0);
  if (counted.length < 2) return UNKNOWN;
  const mean = (counted.reduce((sum, one) => sum + one.accepted, 0) + UNKNOWN.accepted) / (decided + 1);
  const spread = mean * (1 - mean);
  // Moments: the squared differences hold what chance alone gives each group, and how much they truly differ.
  let [differing, weight] = [0, 0];
  for (const { decided: n, accepted } of counted) {
    differing += (accepted / n - mean) ** 2 - spread / n;
    weight += 1 - 1 / n;
  }
  const alike = Math.min(1, Math.max(differing / weight / spread, 1 / (STRENGTH_MAX + 1)));
  const strength = Math.min(STRENGTH_MAX, Math.max(STRENGTH_MIN, 1 / alike - 1));
  return { accepted: mean * strength, refused: (1 - mean) * strength };
}

/**
 * Of one kind the share that is accepted by cell: each cell's own, drawn towards the kind's, then made to fit what was
 * decided by isotonic regression, so that what looks likelier never was accepted less.
 */
class Calibration {
  private readonly steps: readonly { readonly from: number; readonly share: number }[];
  private readonly scores = new Map<string, number>();
  private readonly whole: number;

  constructor(whole: OutcomeCounts, cells: ReadonlyMap<string, OutcomeCounts>) {
    const mean = (whole.accepted + UNKNOWN.accepted) / (whole.decided + 1);
    const own = priorOf([...cells.values()]);
    const strength = own.accepted + own.refused;
    this.whole = mean;
    for (const [cell, { decided, accepted }] of cells)
      this.scores.set(cell, (accepted + mean * strength) / (decided + strength));
    this.steps = isotonic(
      [...cells].map(([cell, { decided, accepted }]) => ({
        score: this.scores.get(cell) ?? mean,
        weight: decided + strength,
        accepted: accepted + mean * strength,
      })),
    );
  }

  of(cell: string): number {
    const score = this.scores.get(cell);
    if (score === undefined) return this.whole;
    return this.steps.filter(({ from }) => from <= score).at(-1)?.share ?? this.whole;
  }
}

/** Pools neighbours until the shares rise with the scores. */
function isotonic(
  points: readonly { readonly score: number; readonly weight: number; readonly accepted: number }[],
): readonly { readonly from: number; readonly share: number }[] {
  const pools: { from: number; weight: number; accepted: number }[] = [];
  for (const { score, weight, accepted } of [...points].sort((a, b) => a.score - b.score)) {
    let pool = { from: score, weight, accepted };
    for (let last = pools.at(-1); last !== undefined; last = pools.at(-1)) {
      if (last.accepted / last.weight < pool.accepted / pool.weight) break;
      pools.pop();
      pool = { from: last.from, weight: last.weight + pool.weight, accepted: last.accepted + pool.accepted };
    }
    pools.push(pool);
  }
  return pools.map(({ from, weight, accepted }) => ({ from, share: accepted / weight }));
}
