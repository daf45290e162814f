import type { Id } from '../../base/id.ts';
import type { BatchIntent } from '../../model/review.ts';
import { isLike } from './batch.ts';
import { batchFault } from './batch-list.ts';
import { readAct, readIntent, sealed } from './closed.ts';

/** A member of a batch as it is stored. Nothing of it is believed but what its digests confirm. */
export interface StoredMember {
  readonly revisions: readonly {
    readonly revision: number;
    readonly actText: string;
    readonly presentationText: string;
  }[];
  readonly reviews: readonly { readonly intent: string; readonly intentDigest: string }[];
}

/**
 * Why a batch counts for none of its members; undefined where it stands. Each member has to be what was signed: the
 * same operation and tier, in its latest revision. One that was revised since, or that is of another kind than the
 * list says, takes the others with it: people looked at the list as one thing.
 */
export function batchBroken(
  batch: BatchIntent,
  member: (proposal: Id<'proposal'>) => StoredMember | undefined,
): string | undefined {
  for (const { proposal, intentDigest } of batch.members) {
    const stored = member(proposal);
    const latest = stored?.revisions.at(-1);
    const review = stored?.reviews.find(one => one.intentDigest === intentDigest);
    const intent = review === undefined ? undefined : readIntent(review.intent);
    const act = latest === undefined ? undefined : readAct(latest.actText);
    if (latest === undefined || intent === undefined || !intent.ok || act === undefined || !act.ok)
      return `${proposal} of the batch cannot be read`;
    if (sealed('countersign/intent/v1', intent.value).digest !== intentDigest || intent.value.proposal !== proposal)
      return `${proposal} of the batch is not what was signed`;
    if (batchFault(batch, intent.value, intentDigest) !== undefined) return `${proposal} does not belong to the batch`;
    if (intent.value.revision !== String(latest.revision)) return `${proposal} of the batch was revised`;
    if (sealed('countersign/act/v1', act.value).digest !== intent.value.actDigest || !isLike(batch, act.value))
      return `${proposal} of the batch is another act than its list says`;
  }
  return undefined;
}
