import { digestOf } from '../../src/base/canonical.ts';
import { chosenOf } from '../../src/core/decide/batch.ts';
import type { BatchBegin, BatchBegun, ProposalView } from '../../src/model/api.ts';
import { challengeBytes, challengeOf, closed, digestToSign, WillNotSign } from './review.ts';

/**
 * The 32 bytes to sign for a list. Each member's intent is checked like that of a single review against what the page
 * shows, then the list: these intents, in this order, of one operation and tier, and nothing besides.
 */
export function batchToSign(
  views: readonly ProposalView[],
  asked: BatchBegin,
  begun: BatchBegun,
  me: { readonly id: string; readonly installation: string },
): Uint8Array {
  const { batch, intents } = begun;
  const [first] = views;
  const isOneForOne = [asked.members.length, intents.length, batch.members.length].every(n => n === views.length);
  if (first === undefined || !isOneForOne)
    throw new WillNotSign('the list is longer or shorter than the one on this page');
  for (const [i, view] of views.entries()) {
    const [member, intent, listed] = [asked.members[i], intents[i], batch.members[i]];
    if (member === undefined || intent === undefined || listed === undefined)
      throw new WillNotSign('the list is not the one on this page');
    const digest = digestOf('countersign/intent/v1', closed(intent));
    const begin = { ...member, verdict: asked.verdict, reason: asked.reason };
    digestToSign(view, begin, { ...begun, intent, challenge: challengeOf(digest) }, me);
    if (listed.proposal !== view.row.id || listed.intentDigest !== digest)
      throw new WillNotSign('the order of the list is not the one on this page');
    if (view.act.responder !== batch.responder || view.act.operation !== batch.operation)
      throw new WillNotSign(`${view.row.id} is of another operation than the list says`);
    if (view.act.operationVersion !== batch.operationVersion || view.presentation.tier !== batch.tier)
      throw new WillNotSign(`${view.row.id} is of another version or tier than the list says`);
  }
  if (batch.reviewer !== me.id || batch.installation !== me.installation || batch.verdict !== asked.verdict)
    throw new WillNotSign('the list is of somebody else, or says another verdict');
  if (chosenOf(batch) !== batch.opened) throw new WillNotSign('another member was opened than was chosen');
  return challengeBytes(digestOf('countersign/batch-intent/v1', closed(batch)), begun.challenge);
}
