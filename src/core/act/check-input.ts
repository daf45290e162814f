import type { Digest } from '../../base/canonical.ts';
import type { Result } from '../../base/result.ts';
import type { UnixMs } from '../../base/time.ts';
import type { Failure } from '../../model/failure.ts';
import type { Inventory } from '../../model/inventory.ts';
import type { Act, Presentation, Tier } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { Genesis } from '../../ports/genesis.ts';
import type { Operation, Plan } from '../../ports/responder.ts';
import type { PolicySet } from '../decide/authorise.ts';
import type { StandIn } from '../decide/quorum.ts';
import type { HeardReview, Question } from '../decide/tally.ts';
import type { BatchTurn } from './batch-turn.ts';

/** A revision as it is stored. The texts are what was signed; the executor believes nothing else of it. */
export interface StoredRevision {
  readonly proposal: Question['proposal'];
  readonly revision: number;
  readonly actText: string;
  readonly actDigest: Digest;
  readonly presentationText: string;
  readonly presentationDigest: Digest;
  readonly tier: Tier;
  readonly policyDigest: Digest;
  readonly contributors: Question['contributors'];
  readonly reviewBy: UnixMs;
}

/** Everything that the executor found out for itself before an act. Nothing in it was concluded by the server. */
export interface CheckInput {
  readonly genesis: Genesis;
  readonly now: UnixMs;
  readonly revision: StoredRevision;
  readonly isWithdrawn: boolean;
  readonly isSuperseded: boolean;
  readonly people: ReadonlyMap<Person['id'], Person>;
  /** Reviews whose signatures hold. */
  readonly heard: readonly HeardReview[];
  readonly policy: PolicySet;
  /** What the act would make the policy, or why it cannot; undefined where it does not change the policy. */
  readonly nextPolicy: Result<Presentation['changes'], string> | undefined;
  readonly isStopped: boolean;
  /** Whether the signed log holds the revision and every review, and extends the last checkpoint that was kept. */
  readonly log: Result<true, Failure>;
  readonly operation: Operation | undefined;
  /** A new look at the target by its immutable id. */
  readonly plan: Result<Plan, Failure>;
  /** What the name means now, which has to be the same target. */
  readonly byName: Result<Plan, Failure>;
  readonly inventory: Inventory | undefined;
  readonly isStartedByUs: boolean;
  /** Whether somebody answers for the credential of the system. */
  readonly credential: Result<true, Failure>;
  /** Executions for which whoever broke the glass here broke it before, and that two others did not review in time. */
  readonly overdueGlass: readonly string[];
  /** Credentials that this executor has not known for long enough to count for an act of two people. */
  readonly cooling: ReadonlySet<string>;
  /** Acts of the operation's kind that were begun of late, by what executors wrote. */
  readonly actsOfLate: number;
  /** Who signs in whose stead now, by signatures that hold. */
  readonly standIns: readonly StandIn[];
  /** Whether it may begin, by what became of the others that were signed in one list with it. */
  readonly turn: BatchTurn;
  /** The execution that the act names as undone, as this executor recorded it; undefined where it knows of none. */
  readonly undone: UndoneAct | undefined;
}

/** What an executor recorded of an act that another one undoes. */
export interface UndoneAct {
  readonly tier: Tier;
  readonly target: Act['target'];
  /** The operation that undoes it. */
  readonly undoOperation: string | undefined;
}
