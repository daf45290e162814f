import type { DecisionRecord, DwellSpread, Figure, RelianceFigures } from '../../../model/reliance.ts';
import { density, probit, scoreOf, shareOf } from './figure.ts';
import { DWELL_SECONDS_MAX, isRubberStamp, secondsOf } from './pace.ts';
import { isApproval, stanceOf, wasAdviceRight } from './truth.ts';

/** Of what is known of every decision. */
export const DECISIONS_MIN = 20;
/** Of what is known only of decisions that were judged, drilled or asked about before: fewer, with a wide interval. */
export const LABELLED_MIN = 10;

/**
 * The figures of these decisions, in whatever order they come. Reliance and the quality of decisions are different
 * things, so neither is folded into one score.
 */
export function figuresOf(records: readonly DecisionRecord[]): RelianceFigures {
  const decided = records.filter(record => stanceOf(record) !== 'neither');
  const right = decided.filter(record => wasAdviceRight(record) === true);
  const wrong = decided.filter(record => wasAdviceRight(record) === false);
  const overrides = decided.filter(isOverride);
  const approvals = decided.filter(isApproval);
  const wrongDrills = wrong.filter(record => record.drill !== undefined);
  const acts = approvals.filter(record => record.wasUndone !== undefined);
  return {
    decisions: records.length,
    overrideRate: share(decided, isOverride, DECISIONS_MIN),
    overReliance: share(wrong, record => !isOverride(record), LABELLED_MIN),
    underReliance: share(right, isOverride, LABELLED_MIN),
    switchedWhenAdviceWasRight: share(right.filter(wasAgainstAdvice), record => !isOverride(record), LABELLED_MIN),
    stayedWhenAdviceWasWrong: share(wrong.filter(wasAgainstAdvice), isOverride, LABELLED_MIN),
    ...detection(wrong, right),
    drillFalseApprovals: share(wrongDrills, record => !isOverride(record), LABELLED_MIN),
    openedBeforeApproving: share(approvals.filter(hasEvidence), record => record.evidenceOpened > 0, DECISIONS_MIN),
    rubberStamped: share(
      approvals.filter(record => isRubberStamp(record) !== undefined),
      record => isRubberStamp(record) === true,
      DECISIONS_MIN,
    ),
    overridePrecision: share(
      overrides.filter(record => wasAdviceRight(record) !== undefined),
      record => wasAdviceRight(record) === false,
      LABELLED_MIN,
    ),
    undone: share(acts, record => record.wasUndone === true, DECISIONS_MIN),
    dwell: dwellOf(decided),
  };
}

function isOverride(record: DecisionRecord): boolean {
  return stanceOf(record) === 'overrode';
}

function hasEvidence({ evidenceCited }: DecisionRecord): boolean {
  return evidenceCited !== undefined && evidenceCited > 0;
}

/** Whoever could not tell, skipped or was not asked has no judgement of their own to compare. */
function wasAgainstAdvice({ preJudgement, advised }: DecisionRecord): boolean {
  return (preJudgement === 'do' || preJudgement === 'do_not') && preJudgement !== advised;
}

function share(records: readonly DecisionRecord[], isHit: (record: DecisionRecord) => boolean, needs: number): Figure {
  return shareOf(records.filter(isHit).length, records.length, needs);
}

/**
 * Signal detection: the signal is that the advice is wrong, and overriding it is the answer yes. With the log-linear
 * correction (half an answer on each side), so that nobody who never erred is infinitely good.
 */
function detection(
  wrong: readonly DecisionRecord[],
  right: readonly DecisionRecord[],
): Pick<RelianceFigures, 'sensitivity' | 'criterion'> {
  const n = wrong.length + right.length;
  const fewer = Math.min(wrong.length, right.length);
  if (fewer < LABELLED_MIN) {
    // What is missing are decisions of the rarer kind.
    const unknown: Figure = { kind: 'unknown', n: fewer, needs: LABELLED_MIN };
    return { sensitivity: unknown, criterion: unknown };
  }
  const hits = (wrong.filter(isOverride).length + 0.5) / (wrong.length + 1);
  const falseAlarms = (right.filter(isOverride).length + 0.5) / (right.length + 1);
  const [zHit, zFalse] = [probit(hits), probit(falseAlarms)];
  // Gourevitch and Galanter's approximation.
  const variance =
    (hits * (1 - hits)) / (wrong.length * density(zHit) ** 2) +
    (falseAlarms * (1 - falseAlarms)) / (right.length * density(zFalse) ** 2);
  const error = Math.sqrt(variance);
  return { sensitivity: scoreOf(zHit - zFalse, error, n), criterion: scoreOf(-(zHit + zFalse) / 2, error / 2, n) };
}

function dwellOf(records: readonly DecisionRecord[]): DwellSpread {
  const seconds = records.flatMap(record => secondsOf(record) ?? []);
  const read = seconds.filter(value => value <= DWELL_SECONDS_MAX).sort((a, b) => a - b);
  const n = read.length;
  if (n < DECISIONS_MIN) return { kind: 'unknown', n, needs: DECISIONS_MIN };
  const at = (part: number) => read[Math.min(n - 1, Math.floor(part * n))] ?? 0;
  return { kind: 'known', n, p10: at(0.1), p50: at(0.5), p90: at(0.9), away: seconds.length - n };
}
