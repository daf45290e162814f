import type { AnswerRefusal } from '../../../model/assist.ts';
import type { Claim, Predicate } from '../../../model/claim.ts';

/** Claims that cannot all be true. Both are shown; neither supports anything until a person has looked. */
export interface Inconsistency {
  readonly code: Extract<AnswerRefusal, 'consistency.cycle' | 'consistency.contradiction'>;
  /** By id, in the order in which they were given. */
  readonly claims: readonly string[];
}

const EXCLUDE: readonly (readonly [Predicate, Predicate])[] = [
  ['allowed', 'blocked'],
  ['auth_succeeded', 'auth_failed'],
];

/**
 * Claims that exclude each other: the same thing allowed and blocked, a sign-in that succeeded and failed, both said of
 * the same moment by the same names; an absence beside what was seen; and orders of which each is before the other.
 */
export function inconsistencies(claims: readonly Claim[]): readonly Inconsistency[] {
  return [...contradictions(claims), ...deniedAndSeen(claims), ...cycles(claims)];
}

function contradictions(claims: readonly Claim[]): readonly Inconsistency[] {
  const found: Inconsistency[] = [];
  for (const [yes, no] of EXCLUDE) {
    const said = new Map<string, string>();
    for (const claim of claims) if (claim.predicate === yes) said.set(momentOf(claim), claim.id);
    for (const claim of claims) {
      const other = claim.predicate === no ? said.get(momentOf(claim)) : undefined;
      if (other !== undefined) found.push({ code: 'consistency.contradiction', claims: [other, claim.id] });
    }
  }
  return found;
}

/** The same names at the same moment; a record of a different rule speaks of something else. */
function momentOf({ roles, at, until }: Claim): string {
  return JSON.stringify([Object.entries(roles).sort(([a], [b]) => (a < b ? -1 : 1)), at, until]);
}

function deniedAndSeen(claims: readonly Claim[]): readonly Inconsistency[] {
  return claims
    .filter(({ predicate }) => predicate === 'not_observed')
    .flatMap(absence => {
      const { predicate, role = '', value } = absence.roles;
      const seen = claims.find(
        claim =>
          claim.predicate === predicate &&
          claim.roles[role] === value &&
          (claim.at ?? 0) <= (absence.until ?? Number.MAX_SAFE_INTEGER) &&
          (claim.until ?? claim.at ?? Number.MAX_SAFE_INTEGER) >= (absence.at ?? 0),
      );
      return seen === undefined ? [] : [{ code: 'consistency.contradiction' as const, claims: [seen.id, absence.id] }];
    });
}

/** Every order that lies on a circle. */
function cycles(claims: readonly Claim[]): readonly Inconsistency[] {
  const orders = claims.filter(({ predicate }) => predicate === 'before');
  const after = new Map<string, { readonly to: string; readonly id: string }[]>();
  const steps = orders.map(({ id }) => ({ id, ends: id.replace(/^before\./, '').split('~') }));
  for (const { id, ends } of steps) {
    const [from = '', to = ''] = ends;
    after.set(from, [...(after.get(from) ?? []), { to, id }]);
  }
  const reaches = (from: string, to: string): boolean => {
    const known = new Set<string>();
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === to) return true;
      if (known.has(at)) continue;
      known.add(at);
      open.push(...(after.get(at) ?? []).map(next => next.to));
    }
    return false;
  };
  const circular = steps.filter(({ ends: [from = '', to = ''] }) => reaches(to, from)).map(({ id }) => id);
  return circular.length === 0 ? [] : [{ code: 'consistency.cycle', claims: circular }];
}
