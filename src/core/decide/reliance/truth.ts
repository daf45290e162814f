import type { DecisionRecord } from '../../../model/reliance.ts';

/** What the person did with the advice. Asking for more is neither, and breaking glass is a yes. */
export type Stance = 'accepted' | 'overrode' | 'neither';

export function stanceOf({ verdict, advised }: DecisionRecord): Stance {
  if (verdict === 'ask_for_more') return 'neither';
  const did = verdict === 'approve' || verdict === 'break_glass' ? 'do' : 'do_not';
  return did === advised ? 'accepted' : 'overrode';
}

export function isApproval({ verdict }: DecisionRecord): boolean {
  return verdict === 'approve' || verdict === 'break_glass';
}

/**
 * Whether it should have been done, as far as anybody knows: a drill by its making, else a judgement afterwards.
 * INVARIANT: never from what other reviewers did. Agreement is no truth, and undoing is how a good act ends, too.
 */
export function shouldBeDone({ drill, judgedAfterwards }: DecisionRecord): boolean | undefined {
  if (drill !== undefined) return drill.shouldBeDone;
  return judgedAfterwards === undefined ? undefined : judgedAfterwards === 'right';
}

/** Whether the advice was right; undefined where nobody knows. */
export function wasAdviceRight(record: DecisionRecord): boolean | undefined {
  const truth = shouldBeDone(record);
  return truth === undefined ? undefined : truth === (record.advised === 'do');
}
