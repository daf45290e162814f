import type { UnixMs } from '../../base/time.ts';
import type { ProposalState } from '../../model/proposal.ts';
import type { Tally } from './tally.ts';

/** What the executor wrote of one execution, newest last. */
export interface ExecutionFacts {
  readonly checked: 'ok' | 'refused' | 'stale' | undefined;
  readonly isIntended: boolean;
  /** Every conclusion in order: `in_doubt` may be followed by what reading or a person's finding settled. */
  readonly concluded: readonly ('succeeded' | 'failed' | 'in_doubt' | 'verified' | 'not_in_effect')[];
}

/** Every append-only fact that a proposal's state rests on. */
export interface ProposalFacts {
  readonly isSuperseded: boolean;
  readonly isWithdrawn: boolean;
  readonly isDenied: boolean;
  readonly tally: Tally;
  readonly reviewBy: UnixMs;
  readonly startWithinMs: number;
  readonly execution: ExecutionFacts | undefined;
  /** Another execution that undid this one is verified. */
  readonly isUndone: boolean;
}

/**
 * The state of a proposal: a pure function of facts that nobody can change and of the clock. There is no column that
 * somebody sets. What the executor wrote outranks everything, because it happened.
 */
export function stateOf(facts: ProposalFacts, now: UnixMs): ProposalState {
  if (facts.execution !== undefined) return executedState(facts.execution, facts.isUndone);
  if (facts.isDenied) return 'denied';
  if (facts.isSuperseded) return 'superseded';
  if (facts.tally.verdict === 'rejected') return facts.tally.approvedAt === undefined ? 'rejected' : 'revoked';
  if (facts.tally.verdict === 'revoked') return 'revoked';
  if (facts.isWithdrawn) return 'withdrawn';
  if (facts.tally.verdict === 'approved' && facts.tally.approvedAt !== undefined) {
    return now < facts.tally.approvedAt + facts.startWithinMs ? 'approved' : 'expired';
  }
  if (facts.tally.verdict === 'emergency' && facts.tally.glass !== undefined)
    return now < facts.tally.glass.until ? 'emergency' : 'expired';
  return now < facts.reviewBy ? 'in_review' : 'expired';
}

function executedState(execution: ExecutionFacts, isUndone: boolean): ProposalState {
  if (execution.checked === undefined) return 'checking';
  if (execution.checked !== 'ok') return execution.checked;
  if (!execution.isIntended) return 'checking';
  const last = execution.concluded.at(-1);
  if (last === undefined) return 'executing';
  return last === 'verified' && isUndone ? 'undone' : last;
}
