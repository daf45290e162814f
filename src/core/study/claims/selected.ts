import type { AnswerRefusal } from '../../../model/assist.ts';
import type { Claim, Predicate } from '../../../model/claim.ts';
import type { ClaimVerifier } from '../verify-claim.ts';
import { inconsistencies } from './consistency.ts';
import type { Asked, ClaimWorld } from './kind.ts';
import { findClaimKind } from './table.ts';
import { computedClaim } from './world.ts';

/** A claim that somebody else states: a model's, with ids already put back into names, or an analyst's. */
export interface StatedClaim {
  readonly predicate: string;
  readonly roles: { readonly [role: string]: string };
  /** Claims of this incident, each by its id, in the order in which they were cited. */
  readonly cites: readonly Claim[];
  /** The window of an absence; that of the cited claims where it says none. */
  readonly at?: Claim['at'];
  readonly until?: Claim['until'];
}

export type Checked =
  | { readonly kind: 'verified'; readonly claim: Claim }
  | { readonly kind: 'refused'; readonly code: AnswerRefusal; readonly because: string };

/**
 * What the evidence gives where somebody states a claim: our own claim with our own words, verified, or why there is
 * none. A role has to be one that a cited claim gives to the same value; a number or a time is worked out, never taken
 * over; an absence without the telemetry that would show it comes back as what we have not seen.
 */
export function checkStated(stated: StatedClaim, world: ClaimWorld, verifier: ClaimVerifier): Checked {
  const kind = findClaimKind(stated.predicate);
  if (kind === undefined) return refused('schema.mismatch', 'there is no such predicate');
  if (stated.cites.length === 0) return refused('claim.uncited', 'it cites nothing');
  const unsound = stated.cites.find(claim => verifier.verify(claim).kind === 'failed');
  if (unsound !== undefined) return refused('reference.unknown_id', 'it cites a claim that is not verified');
  const own = kind.from === 'computed' ? workedOut(kind.predicate, stated, world) : ofCited(kind.predicate, stated);
  if (own.kind === 'refused') return own;
  const verdict = verifier.verify(own.claim);
  if (verdict.kind === 'failed') return refused('value.not_recomputed', verdict.because);
  return { kind: 'verified', claim: { ...own.claim, verdict } };
}

/** Of several statements those that exclude each other or go round in a circle are refused, all of them. */
export function checkTogether(checked: readonly Checked[]): readonly Checked[] {
  const codes = new Map<string, AnswerRefusal>();
  const claims = checked.flatMap(one => (one.kind === 'verified' ? [one.claim] : []));
  for (const { code, claims: ids } of inconsistencies(claims)) for (const id of ids) codes.set(id, code);
  return checked.map(one => {
    const code = one.kind === 'verified' ? codes.get(one.claim.id) : undefined;
    return code === undefined ? one : refused(code, 'it excludes another statement');
  });
}

/** A claim that records state has to be one that is cited, with no role but its own. */
function ofCited(predicate: Predicate, { roles, cites }: StatedClaim): Checked {
  const alike = cites.filter(claim => claim.predicate === predicate);
  if (alike.length === 0) return refused('value.not_recomputed', `no cited claim says ${predicate}`);
  const claim = alike.find(one =>
    Object.entries(roles).every(([role, value]) => Object.hasOwn(one.roles, role) && one.roles[role] === value),
  );
  return claim === undefined
    ? refused('role.not_of_fact', 'a role is none that a cited claim gives')
    : { kind: 'verified', claim };
}

function workedOut(predicate: Predicate, { roles, cites, at, until }: StatedClaim, world: ClaimWorld): Checked {
  const [first, second] = cites;
  const asked: Asked = {
    id: predicate === 'before' ? `before.${first?.id}~${second?.id}` : (first?.id ?? ''),
    roles,
    at: at ?? extreme(cites, Math.min),
    until: until ?? extreme(cites, Math.max),
  };
  const own = computedClaim({ ...asked, predicate }, world);
  if (typeof own === 'string') return refused('value.not_recomputed', own);
  const strange = Object.entries(roles).find(([role, value]) => own.roles[role] !== value);
  if (strange !== undefined && strange[0] === 'sure')
    return refused('absence.not_covered', 'the telemetry that would show it was not heard');
  if (strange !== undefined) return refused('role.not_of_fact', `the role ${strange[0]} is another`);
  return { kind: 'verified', claim: own };
}

function extreme(cites: readonly Claim[], pick: (...times: number[]) => number): Claim['at'] {
  const times = cites.flatMap(({ at, until }) => [at, until]).filter(time => time !== undefined);
  return times.length === 0 ? undefined : (times.reduce((a, b) => pick(a, b) as typeof a) as Claim['at']);
}

function refused(code: AnswerRefusal, because: string): Checked {
  return { kind: 'refused', code, because };
}
