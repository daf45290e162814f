import { MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import type { Tier } from '../../model/proposal.ts';
import type { DecisionRecord, PreJudgement } from '../../model/reliance.ts';
import { Dice } from '../interference/dice.ts';

/** Invented people who review. For tests and measurements only: nothing of the product is tuned to a real person. */
export type AnalystKind = 'rubber_stamper' | 'sceptic' | 'calibrated' | 'tired';

/** How somebody reviews at one moment. */
interface Manner {
  /** How well right and wrong are told apart, in standard deviations. */
  readonly sensitivity: number;
  /** How much evidence against it takes before they refuse. */
  readonly criterion: number;
  readonly secondsEach: number;
  readonly secondsAtLeast: number;
  /** Share of the cited records that they open beyond what must be opened. */
  readonly opens: number;
  /** How often a judgement of their own survives the advice. */
  readonly keepsOwn: number;
}

const STAMPING: Manner = {
  sensitivity: 0.2,
  criterion: 2.2,
  secondsEach: 0.2,
  secondsAtLeast: 1.2,
  opens: 0.03,
  keepsOwn: 0.05,
};
const SCEPTICAL: Manner = {
  sensitivity: 1.8,
  criterion: -1,
  secondsEach: 9,
  secondsAtLeast: 20,
  opens: 0.7,
  keepsOwn: 0.9,
};
const CALIBRATED: Manner = {
  sensitivity: 2.6,
  criterion: 0.2,
  secondsEach: 7,
  secondsAtLeast: 15,
  opens: 0.5,
  keepsOwn: 0.7,
};
const EXHAUSTED: Manner = {
  sensitivity: 1,
  criterion: 1.2,
  secondsEach: 1.2,
  secondsAtLeast: 3,
  opens: 0.08,
  keepsOwn: 0.3,
};

/** Of each shift, in decisions: fresh at first, then tired. */
const SHIFT_DECISIONS = 40;
const FRESH_DECISIONS = 15;

export function mannerOf(kind: AnalystKind, decision: number): Manner {
  switch (kind) {
    case 'rubber_stamper':
      return STAMPING;
    case 'sceptic':
      return SCEPTICAL;
    case 'calibrated':
      return CALIBRATED;
    case 'tired':
      return decision % SHIFT_DECISIONS < FRESH_DECISIONS ? CALIBRATED : EXHAUSTED;
  }
}

/** What is known of the proposals that they review. */
export interface World {
  /** Share of proposals that are wrong. */
  readonly wrong: number;
  /** Share of decisions of which anybody later says whether they were right, and share of drills. */
  readonly audited: number;
  readonly drills: number;
  /** Share of T2 and T3 in which they are asked first. */
  readonly askedFirst: number;
}

/** Everything is known of every decision. */
export const ALL_KNOWN: World = { wrong: 0.25, audited: 1, drills: 0.05, askedFirst: 0.2 };
/** What a real team could have: one decision in ten looked at again, one in twenty a drill. */
export const LITTLE_KNOWN: World = { wrong: 0.25, audited: 0.1, drills: 0.05, askedFirst: 0.05 };

const GRAIN = 1_000_000;

/** One invented person's decisions, the same for the same seed. */
export class Analyst {
  private readonly dice: Dice;
  private readonly name: string;
  private readonly own: {
    readonly sensitivity: number;
    readonly criterion: number;
    readonly pace: number;
    readonly opens: number;
  };
  private at = 1_700_000_000_000;
  private made = 0;

  constructor(name: string, seed: number) {
    this.name = name;
    this.dice = new Dice(seed);
    // No two people of a kind are the same.
    this.own = {
      sensitivity: Math.exp(0.25 * this.normal()),
      criterion: 0.25 * this.normal(),
      pace: Math.exp(0.35 * this.normal()),
      opens: Math.exp(0.4 * this.normal()),
    };
  }

  /** The next decisions, in this manner. */
  decide(kind: AnalystKind, count: number, world: World): readonly DecisionRecord[] {
    return Array.from({ length: count }, () => this.next(mannerOf(kind, this.made++), world));
  }

  private next(manner: Manner, world: World): DecisionRecord {
    const tier: Tier = this.dice.one(['T1', 'T1', 'T2', 'T2', 'T2', 'T3']);
    const claims = 2 + this.dice.below(9);
    const cited = claims + this.dice.below(4);
    const isDrill = this.chance(world.drills);
    const shouldBeDone = isDrill ? false : !this.chance(world.wrong);
    const doubt = this.normal() + (shouldBeDone ? -0.5 : 0.5) * manner.sensitivity * this.own.sensitivity;
    const own: PreJudgement = doubt > 0 ? 'do_not' : 'do';
    const wasAsked = tier !== 'T1' && this.chance(world.askedFirst);
    const alone = doubt > manner.criterion + this.own.criterion;
    const refuses = wasAsked && own === 'do_not' && this.chance(manner.keepsOwn) ? true : alone;
    const required = tier === 'T1' ? 0 : 1;
    const seconds = Math.max(
      manner.secondsAtLeast,
      manner.secondsEach * this.own.pace * claims * Math.exp(0.5 * this.normal()),
    );
    const opensMore = Array.from({ length: cited - required }, () =>
      this.chance(Math.min(1, manner.opens * this.own.opens)),
    ).filter(Boolean).length;
    this.at += MS_PER_MINUTE * (3 + this.dice.below(20));
    return {
      person: this.name,
      tier,
      kind: this.dice.one(['directory/disable', 'database/suspend', 'database/end_sessions']),
      shownAt: unixMsFrom(this.at),
      decidedAt: unixMsFrom(this.at + Math.round(seconds * 1_000)),
      dwell: { evidence: Math.min(3_600, Math.round(seconds / 2)) },
      evidenceOpened: required + opensMore,
      evidenceRequired: required,
      evidenceCited: cited,
      claims,
      verdict: refuses ? 'reject' : 'approve',
      preJudgement: wasAsked ? own : undefined,
      advised: 'do',
      judgedAfterwards: isDrill || !this.chance(world.audited) ? undefined : shouldBeDone ? 'right' : 'wrong',
      wasUndone: undefined,
      drill: isDrill ? { shouldBeDone } : undefined,
    };
  }

  private chance(share: number): boolean {
    return this.dice.below(GRAIN) < share * GRAIN;
  }

  /** Box and Muller's. */
  private normal(): number {
    const [u, v] = [(this.dice.below(GRAIN) + 1) / (GRAIN + 1), this.dice.below(GRAIN) / GRAIN];
    return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
  }
}
