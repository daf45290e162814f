import { canonical, type Digest } from '../../base/canonical.ts';
import type { BatchIntent, Intent } from '../../model/review.ts';
import { BATCH_MAX, BATCH_MIN, chosenOf } from './batch.ts';
import { readBatch } from './closed.ts';

/** Why a signature over this list is none over this intent; undefined where it may be. The signature itself is checked beside. */
export function batchFault(batch: BatchIntent, intent: Intent, intentDigest: Digest): string | undefined {
  const text = canonicalOrNone(batch);
  const read = text === undefined ? undefined : readBatch(text);
  if (read === undefined || !read.ok) return 'the batch is not in its form';
  const { members, tier } = batch;
  if (batch.installation !== intent.installation || batch.reviewer !== intent.reviewer)
    return 'the batch is of somebody else';
  if (batch.verdict !== intent.verdict) return 'the batch says another verdict';
  if (tier !== intent.tier) return 'the batch is of another tier';
  if (members.length < BATCH_MIN || members.length > BATCH_MAX[tier])
    return `a batch of ${members.length} is not signed together at ${tier}`;
  if (new Set(members.map(({ proposal }) => proposal)).size !== members.length) return 'the batch names one twice';
  if (batch.opened !== chosenOf(batch)) return 'the member that was opened is not the one that was chosen';
  const own = members.find(({ proposal }) => proposal === intent.proposal);
  return own?.intentDigest === intentDigest ? undefined : 'the batch does not hold this intent';
}

function canonicalOrNone(batch: BatchIntent): string | undefined {
  try {
    return canonical(batch as never);
  } catch {
    return undefined;
  }
}
