import { digestOf } from '../../base/canonical.ts';
import type { Leaf } from './leaf.ts';

type Signed = Leaf<'review.signed'>;
type Batch = Extract<Signed['signature'], { kind: 'batch' }>['batch'];

/** What the log holds of an intent that a batch may list. */
export interface ListedIntent {
  readonly proposal: string;
  readonly revision: string;
  readonly tier: string;
}

/** How many proposals one signature may cover; what takes two people is signed one by one. */
const MEMBERS_MAX: { readonly [tier: string]: number } = { T1: 20, T2: 5 };
const MEMBERS_MIN = 2;

/**
 * Why the list of a batch does not cover this intent: it is of somebody else, of another verdict or tier, too long, or the
 * member that had to be opened is not the one that its nonce names. Written a second time, from the format alone.
 */
export function faultOfBatch(batch: Batch, intent: Signed['intent'], digest: string): string | undefined {
  const proposals = batch.members.map(member => member.proposal);
  if (batch.installation !== intent.installation || batch.reviewer !== intent.reviewer)
    return 'the batch is of another';
  if (batch.verdict !== intent.verdict || batch.tier !== intent.tier) return 'the batch says another verdict or tier';
  if (proposals.length < MEMBERS_MIN || proposals.length > (MEMBERS_MAX[batch.tier] ?? 0))
    return `${proposals.length} of ${batch.tier} are not signed together`;
  if (new Set(proposals).size < proposals.length) return 'the batch names a proposal twice';
  const choice = digestOf('countersign/batch-choice/v1', { nonce: batch.nonce, proposals });
  if (batch.opened !== proposals[Number.parseInt(choice.slice(0, 12), 16) % proposals.length])
    return 'another member was opened than was chosen';
  return batch.members.some(member => member.proposal === intent.proposal && member.intentDigest === digest)
    ? undefined
    : 'the batch does not list this intent';
}
