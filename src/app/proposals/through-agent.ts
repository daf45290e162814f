import type { Id } from '../../base/id.ts';
import type { Person } from '../../model/review.ts';
import type { Draft } from './draft.ts';

/** What an agent chose is nobody's unprompted choice: whoever answers for it contributed. */
export function throughAgent(draft: Draft, owner: Person, agent: Id<'machine'>): Draft {
  const option = 'option' in draft.origin ? draft.origin.option : '';
  const contributors = [...new Set([...draft.contributors, owner.id])].sort();
  return { ...draft, origin: { kind: 'agent', agent, option, askedBy: owner.id }, contributors };
}
