import { canonical, type Digest, digestOf } from '../../base/canonical.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { SealOpening, StoredSeal } from '../../model/drill.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Act } from '../../model/proposal.ts';
import { readSeal } from './closed.ts';

/** A seal made: its opening, the digest that the log holds, and the salt that the act has to have. */
export interface MadeSeal {
  readonly opening: string;
  readonly digest: Digest;
  readonly mask: string;
  readonly actSalt: Digest;
}

export function sealOf(opening: SealOpening, mask: string): MadeSeal {
  return {
    opening: canonical({ ...opening }),
    digest: digestOf('countersign/seal/v1', { ...opening }),
    mask,
    actSalt: digestOf('countersign/act-salt/v1', { opening: { ...opening }, mask }),
  };
}

/** What has to agree before an act may be begun. */
export interface SealQuestion {
  readonly installation: string;
  /** As it was signed: its digest was compared before. */
  readonly act: Pick<Act, 'proposal' | 'revision' | 'salt'>;
  readonly seal: StoredSeal | undefined;
  /** The seal that the signed log holds of this revision; undefined where it holds none. */
  readonly logged: Digest | undefined;
}

/**
 * Whether what people signed was an act from the beginning. The salt of the act, which every signature covers, is made
 * from an opening that says what it is: a drill has no opening that says `act`, so there is no flag that could be taken off it, and
 * what is not shown to be an act is none.
 */
export function sealHolds({ installation, act, seal, logged }: SealQuestion): Result<true, Failure> {
  if (seal === undefined) return fail(failureOf('execution.unsealed', 'nothing says what it was when it was made'));
  const opening = readSeal(seal.opening);
  if (!opening.ok) return fail(failureOf('execution.unsealed', `the opening cannot be read: ${opening.failure}`));
  const made = sealOf(opening.value, seal.mask);
  const isOfThis =
    opening.value.installation === installation &&
    opening.value.proposal === act.proposal &&
    opening.value.revision === act.revision;
  if (!isOfThis || made.actSalt !== act.salt)
    return fail(failureOf('execution.unsealed', 'the opening is not the one that the act was made with'));
  if (made.digest !== logged)
    return fail(failureOf('execution.unsealed', 'the log holds another seal than the one that is opened'));
  return opening.value.is === 'act' ? ok(true) : fail(failureOf('execution.drill', opening.value.fault));
}
