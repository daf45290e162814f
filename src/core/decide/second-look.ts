import { bytesToHex, sha256, utf8 } from '../../base/bytes.ts';
import type { Id } from '../../base/id.ts';
import type { Tier } from '../../model/proposal.ts';

/** One in so many acts that one person signed is looked at again by another one. The floor is one in twenty (HUM-08). */
export const SECOND_LOOK_ONE_IN = 10;
/** What nobody looked at for so long is not asked for any more. */
export const SECOND_LOOK_DAYS = 14;

/**
 * Whether an act is one of those that another person looks at again. By the digest of the execution's id, which the executor
 * draws when it claims the act: nobody who proposed or signed it knew, and the server can neither choose nor leave out one.
 */
export function isLookedAtAgain(installation: string, execution: Id<'execution'>, tier: Tier): boolean {
  if (tier !== 'T1' && tier !== 'T2') return false;
  const digest = bytesToHex(sha256(utf8(`countersign/second-look/v1\n${installation}\n${execution}`)));
  return Number.parseInt(digest.slice(0, 12), 16) % SECOND_LOOK_ONE_IN === 0;
}
