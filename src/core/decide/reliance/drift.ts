import type { DecisionRecord, Drift, DriftAspect } from '../../../model/reliance.ts';
import { isRubberStamp } from './pace.ts';
import { stanceOf } from './truth.ts';

/** A person's first decisions are what later ones are compared with. */
export const BASELINE_DECISIONS = 50;
/** Below that, one in twenty is taken as usual: nobody is alarmed by a first slip. */
const USUAL_MIN = 0.05;
/** Whoever does it so often from the beginning has no change to be seen. */
const USUAL_MAX = 0.7;
/** A change worth saying: the odds are so many times what they were. */
const ODDS_TIMES = 3;
/**
 * The sum of log-likelihood ratios that alarms. While the true share is the usual one, whichever that is, it takes 2,400
 * decisions or more on average to get there by chance (simulated; the bench measures it with the baseline estimated).
 */
const ALARM_SUM = 5.5;
/** What is usual is known from few decisions. So many standard errors of it are granted before anything adds up. */
const GRANTED_ERRORS = 0.25;

/** What counts as one step towards an alarm; undefined where the decision says nothing of it. */
const STEPS: { readonly [A in DriftAspect]: (record: DecisionRecord) => boolean | undefined } = {
  haste: isRubberStamp,
  refusing: record => (stanceOf(record) === 'neither' ? undefined : stanceOf(record) === 'overrode'),
};

/** Whether one person's decisions, oldest first, changed against the same person's first ones: the latest alarm. */
export function driftOf(records: readonly DecisionRecord[], aspect: DriftAspect): Drift {
  const found = alarmsOf(records, aspect);
  if (found.kind !== 'watched') return found;
  const last = found.alarms.at(-1);
  // An alarm that as many decisions as a baseline have followed without another one is over.
  const isOver = last !== undefined && found.n - last.after > BASELINE_DECISIONS;
  return last === undefined || isOver
    ? { kind: 'steady', n: found.n }
    : { kind: 'alarm', n: found.n, at: last.record.decidedAt };
}

type Watched =
  | Exclude<Drift, { kind: 'steady' } | { kind: 'alarm' }>
  | {
      readonly kind: 'watched';
      readonly n: number;
      /** After how many decisions that say something, and at which. */
      readonly alarms: readonly { readonly after: number; readonly record: DecisionRecord }[];
    };

/** Every alarm of a CUSUM over one person's decisions, oldest first. It begins anew after each. */
export function alarmsOf(records: readonly DecisionRecord[], aspect: DriftAspect): Watched {
  const telling = records.flatMap(record => {
    const step = STEPS[aspect](record);
    return step === undefined ? [] : [{ record, step }];
  });
  const n = telling.length;
  if (n < BASELINE_DECISIONS) return { kind: 'too_few', n, needs: BASELINE_DECISIONS };
  const baseline = telling.slice(0, BASELINE_DECISIONS).filter(({ step }) => step).length;
  const observed = (baseline + 0.5) / (BASELINE_DECISIONS + 1);
  const error = Math.sqrt((observed * (1 - observed)) / BASELINE_DECISIONS);
  const usualShare = Math.max(USUAL_MIN, observed + GRANTED_ERRORS * error);
  if (usualShare > USUAL_MAX) return { kind: 'always', n };
  const odds = (usualShare / (1 - usualShare)) * ODDS_TIMES;
  const changed = odds / (1 + odds);
  const [up, down] = [Math.log(changed / usualShare), Math.log((1 - changed) / (1 - usualShare))];
  const alarms: { after: number; record: DecisionRecord }[] = [];
  let sum = 0;
  telling.slice(BASELINE_DECISIONS).forEach(({ record, step }, i) => {
    sum = Math.max(0, sum + (step ? up : down));
    if (sum < ALARM_SUM) return;
    alarms.push({ after: BASELINE_DECISIONS + i + 1, record });
    sum = 0;
  });
  return { kind: 'watched', n, alarms };
}
