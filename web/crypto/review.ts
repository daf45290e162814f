import { base64url, equalBytes, fromBase64url, hexToBytes } from '../../src/base/bytes.ts';
import { type Closed, digestOf } from '../../src/base/canonical.ts';
import type { ProposalView, ReviewBegin, ReviewBegun } from '../../src/model/api.ts';

/**
 * What this page recomputed and found different from what the server said. Nothing is signed then: either the server
 * or the page is not what it should be.
 */
export class WillNotSign extends Error {
  constructor(what: string) {
    super(`Not signed: ${what}. Reload the page; if it happens again, tell an administrator.`);
    this.name = 'WillNotSign';
  }
}

/** A closed object of the model, seen as what may be hashed. `canonical` refuses it at run time if it is not closed. */
export function closed(value: object): Closed {
  return value as unknown as Closed;
}

/** Refuses a proposal whose digests are not those of what the page shows. */
export function requireShownIsDigested(view: ProposalView): void {
  if (digestOf('countersign/act/v1', closed(view.act)) !== view.actDigest) {
    throw new WillNotSign('the digest is not the one of the act on this page');
  }
  if (digestOf('countersign/presentation/v1', closed(view.presentation)) !== view.presentationDigest) {
    throw new WillNotSign('the digest is not the one of what this page shows');
  }
}

/** The 32 bytes to sign. Throws unless the server's intent says exactly what was asked, about what is shown. */
export function digestToSign(
  view: ProposalView,
  asked: ReviewBegin,
  begun: ReviewBegun,
  me: { readonly id: string; readonly installation: string },
): Uint8Array {
  requireShownIsDigested(view);
  const { intent } = begun;
  const expected: readonly (readonly [string, unknown, unknown])[] = [
    ['the proposal', intent.proposal, view.row.id],
    ['the revision', intent.revision, String(view.row.revision)],
    ['the act', intent.actDigest, view.actDigest],
    ['what is shown', intent.presentationDigest, view.presentationDigest],
    ['the policy', intent.policyDigest, view.policyDigest],
    ['the verdict', intent.verdict, asked.verdict],
    ['the tier', intent.tier, view.presentation.tier],
    ['the reviewer', intent.reviewer, me.id],
    ['the installation', intent.installation, me.installation],
    ['the acknowledged gaps', intent.acknowledged.join('\n'), [...asked.acknowledged].sort().join('\n')],
    [
      'the reason',
      intent.reasonDigest,
      digestOf('countersign/reason/v1', { nonce: intent.nonce, reason: asked.reason }),
    ],
  ];
  for (const [what, theirs, ours] of expected) {
    if (theirs !== ours) throw new WillNotSign(`${what} in the server's text is not the one on this page`);
  }
  return challengeBytes(digestOf('countersign/intent/v1', closed(intent)), begun.challenge);
}

/** The bytes of our own digest, after making sure that the server asks for exactly these. */
export function challengeBytes(digest: string, challenge: string): Uint8Array {
  const ours = hexToBytes(digest);
  const theirs = fromBase64url(challenge);
  if (ours === undefined || theirs === undefined || !equalBytes(ours, theirs)) {
    throw new WillNotSign("the server's challenge is not the digest of the text on this page");
  }
  return ours;
}

export function challengeOf(digest: string): string {
  return base64url(hexToBytes(digest) ?? new Uint8Array());
}
