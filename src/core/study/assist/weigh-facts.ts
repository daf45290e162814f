import type { Id } from '../../../base/id.ts';
import { type Alert, SEVERITY_RANK, type Severity } from '../../../model/alert.ts';
import { TACTICS } from '../../../model/attack.ts';
import type { Claim, Predicate, Summary } from '../../../model/claim.ts';
import { claimId, runsOf } from '../facts.ts';
import { tamperingOf } from '../tampering.ts';

/** A verified claim with what its alerts say of it beside. */
export interface WeighedClaim {
  readonly claim: Claim;
  readonly severity: Severity;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  /** Rules of its alerts, sorted. */
  readonly rules: readonly string[];
  /** A log or a sensor was cleared, stopped or cut off. */
  readonly isTampering: boolean;
  /** It says who held what, how often, since when or what was not seen, beside what the alerts raised. */
  readonly isBeside: boolean;
  /** What it has before others where not all find room. */
  readonly salience: number;
}

/** One rule that fired. */
export interface WeighedRule {
  readonly rule: string;
  /** Of its gravest alerts the first by name. */
  readonly title: string;
  readonly severity: Severity;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly isTampering: boolean;
  /** Ids of verified claims that tell of it, by salience. */
  readonly claims: readonly string[];
}

export interface Weighed {
  /** The most salient first. */
  readonly claims: readonly WeighedClaim[];
  /** The gravest first. */
  readonly rules: readonly WeighedRule[];
}

/** What these say is not what their alerts raised: who held what, how often and since when, and what is missing. */
const BESIDE: ReadonlySet<Predicate> = new Set<Predicate>([
  'same_as',
  'address_leased',
  'address_reported',
  'seen_from',
  'signed_in_from',
  'signed_in_on',
  'name_answered',
  'first_seen',
  'last_seen',
  'count_is',
  'before',
  'technique_of',
  'baseline_deviation',
  'not_observed',
]);
/** Of these what a reader could not see from the facts themselves. */
const TELLING: ReadonlySet<Predicate> = new Set<Predicate>(['not_observed', 'baseline_deviation', 'same_as']);

const TECHNIQUE = /^T\d{4}(?:\.\d{3})?$/;

/** Verified claims and the rules that fired, with severity, tactics and techniques of their alerts. In any order of the alerts the same. */
export function weighClaims(claims: readonly Claim[], alerts: readonly Alert[], story: Summary['story'] = []): Weighed {
  const byEvidence = new Map(alerts.map(alert => [alert.evidence, alert]));
  const byId = new Map(alerts.map(alert => [alert.id, alert]));
  const runs = new Map(runsOf(alerts).map(run => [claimId(run), run]));
  const told = new Set(story.map(({ id }) => id));
  const seen = new Set<string>();
  const weighed = claims
    .filter(({ id, predicate, verdict, citations, basis }) => {
      const isGrounded = verdict.kind === 'verified' && (citations.length > 0 || basis !== undefined);
      // A gap has a row of its own.
      const counts = isGrounded && predicate !== 'coverage_gap' && !seen.has(id);
      seen.add(id);
      return counts;
    })
    .map(claim => {
      const run = runs.get(claim.id);
      if (run === undefined && BESIDE.has(claim.predicate)) return weigh(claim, [], told.has(claim.id));
      const own =
        run === undefined ? citedAlerts(claim, byEvidence) : run.facts.flatMap(({ alert }) => byId.get(alert) ?? []);
      return weigh(claim, own, told.has(claim.id));
    })
    .sort((a, b) => b.salience - a.salience || (a.claim.id < b.claim.id ? -1 : 1));
  return { claims: weighed, rules: rulesOf(alerts, weighed) };
}

function citedAlerts(claim: Claim, byEvidence: ReadonlyMap<Id<'evidence'>, Alert>): readonly Alert[] {
  return [...new Set(claim.citations.map(({ evidence }) => evidence))].flatMap(
    evidence => byEvidence.get(evidence) ?? [],
  );
}

const STORY_SALIENCE = 40;
const SEVERITY_SALIENCE = 10;
const TACTIC_SALIENCE = 5;

function weigh(claim: Claim, own: readonly Alert[], isTold: boolean): WeighedClaim {
  const severity = gravestOf(own);
  const tactics = tacticsOf(own);
  return {
    claim,
    severity,
    tactics,
    techniques: techniquesOf(own),
    rules: [...new Set(own.map(({ rule }) => rule))].sort(),
    isTampering: own.some(alert => tamperingOf(alert) !== undefined),
    isBeside: own.length === 0,
    salience:
      (isTold ? STORY_SALIENCE : 0) +
      (own.length === 0 ? 0 : SEVERITY_SALIENCE * SEVERITY_RANK[severity]) +
      (TELLING.has(claim.predicate) ? TACTIC_SALIENCE : 0) +
      TACTIC_SALIENCE * tactics.length +
      Math.log2(1 + claim.count),
  };
}

function gravestOf(alerts: readonly Alert[]): Severity {
  let gravest: Severity = 'informational';
  for (const { severity } of alerts) {
    const isGraver = SEVERITY_RANK[severity] > SEVERITY_RANK[gravest];
    // Of one rank the word that claims to know less says nothing that the other does not.
    if (isGraver || (SEVERITY_RANK[severity] === SEVERITY_RANK[gravest] && severity < gravest)) gravest = severity;
  }
  return alerts.length === 0 ? 'unknown' : gravest;
}

/** Only tactics that ATT&CK has: what a record writes there may be anything. */
function tacticsOf(alerts: readonly Alert[]): readonly string[] {
  const said = new Set(alerts.flatMap(({ tactics }) => tactics));
  return TACTICS.filter(tactic => said.has(tactic));
}

function techniquesOf(alerts: readonly Alert[]): readonly string[] {
  return [...new Set(alerts.flatMap(({ techniques }) => techniques))].filter(id => TECHNIQUE.test(id)).sort();
}

function rulesOf(alerts: readonly Alert[], claims: readonly WeighedClaim[]): readonly WeighedRule[] {
  const byRule = new Map<string, Alert[]>();
  for (const alert of alerts) {
    const own = byRule.get(alert.rule);
    if (own === undefined) byRule.set(alert.rule, [alert]);
    else own.push(alert);
  }
  const claimsOf = new Map<string, string[]>();
  for (const { claim, rules } of claims)
    for (const rule of rules) claimsOf.set(rule, [...(claimsOf.get(rule) ?? []), claim.id]);
  return [...byRule]
    .map(([rule, own]): WeighedRule => {
      const severity = gravestOf(own);
      const titles = own.filter(alert => alert.severity === severity).map(({ title }) => title);
      return {
        rule,
        title: titles.reduce((a, b) => (b < a ? b : a), titles[0] ?? ''),
        severity,
        tactics: tacticsOf(own),
        techniques: techniquesOf(own),
        isTampering: own.some(alert => tamperingOf(alert) !== undefined),
        claims: claimsOf.get(rule) ?? [],
      };
    })
    .sort((a, b) => SEVERITY_RANK[b.severity] - SEVERITY_RANK[a.severity] || (a.rule < b.rule ? -1 : 1));
}

/** What whoever tells an incident has to name: claims and rules by their own ids. Gaps are always. */
export interface MustTell {
  readonly claims: ReadonlySet<string>;
  /** Told by any of their claims. */
  readonly rules: ReadonlySet<string>;
  /** Of these no verified claim tells what has to be told, so that they are named themselves. */
  readonly unsaid: ReadonlySet<string>;
}

const GRAVE_RANK = SEVERITY_RANK.high;

/**
 * Every high and critical detection, for every tactic its most salient claim, and whatever says that a log or a sensor
 * was tampered with.
 */
export function mustTell({ claims, rules }: Weighed): MustTell {
  const mustClaims = new Set(claims.filter(({ isTampering }) => isTampering).map(({ claim }) => claim.id));
  const grave = rules.filter(({ severity }) => SEVERITY_RANK[severity] >= GRAVE_RANK);
  const unsaid = new Set(grave.filter(({ claims: own }) => own.length === 0).map(({ rule }) => rule));
  for (const { rule, isTampering } of rules) {
    if (isTampering && !claims.some(claim => claim.isTampering && claim.rules.includes(rule))) unsaid.add(rule);
  }
  for (const tactic of new Set(rules.flatMap(({ tactics }) => tactics))) {
    const first = claims.find(({ tactics }) => tactics.includes(tactic));
    if (first !== undefined) mustClaims.add(first.claim.id);
    else for (const { rule } of rules.filter(({ tactics }) => tactics.includes(tactic)).slice(0, 1)) unsaid.add(rule);
  }
  return { claims: mustClaims, rules: new Set(grave.map(({ rule }) => rule)), unsaid };
}
