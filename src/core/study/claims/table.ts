import { invariant } from '../../../base/invariant.ts';
import type { Predicate } from '../../../model/claim.ts';
import { ABSENCE } from './absence.ts';
import { ACCESS } from './access.ts';
import { COMPUTED } from './computed.ts';
import { ENDPOINT } from './endpoint.ts';
import type { ClaimKind } from './kind.ts';
import { NETWORK } from './network.ts';
import { HOLDING, SERVICE } from './service.ts';

/** All that can be said. What is not in it has no sentence, no verifier and no way to be told. */
export const CLAIM_KINDS: readonly ClaimKind[] = [
  ...ACCESS,
  ...ENDPOINT,
  ...NETWORK,
  ...SERVICE,
  ...HOLDING,
  ...COMPUTED,
  ...ABSENCE,
];

const BY_PREDICATE: ReadonlyMap<string, ClaimKind> = new Map(CLAIM_KINDS.map(kind => [kind.predicate, kind]));

export function claimKindOf(predicate: Predicate): ClaimKind {
  const kind = BY_PREDICATE.get(predicate);
  invariant(kind !== undefined, `the predicate ${predicate} stands in the table`);
  return kind;
}

/** Undefined for a word that came from outside and is no predicate. */
export function findClaimKind(predicate: string): ClaimKind | undefined {
  return BY_PREDICATE.get(predicate);
}
