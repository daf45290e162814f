import type { Id } from '../base/id.ts';
import { type BatchTurn, batchTurn } from '../core/act/batch-turn.ts';
import { batchMembers, hear, withoutBrokenBatches } from '../core/decide/heard.ts';
import type { HeardReview } from '../core/decide/tally.ts';
import type { Person } from '../model/review.ts';
import { executionFactsOf, type StoredProposal } from '../store/proposal-facts.ts';
import type { ExecutorPorts } from './ports.ts';

/** Members of batches that are read for one proposal. What is beyond does not stand, and so nothing of its batch does. */
const MEMBERS_MAX = 200;

/** The reviews of a proposal whose signatures hold, without approvals by batches that do not stand any more. */
export async function heardReviews(
  proposal: StoredProposal,
  people: ReadonlyMap<Person['id'], Person>,
  ports: ExecutorPorts,
): Promise<readonly HeardReview[]> {
  const sessions = proposal.reviews.flatMap(review =>
    review.signature.kind === 'session' ? [review.signature.session] : [],
  );
  const hearing = await hear(ports.genesis, proposal.reviews, await ports.readSessions(sessions), people, ports.verify);
  // Each member of a batch is read anew: one that is not what the list says takes the others with it.
  const members = await readMembers(hearing.heard, ports);
  return withoutBrokenBatches(hearing, id => members.get(id)).heard;
}

async function readMembers(
  heard: readonly HeardReview[],
  ports: ExecutorPorts,
): Promise<ReadonlyMap<string, StoredProposal>> {
  const members = new Map<string, StoredProposal>();
  for (const id of batchMembers(heard.map(({ review }) => review)).slice(0, MEMBERS_MAX)) {
    const member = await ports.readProposal(id);
    if (member !== undefined) members.set(id, member);
  }
  return members;
}

/** Those of these reviews that were signed for this act by itself. */
export function signedAlone(heard: readonly HeardReview[]): readonly HeardReview[] {
  return heard.filter(({ review }) => review.signature.kind !== 'batch');
}

/** Whether it is the turn of an act that a batch approved, by what executors wrote of the others: read anew each time. */
export async function turnInBatch(
  proposal: Id<'proposal'>,
  heard: readonly HeardReview[],
  claimed: boolean,
  ports: ExecutorPorts,
): Promise<BatchTurn> {
  const batches = heard.flatMap(({ review: { signature, intent } }) =>
    signature.kind === 'batch' && intent.verdict === 'approve' ? [signature.batch] : [],
  );
  if (batches.length === 0) return { kind: 'go' };
  const members = await readMembers(heard, ports);
  const executionsOf = (member: string) => (members.get(member)?.executions ?? []).map(executionFactsOf);
  return batchTurn(batches, proposal, executionsOf, claimed);
}
