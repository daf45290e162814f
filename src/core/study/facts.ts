import { oncePer } from '../../base/once.ts';
import type { UnixMs } from '../../base/time.ts';
import { type Alert, activityTime, type EntityHit, type EntityKind } from '../../model/alert.ts';
import type { Citation, Claim, ClaimVerdict } from '../../model/claim.ts';
import type { BoundRole, Fact } from './claims/kind.ts';
import { claimKindOf } from './claims/table.ts';
import { predicateOf } from './predicate.ts';
import { renderClaim, type Varying } from './render-claim.ts';

export type { Fact } from './claims/kind.ts';

const ACTOR_KINDS: readonly EntityKind[] = ['user', 'nhi', 'access_key', 'mailbox', 'session'];
const RESOURCE_KINDS: readonly EntityKind[] = ['database', 'service', 'cloud_resource', 'file', 'cloud_account'];

/**
 * The fact that an alert states: its predicate and who stands in which role, each role read from one mapped field.
 *
 * Deterministic: nothing but the normalised alert decides. A role that no field maps is absent, never guessed;
 * where several entities could fill one, the first by kind, then pointer, does.
 */
export function factOf(alert: Alert): Fact {
  const roles = new Map<string, BoundRole>();
  const bind = (role: string, value: string | undefined, pointer: string | undefined): void => {
    if (value === undefined || value === '' || pointer === undefined || roles.has(role)) return;
    roles.set(role, { role, value, pointer });
  };
  const entity = (role: string, found: EntityHit | undefined): void => bind(role, found?.label, found?.pointer);
  const { fields, pointers } = alert;
  entity('actor', pick(alert, ['actor'], ACTOR_KINDS));
  entity('target', pick(alert, ['target'], ACTOR_KINDS));
  entity('resource', pick(alert, ['target'], RESOURCE_KINDS));
  if (!roles.has('actor') && !roles.has('target'))
    entity('identity', pick(alert, ['related'], ['user', 'nhi', 'mailbox']));
  entity('host', pick(alert, ['target', 'observer', 'actor', 'related'], ['host']));
  bind('host', fields.host, pointers.host);
  bind('source_ip', fields.src_ip, pointers.src_ip);
  bind('destination_ip', fields.dst_ip, pointers.dst_ip);
  bind('operation', fields.action, pointers.action);
  bind('rule', fields.rule_name, pointers.rule_name);
  bind('process', fields.process, pointers.process);
  bind('url', fields.url, pointers.url);
  bind('sender', fields.email_from, pointers.email_from);
  const predicate = predicateOf(alert);
  const { own, isAct } = claimKindOf(predicate);
  for (const [role, field] of own) bind(role, fields[field], pointers[field]);
  return {
    alert: alert.id,
    evidence: alert.evidence,
    predicate,
    roles: [...roles.values()].sort((a, b) => (a.role < b.role ? -1 : 1)),
    at: alert.occurredAt,
    until: alert.endedAt,
    outcome: isAct && fields.outcome === 'failure' ? 'failure' : undefined,
  };
}

function pick(alert: Alert, roles: readonly string[], kinds: readonly EntityKind[]): EntityHit | undefined {
  for (const role of roles) {
    for (const kind of kinds) {
      let first: EntityHit | undefined;
      for (const entity of alert.entities) {
        if (entity.role !== role || entity.kind !== kind || entity.label === '') continue;
        if (first === undefined || entity.pointer < first.pointer) first = entity;
      }
      if (first !== undefined) return first;
    }
  }
  return undefined;
}

/** Roles that tell one run of facts from another; the others may vary inside a run. */
const RUN_ROLES: readonly string[] = ['actor', 'target', 'identity', 'host', 'operation', 'rule'];

/** What makes two facts of one run: the same predicate, people, place, operation and rule, and the same outcome. */
export function runKey(fact: Fact): string {
  const parts = fact.roles.filter(({ role }) => RUN_ROLES.includes(role)).map(({ role, value }) => [role, value]);
  return JSON.stringify([fact.predicate, parts, fact.outcome]);
}

/** What an alert states never changes, so it is worked out once for as long as the alert is kept. */
const keyedFactOf = oncePer((alert: Alert) => {
  const fact = factOf(alert);
  return { fact, key: runKey(fact) };
});

/** A claim cites at most this many records from each end of its run; the others stand in the timeline, and are counted. */
export const CITED_AT_EACH_END_MAX = 10;
/** A pause longer than this ends a run: what goes on after an hour of quiet is told again. */
export const RUN_PAUSE_MS_MAX = 3_600_000;

/** Facts that one claim tells. Never empty; by activity time. */
export interface Run {
  readonly key: string;
  readonly facts: readonly [Fact, ...Fact[]];
}

/** What the alerts say, one by one, by activity time. */
export function factsOf(alerts: readonly Alert[]): readonly Fact[] {
  return keyedFactsOf(alerts).map(({ fact }) => fact);
}

function keyedFactsOf(
  alerts: readonly Alert[],
): readonly { readonly fact: Fact; readonly key: string; readonly time: UnixMs }[] {
  return alerts
    .map(alert => ({ ...keyedFactOf(alert), time: activityTime(alert) }))
    .sort((a, b) => a.time - b.time || (a.fact.alert < b.fact.alert ? -1 : 1));
}

/**
 * The alerts' facts in runs, ordered by the activity time of each run's first. Worked out once for one list, which must
 * not change: its claims, their verification and the story all begin here.
 */
export const runsOf = oncePer((alerts: readonly Alert[]): readonly Run[] => {
  const open = new Map<string, { facts: [Fact, ...Fact[]]; last: number }>();
  const runs: Run[] = [];
  for (const { fact, key, time } of keyedFactsOf(alerts)) {
    const run = open.get(key);
    if (run !== undefined && time - run.last <= RUN_PAUSE_MS_MAX) {
      run.facts.push(fact);
      run.last = time;
      continue;
    }
    const begun: { facts: [Fact, ...Fact[]]; last: number } = { facts: [fact], last: time };
    open.set(key, begun);
    runs.push({ key, facts: begun.facts });
  }
  return runs;
});

/** Every claim begins so: only the verifier says otherwise. */
export const UNCHECKED: ClaimVerdict = { kind: 'failed', because: 'not recomputed from the raw record' };

/**
 * The alerts' facts as claims, in order of activity, runs collapsed ("… × 214"). The same alerts give the same
 * claims, ids included. Each is `failed` until `verifyClaim` has recomputed it from the raw record.
 */
export function extractClaims(alerts: readonly Alert[]): readonly Claim[] {
  return runsOf(alerts).map(claimOf);
}

/** The id of a run's claim: unique in its incident, and the same whenever the run is the same. */
export function claimId({ facts }: Run): string {
  const [first] = facts;
  return `${first.predicate}.${first.alert}${facts.length > 1 ? `.${facts.length}` : ''}`;
}

/** The claim that a run stated last, by its first fact. */
const statedBefore = new WeakMap<Fact, { readonly facts: Run['facts']; readonly claim: Claim }>();

/** The claim that a run states: worked out anew where the run is another than it was. */
export function claimOf(run: Run): Claim {
  const { facts } = run;
  const before = statedBefore.get(facts[0]);
  const isSame = before?.facts.length === facts.length && facts.every((fact, place) => fact === before.facts[place]);
  if (before !== undefined && isSame) return before.claim;
  const claim = stated(run);
  statedBefore.set(facts[0], { facts, claim });
  return claim;
}

/**
 * The claim that a run states. A role that varies inside the run is counted in the text and is no role of the claim.
 * Each cited record is cited once for each role that it fills. Its time is no citation, since records write times in
 * many forms; the verifier reads it again.
 */
function stated(run: Run): Claim {
  const { facts } = run;
  const [first] = facts;
  const values = new Map<string, Set<string>>();
  const holders = new Map<string, number>();
  for (const fact of facts) {
    for (const { role, value } of fact.roles) {
      values.set(role, (values.get(role) ?? new Set()).add(value));
      holders.set(role, (holders.get(role) ?? 0) + 1);
    }
  }
  const roles: [string, string][] = [];
  const varying: Varying[] = [];
  for (const [role, seen] of [...values].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const [only = ''] = seen;
    if (seen.size === 1 && holders.get(role) === facts.length) roles.push([role, only]);
    else varying.push({ role, count: seen.size });
  }
  const told = {
    predicate: first.predicate,
    roles: Object.fromEntries(roles),
    at: extreme(
      facts.map(fact => fact.at),
      (a, b) => a < b,
    ),
    until: extreme(
      facts.map(fact => fact.until ?? fact.at),
      (a, b) => a > b,
    ),
    count: facts.length,
    ...(first.outcome === undefined ? {} : { outcome: first.outcome }),
  };
  // Whoever holds it holds the same one as the verifier, so nobody may change it.
  return Object.freeze({
    id: claimId(run),
    ...told,
    roles: Object.freeze(told.roles),
    citations: Object.freeze(citationsOf(facts, new Map(roles)).map(citation => Object.freeze(citation))),
    text: renderClaim(told, varying),
    verdict: UNCHECKED,
  });
}

function citationsOf(facts: readonly Fact[], roles: ReadonlyMap<string, string>): readonly Citation[] {
  const [head, tail] = [
    facts.slice(0, CITED_AT_EACH_END_MAX),
    facts.slice(CITED_AT_EACH_END_MAX).slice(-CITED_AT_EACH_END_MAX),
  ];
  return [...head, ...tail].flatMap(({ evidence, roles: bound }) =>
    bound
      .filter(({ role, value }) => roles.get(role) === value)
      .map(({ pointer, value }) => ({ evidence, pointer, value })),
  );
}

function extreme(
  times: readonly (UnixMs | undefined)[],
  isBeyond: (a: number, b: number) => boolean,
): UnixMs | undefined {
  let found: UnixMs | undefined;
  for (const time of times) if (time !== undefined && (found === undefined || isBeyond(time, found))) found = time;
  return found;
}
