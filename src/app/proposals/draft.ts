import type { Citation } from '../../model/claim.ts';
import type { DrillFault } from '../../model/drill.ts';
import type { Explained } from '../../model/explained.ts';
import type { Origin, Presentation, Tier } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { StoredProposal } from '../../store/proposal-facts.ts';

/** A record that answers a task, as it is cited. */
export interface AnswerCitation extends Citation {
  readonly says: string;
}

/** What a revision is made from. */
export interface Draft {
  readonly proposal: `prp_${string}`;
  readonly revision: number;
  readonly incident: StoredProposal['incident'];
  readonly origin: Origin;
  readonly contributors: readonly Person['id'][];
  readonly responder: string;
  readonly system: string;
  readonly operation: string;
  readonly target: { readonly name: string } | { readonly immutableId: string };
  readonly params: { readonly [name: string]: string };
  readonly undoes: string | undefined;
  readonly undoesTier: Tier | undefined;
  readonly citations: readonly Citation[];
  readonly says: ReadonlyMap<string, string>;
  /** What people brought because a reviewer asked for it: cited beside the rest, however much that is. */
  readonly answers?: readonly AnswerCitation[];
  readonly coverage: Presentation['coverage'];
  /**
   * How well the option is explained. `needs_none` where it is none of the planner's: it takes back what was done, or it is
   * about this installation itself, and its own tier guards it.
   */
  readonly explained: Explained | 'needs_none' | undefined;
  /** What is wrong with it on purpose; absent of everything that may be carried out. */
  readonly drill?: DrillFault;
  /** When its lease ends; absent where it has none. */
  readonly leaseEndsAt?: string | undefined;
  /** The strictest tier of the playbook that it is a step of: no step of a chain takes less than the chain. */
  readonly chainTier?: Tier | undefined;
}
