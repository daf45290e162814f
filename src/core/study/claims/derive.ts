import type { UnixMs } from '../../../base/time.ts';
import type { EntityKind } from '../../../model/alert.ts';
import type { Claim, Predicate } from '../../../model/claim.ts';
import { gapId } from './absence.ts';
import type { Asked, ClaimWorld } from './kind.ts';
import { computedClaim } from './world.ts';

/** Claims of one predicate that are worked out unasked. */
const OF_EACH_MAX = 100;
/** Of whom it is asked what they did not do. */
const ABSENT_FOR_MAX = 10;

const SEEN_KINDS: ReadonlySet<EntityKind> = new Set<EntityKind>([
  'user',
  'nhi',
  'host',
  'ip',
  'domain',
  'hash',
  'access_key',
  'mailbox',
]);
/** What one wants to know that somebody did not do. */
const LOOKED_FOR: readonly Predicate[] = [
  'auth_succeeded',
  'credential_created',
  'role_assigned',
  'mfa_changed',
  'consent_granted',
  'storage_accessed',
];

/**
 * What can be said of an incident beyond what its records say one by one: counts, first and last times, order,
 * techniques, names of the same, gaps, what was not seen, and what is more than usual. Each is recomputable by
 * `createClaimVerifier` with the same context. The same alerts give the same.
 */
export function deriveClaims(
  world: ClaimWorld,
  told: readonly Claim[],
  ofEach: number = OF_EACH_MAX,
): readonly Claim[] {
  const wanted: readonly (readonly [Predicate, Iterable<Partial<Asked>>])[] = [
    ['coverage_gap', world.gaps.map(gap => ({ id: gapId(gap) }))],
    ['count_is', counted(world)],
    ['first_seen', entities(world)],
    ['last_seen', entities(world)],
    ['before', pairs(told)],
    ['technique_of', techniques(world)],
    ['same_as', sameNames(world)],
    ['baseline_deviation', rules(world)],
    ['not_observed', absences(told)],
  ];
  return wanted.flatMap(([predicate, asked]) => {
    const claims = new Map<string, Claim>();
    for (const one of asked) {
      if (claims.size >= ofEach) break;
      const claim = computedClaim({ id: '', roles: {}, at: undefined, until: undefined, ...one, predicate }, world);
      if (typeof claim !== 'string') claims.set(claim.id, claim);
    }
    return [...claims.values()];
  });
}

function* rules(world: ClaimWorld): Generator<Partial<Asked>> {
  const known = new Set<string>();
  for (const { roles } of world.index().facts) {
    const rule = roles.find(({ role }) => role === 'rule')?.value;
    if (rule === undefined || known.has(rule)) continue;
    known.add(rule);
    yield { roles: { rule } };
  }
}

function* counted(world: ClaimWorld): Generator<Partial<Asked>> {
  yield* rules(world);
  const known = new Set<string>();
  for (const { roles } of world.index().facts) {
    for (const names of [['rule', 'host'], ['actor'], ['host'], ['source_ip']]) {
      const of = roles.filter(({ role }) => names.includes(role)).map(({ role, value }) => [role, value] as const);
      const key = JSON.stringify(of);
      if (of.length < names.length || known.has(key)) continue;
      known.add(key);
      yield { roles: Object.fromEntries(of) };
    }
  }
}

function* entities(world: ClaimWorld): Generator<Partial<Asked>> {
  for (const { first } of world.index().spans()) {
    const { kind, label } = first.hit;
    if (SEEN_KINDS.has(kind)) yield { roles: { kind, entity: label } };
  }
}

/** Each claim and the next one in time; what lies further apart follows from these. */
function* pairs(told: readonly Claim[]): Generator<Partial<Asked>> {
  const timed = told.filter(claim => claim.at !== undefined).sort((a, b) => (a.at ?? 0) - (b.at ?? 0));
  for (const [index, claim] of timed.entries()) {
    const next = timed[index + 1];
    if (next !== undefined) yield { id: `before.${claim.id}~${next.id}` };
  }
}

function* techniques(world: ClaimWorld): Generator<Partial<Asked>> {
  if (world.locate === undefined) return;
  const known = new Set<string>();
  for (const fact of world.index().facts) {
    const rule = fact.roles.find(({ role }) => role === 'rule')?.value;
    for (const technique of world.index().alertOf(fact)?.techniques ?? []) {
      const key = JSON.stringify([rule, technique]);
      if (rule === undefined || known.has(key)) continue;
      known.add(key);
      yield { roles: { rule, technique } };
    }
  }
}

function* sameNames(world: ClaimWorld): Generator<Partial<Asked>> {
  if (world.locate === undefined) return;
  for (const { first } of world.index().spans()) {
    const { kind, vendorId, value, label } = first.hit;
    if (vendorId === undefined) continue;
    for (const other of world.index().namesOf(kind, vendorId)) {
      // Each pair once, whichever of the two comes first.
      if (other.hit.value <= value || other.hit.label === label) continue;
      yield { roles: { kind, vendor_id: vendorId, entity: label, same: other.hit.label } };
    }
  }
}

function* absences(told: readonly Claim[]): Generator<Partial<Asked>> {
  const times = told.flatMap(({ at, until }) => (at === undefined ? [] : [at, until ?? at]));
  if (times.length === 0) return;
  const at = times.reduce((a, b) => Math.min(a, b) as UnixMs);
  const until = times.reduce((a, b) => Math.max(a, b) as UnixMs);
  const who = new Set<string>();
  for (const { roles } of told) {
    const actor = roles['actor'];
    if (actor !== undefined && who.size < ABSENT_FOR_MAX) who.add(actor);
  }
  for (const value of who)
    for (const predicate of LOOKED_FOR) yield { roles: { predicate, role: 'actor', value }, at, until };
}
