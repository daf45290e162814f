import { digestOf } from '../../base/canonical.ts';
import type { Id } from '../../base/id.ts';
import type { Act, Tier } from '../../model/proposal.ts';
import type { BatchIntent } from '../../model/review.ts';

/** How many like proposals one signature may cover. What two people have to look at is looked at one by one. */
export const BATCH_MAX: { readonly [T in Tier]: number } = { T1: 20, T2: 5, T3: 0, TX: 0 };
/** One alone is a review like every other. */
export const BATCH_MIN = 2;

/** What a batch consists of, before its nonce is known. */
type Members = Pick<BatchIntent, 'members'>;

/**
 * The member that has to be opened. It follows from a nonce that the server makes once the list is named, so that who
 * names the list picks it as little as who changes the list later.
 */
export function chosenOf(batch: Members & Pick<BatchIntent, 'nonce'>): Id<'proposal'> | undefined {
  const proposals = batch.members.map(({ proposal }) => proposal);
  const digest = digestOf('countersign/batch-choice/v1', { nonce: batch.nonce, proposals });
  // 48 bits over at most twenty: none of them is likelier than another by more than one in ten million million.
  return proposals[Number.parseInt(digest.slice(0, 12), 16) % Math.max(1, proposals.length)];
}

/** Whether an act is of the one operation that a batch is of. */
export function isLike(
  batch: Pick<BatchIntent, 'responder' | 'operation' | 'operationVersion'>,
  act: Pick<Act, 'responder' | 'operation' | 'operationVersion'>,
): boolean {
  return (
    act.responder === batch.responder &&
    act.operation === batch.operation &&
    act.operationVersion === batch.operationVersion
  );
}
