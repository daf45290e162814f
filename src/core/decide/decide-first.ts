import { bytesToHex, sha256, utf8 } from '../../base/bytes.ts';
import type { Digest } from '../../base/canonical.ts';
import type { Tier } from '../../model/proposal.ts';

/** One in so many reviews of T2 and T3 asks what the person thinks before it recommends: 12.5 of 100, within the 10 to 20 that controls.md 3.3 names. */
export const ASKED_ONE_IN = 8;

/**
 * Whether this person says what they think before they are shown the recommendation. By a digest of the act, whose salt
 * the server draws when the revision is made: whoever proposes it cannot know, and whoever has the log and the name of a reviewer
 * can work it out again.
 */
export function asksFirst(
  tier: Tier,
  of: { readonly installation: string; readonly actDigest: Digest },
  person: string,
): boolean {
  if (tier !== 'T2' && tier !== 'T3') return false;
  const digest = bytesToHex(
    sha256(utf8(`countersign/decide-first/v1\n${of.installation}\n${of.actDigest}\n${person}`)),
  );
  return Number.parseInt(digest.slice(0, 12), 16) % ASKED_ONE_IN === 0;
}
