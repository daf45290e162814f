import type { ProposalView } from '../../src/model/api.ts';
import type { Answer, Browser } from './harness.ts';

/**
 * Reviews as a page does: a record is opened, what was asked before the recommendation is answered, every gap is
 * acknowledged, and a passkey signs. Gives back the first answer that refuses.
 */
export async function signReview(
  by: Browser,
  view: ProposalView,
  { verdict = 'approve', reason }: { readonly verdict?: string; readonly reason: string },
): Promise<Answer> {
  const { id, revision } = view.row;
  const [first] = view.presentation.evidence;
  if (first !== undefined) await by.post(`/api/v1/proposals/${id}/evidence-opened`, { evidence: first.id });
  const at = { proposal: id, revision };
  const shown = await by.post('/api/v1/reliance/shown', at);
  if (shown.body?.preJudgement === 'asked')
    await by.post('/api/v1/reliance/pre-judgement', { ...at, says: 'cannot_tell' });
  const begun = await by.post(`/api/v1/proposals/${id}/reviews/begin`, {
    verdict,
    revision,
    actDigest: view.actDigest,
    presentationDigest: view.presentationDigest,
    reason,
    acknowledged: view.presentation.coverage.gaps.map(gap => gap.stream),
  });
  if (begun.status !== 200) return begun;
  const assertion = by.passkey.assert(Buffer.from(begun.body.challenge, 'base64url'));
  return by.post(`/api/v1/proposals/${id}/reviews/finish`, {
    nonce: begun.body.intent.nonce,
    signature: { kind: 'passkey', assertion },
  });
}
