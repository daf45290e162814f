import type { Leaf, LeafType } from './leaf.ts';

export type Revised = Leaf<'proposal.revised'>;
export type Signed = Leaf<'review.signed'>;
export type Intended = Leaf<'execution.intended'>;
export type Tier = Revised['tier'];

export interface Revision {
  readonly leaf: Revised;
  /** Signed, by somebody who may, over exactly this revision. In the order of the log. */
  readonly reviews: Signed[];
}

export interface ProposalRecord {
  latest: string;
  readonly revisions: Map<string, Revision>;
  withdrawnAt: string | undefined;
  isIntended: boolean;
}

export interface ExecutionRecord {
  readonly proposal: string;
  isIntended: boolean;
  outcome: string | undefined;
}

/** Who may review what, before an installation's own policies: those can only forbid more. */
export const REVIEWERS: { readonly [T in Tier]: readonly string[] } = {
  T1: ['responder', 'owner', 'analyst'],
  T2: ['responder'],
  T3: ['responder', 'owner'],
  TX: [],
};
export const TIER_RANK: { readonly [T in Tier]: number } = { T1: 1, T2: 2, T3: 3, TX: 4 };
export const SETTLED = ['succeeded', 'failed', 'verified', 'not_in_effect'];

/** Types of entry that the rules speak of. */
export const CONCERNED: ReadonlySet<string> = new Set<LeafType>([
  'installation.made',
  'person.invited',
  'rule.began',
  'person.enrolled',
  'person.changed',
  'machine.owned',
  'session.endorsed',
  'session.ended',
  'inventory.signed',
  'proposal.revised',
  'proposal.sealed',
  'proposal.withdrawn',
  'proposal.expired',
  'drill.opened',
  'review.signed',
  'proposal.decided',
  'kill_switch.set',
  'execution.checked',
  'lease.granted',
  'lease.ended',
  'execution.intended',
  'execution.concluded',
  'execution.compared',
  'execution.found',
  'trail.found',
  'trail.seen',
  'delegation.made',
  'delegation.ended',
  'comment.written',
  'task.opened',
  'task.settled',
]);
