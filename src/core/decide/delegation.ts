import type { Id } from '../../base/id.ts';
import { parseTime, type UnixMs } from '../../base/time.ts';
import type { PersonSignature } from '../../model/audit-entry.ts';
import { DELEGATION_MS_MAX, type DelegationStatement } from '../../model/quorum.ts';
import type { Person } from '../../model/review.ts';
import { readDelegation, sealed } from './closed.ts';
import type { StandIn } from './quorum.ts';
import { checkPersonSignature, type SigningRules, type VerifyKey } from './signatures.ts';

/** A delegation as it is stored: canonical text, and the signature of whoever gave it. */
export interface StoredDelegation {
  /** What an ending names. The row's own word: it counts only where the signed statement says the same. */
  readonly id: string;
  readonly statement: string;
  readonly signature: PersonSignature;
  /** Whether somebody ended it. Ending needs no signature: it only ever takes a right away. */
  readonly isEnded: boolean;
}

/**
 * Who signs in whose stead now. Each by the signature of the person in whose stead it is, for no longer than a delegation may
 * last, between two who are active. It goes no further: a seat names people, and whoever stands in is not one of them.
 */
export async function standingDelegations(
  installation: string,
  stored: readonly StoredDelegation[],
  people: ReadonlyMap<Id<'person'>, Person>,
  now: UnixMs,
  rules: SigningRules,
  verify: VerifyKey,
): Promise<readonly StandIn[]> {
  const standing: StandIn[] = [];
  for (const { id, statement, signature, isEnded } of stored) {
    const read = readDelegation(statement);
    if (isEnded || !read.ok || read.value.installation !== installation) continue;
    // Under another name the same signed text would outlive its ending.
    if (read.value.delegation !== id) continue;
    const standIn = spanOf(read.value);
    const giver = people.get(read.value.from);
    if (standIn === undefined || now < standIn.since || now >= standIn.until) continue;
    if (giver?.isActive !== true || people.get(standIn.to)?.isActive !== true) continue;
    const { digest } = sealed('countersign/delegation/v1', read.value);
    const signed = await checkPersonSignature(signature, digest, giver.credentials, rules, verify);
    if (signed.ok) standing.push(standIn);
  }
  return standing;
}

/** From when to when it says that it counts; undefined where that is no span, too long, or for oneself. */
export function spanOf({ from, to, since, until }: DelegationStatement): StandIn | undefined {
  const [start, end] = [parseTime(since), parseTime(until)];
  if (from === to || start === undefined || end === undefined) return undefined;
  return start < end && end - start <= DELEGATION_MS_MAX ? { from, to, since: start, until: end } : undefined;
}
