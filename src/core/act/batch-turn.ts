import type { Id } from '../../base/id.ts';
import type { BatchIntent } from '../../model/review.ts';
import type { ExecutionFacts } from '../decide/state.ts';

/** What became so far of an act that was signed together with others. */
export type MemberState = 'not_begun' | 'under_way' | 'as_expected' | 'surprise';

export function memberState(executions: readonly ExecutionFacts[]): MemberState {
  const states = executions.map(stateOfOne);
  return PRECEDENCE.find(state => states.includes(state)) ?? 'not_begun';
}

const PRECEDENCE: readonly MemberState[] = ['surprise', 'under_way', 'as_expected'];

function stateOfOne({ checked, concluded }: ExecutionFacts): MemberState {
  if (checked === 'refused' || checked === 'stale') return 'surprise';
  switch (concluded.at(-1)) {
    case undefined:
      return 'under_way';
    case 'verified':
    // Where nothing shows whether it took effect there is no better end than this.
    case 'succeeded':
      return 'as_expected';
    case 'failed':
    case 'in_doubt':
    case 'not_in_effect':
      return 'surprise';
  }
}

/** `wait`: another one is under way. `stop`: one went otherwise than expected, and the rest is not begun by itself. */
export type BatchTurn = { readonly kind: 'go' } | { readonly kind: 'wait' | 'stop'; readonly because: Id<'proposal'> };

/**
 * Whether an act that was signed in a list may begin (EXE-07): one at a time, and none once another of its list was
 * refused, failed, is in doubt or shows no effect. Whoever signed looked at them as one thing, so the first surprise puts
 * the rest before people again. `claimed` says that this act holds its claim: then, of two that executors claimed at the
 * same moment, the one that comes later in the list gives way.
 */
export function batchTurn(
  batches: readonly BatchIntent[],
  proposal: Id<'proposal'>,
  executionsOf: (member: Id<'proposal'>) => readonly ExecutionFacts[],
  claimed: boolean,
): BatchTurn {
  let waitsFor: Id<'proposal'> | undefined;
  for (const { members } of batches) {
    const own = members.findIndex(member => member.proposal === proposal);
    for (const [at, member] of members.entries()) {
      if (at === own) continue;
      const state = memberState(executionsOf(member.proposal));
      if (state === 'surprise') return { kind: 'stop', because: member.proposal };
      if (state === 'under_way' && !(claimed && at > own)) waitsFor ??= member.proposal;
    }
  }
  return waitsFor === undefined ? { kind: 'go' } : { kind: 'wait', because: waitsFor };
}
