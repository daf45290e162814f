import { deriveClaims } from '../../core/study/claims/derive.ts';
import { MUTATION_CLASSES, type MutationClass } from '../../core/study/claims/kind.ts';
import { claimKindOf } from '../../core/study/claims/table.ts';
import { createClaimWorld } from '../../core/study/claims/world.ts';
import { extractClaims } from '../../core/study/facts.ts';
import { identify } from '../../core/study/identify.ts';
import { renderClaim } from '../../core/study/render-claim.ts';
import { type ClaimVerifier, createClaimVerifier } from '../../core/study/verify-claim.ts';
import type { Claim } from '../../model/claim.ts';
import { type Incident, tamperedWith } from './corpus.ts';
import type { Numbers } from './numbers.ts';
import { OTHER_MUTATORS } from './other-mutators.ts';
import { createSecondVerifier, type SecondVerifier } from './second-verifier.ts';

/** Of one maker of mutations. */
export interface Caught {
  readonly made: number;
  readonly caught: number;
}

/** What of claims that are true and of claims that were made to lie the verifier says. */
export interface GroundingFigures {
  readonly incidents: number;
  /** Claims that the product makes of these records. */
  readonly claims: number;
  /** Predicates among them. */
  readonly predicates: number;
  /** Of records of which no field is mapped: they cite nothing, so nobody is told. */
  readonly uncited: number;
  /** True claims that were not verified. */
  readonly falseAlarms: number;
  readonly mutations: number;
  readonly caught: number;
  /** `caught` of `mutations`. */
  readonly ratio: number;
  /** Caught by nothing but that the sentence differs. */
  readonly byTextAlone: number;
  readonly byClass: { readonly [C in MutationClass]: Caught };
  /** From each predicate's own generators, and from those that know neither predicates nor verifier. */
  readonly own: Caught;
  readonly other: Caught;
  /** True claims of which one cited field was changed in the raw record: caught by both verifiers. */
  readonly tampered: Caught;
  /** Verified claims that a second implementation recomputed, and those that it says are not true. */
  readonly recomputed: number;
  readonly disagreements: number;
  /** Lies on which the two disagree, either way; of claims that it recomputes in full. */
  readonly disagreementsOnLies: number;
  /** Some that went wrong, in words. */
  readonly examples: readonly string[];
}

const EXAMPLES_MAX = 20;
/** Of the claims that lie, one in so many has its record changed too. */
const TAMPERED_ONE_IN = 8;
/** So many of each predicate in an incident: all there are, so that a lie that happens to be true is known as such. */
const OF_EACH_MAX = 5_000;
const TEXT_ALONE = 'its text is not the one that our template gives';
/** How many claims of an incident lie, and of each so many lies by its own generators and by the others. */
export interface Lies {
  readonly claims: number;
  readonly own: number;
  readonly other: number;
}

interface Tally {
  claims: number;
  uncited: number;
  falseAlarms: number;
  byTextAlone: number;
  recomputed: number;
  disagreements: number;
  disagreementsOnLies: number;
  readonly predicates: Set<string>;
  readonly tampered: { made: number; caught: number };
  readonly byClass: Map<string, { made: number; caught: number }>;
  readonly examples: string[];
}

/** All that the product says of an incident, as claims. */
export function claimsOf({ alerts, read, context }: Incident): readonly Claim[] {
  const told = extractClaims(alerts);
  const world = createClaimWorld(alerts, context, new Map(told.map(claim => [claim.id, claim])));
  return [...told, ...identify(alerts, [], read).map(({ claim }) => claim), ...deriveClaims(world, told, OF_EACH_MAX)];
}

/** Verifies every claim of the incidents, makes each lie, and asks the second verifier the same. */
export function measureGrounding(incidents: readonly Incident[], lies: Lies, numbers: Numbers): GroundingFigures {
  const tally: Tally = {
    claims: 0,
    uncited: 0,
    falseAlarms: 0,
    byTextAlone: 0,
    recomputed: 0,
    disagreements: 0,
    disagreementsOnLies: 0,
    tampered: { made: 0, caught: 0 },
    predicates: new Set(),
    byClass: new Map(),
    examples: [],
  };
  for (const incident of incidents) ofIncident(incident, lies, numbers, tally);
  const sum = (prefix: string): Caught => {
    const some = [...tally.byClass].filter(([key]) => key.startsWith(prefix)).map(([, one]) => one);
    return {
      made: some.reduce((all, { made }) => all + made, 0),
      caught: some.reduce((all, { caught }) => all + caught, 0),
    };
  };
  const [own, other] = [sum('own '), sum('other ')];
  const ofClass = (name: MutationClass): Caught => {
    const [a, b] = [sum(`own ${name}`), sum(`other ${name}`)];
    return { made: a.made + b.made, caught: a.caught + b.caught };
  };
  const mutations = own.made + other.made;
  return {
    incidents: incidents.length,
    claims: tally.claims,
    predicates: tally.predicates.size,
    uncited: tally.uncited,
    falseAlarms: tally.falseAlarms,
    mutations,
    caught: own.caught + other.caught,
    ratio: mutations === 0 ? 0 : (own.caught + other.caught) / mutations,
    byTextAlone: tally.byTextAlone,
    byClass: Object.fromEntries(MUTATION_CLASSES.map(name => [name, ofClass(name)])) as GroundingFigures['byClass'],
    own,
    other,
    tampered: tally.tampered,
    recomputed: tally.recomputed,
    disagreements: tally.disagreements,
    disagreementsOnLies: tally.disagreementsOnLies,
    examples: tally.examples,
  };
}

function ofIncident(incident: Incident, lies: Lies, numbers: Numbers, tally: Tally): void {
  const { name } = incident;
  const { verifier, second } = bothOf(incident);
  const claims = claimsOf(incident);
  const truths = new Set(claims.map(plain));
  const chosen = new Set(some(claims, lies.claims, numbers));
  const note = (text: string): void => {
    if (tally.examples.length < EXAMPLES_MAX) tally.examples.push(`${name}: ${text}`);
  };
  for (const claim of claims) {
    if (claim.citations.length === 0 && claim.basis === undefined) {
      tally.uncited++;
      continue;
    }
    tally.claims++;
    tally.predicates.add(claim.predicate);
    const verdict = verifier.verify(claim);
    if (verdict.kind === 'failed') {
      tally.falseAlarms++;
      note(`false alarm on ${claim.text}: ${verdict.because}`);
      continue;
    }
    tally.recomputed++;
    const because = second(claim);
    if (because !== undefined) {
      tally.disagreements++;
      note(`the second verifier denies ${claim.id} ${claim.text}: ${because}`);
    }
    if (!chosen.has(claim)) continue;
    if (numbers.below(TAMPERED_ONE_IN) === 0) tamper(incident, claim, numbers, tally);
    for (const lie of liesOf(claim, claims, incident, lies, numbers)) {
      if (truths.has(plain(lie.claim))) continue;
      const one = tally.byClass.get(lie.key) ?? { made: 0, caught: 0 };
      tally.byClass.set(lie.key, one);
      one.made++;
      judge(lie, verifier, second, one, tally, note);
    }
  }
}

/** What a claim says, whatever became of it. */
function plain({ verdict: _, roles, ...claim }: Claim): string {
  return JSON.stringify([Object.entries(claim).sort(), Object.entries(roles).sort()]);
}

/** The two verifiers of an incident. */
function bothOf({ alerts, read, context, records }: Incident): { verifier: ClaimVerifier; second: SecondVerifier } {
  const { coverage, history, gaps = [] } = context;
  return {
    verifier: createClaimVerifier(alerts, read, [], context),
    second: createSecondVerifier({ alerts, records, coverage, history, gaps }),
  };
}

/** Changes one cited field of one record, and asks both whether the claim still stands. */
function tamper(incident: Incident, claim: Claim, numbers: Numbers, { tampered, examples }: Tally): void {
  const citation = claim.citations[numbers.below(claim.citations.length)];
  const changed = citation && tamperedWith(incident, citation.evidence, citation.pointer);
  if (changed === undefined) return;
  const { verifier, second } = bothOf(changed);
  tampered.made++;
  if (verifier.verify(claim).kind === 'failed' && second(claim) !== undefined) tampered.caught++;
  else examples.push(`${incident.name}: a changed record was not noticed by both: ${claim.text}`);
}

interface Lie {
  readonly key: string;
  readonly name: string;
  readonly claim: Claim;
}

function judge(
  { claim, name, key }: Lie,
  verifier: ClaimVerifier,
  second: SecondVerifier,
  one: { caught: number },
  tally: Tally,
  note: (text: string) => void,
): void {
  const verdict = verifier.verify(claim);
  const isCaught = verdict.kind === 'failed';
  if (isCaught) one.caught++;
  else note(`not caught (${key}, ${name}): ${claim.id} ${claim.text}`);
  if (isCaught && verdict.because === TEXT_ALONE) tally.byTextAlone++;
  // Who held what is not recomputed in full by the second.
  if (claimKindOf(claim.predicate).from === 'holding') return;
  if ((second(claim) !== undefined) === isCaught) return;
  tally.disagreementsOnLies++;
  note(`the two differ on a lie (${key}, ${name}): ${claim.id} ${claim.text}`);
}

/** A liar tells his lie in our own words, so that no sentence gives it away; but where the sentence is the lie. */
function retold(claim: Claim, lie: Claim): Claim {
  return lie.text === claim.text ? { ...lie, text: renderClaim(lie) } : lie;
}

function* liesOf(
  claim: Claim,
  claims: readonly Claim[],
  { alerts }: Incident,
  lies: Lies,
  numbers: Numbers,
): Generator<Lie> {
  const pick = (below: number): number => numbers.below(below);
  const { mutations } = claimKindOf(claim.predicate);
  for (const { class: ofClass, name, mutate } of some(mutations, lies.own, numbers)) {
    const lie = mutate(claim, { others: claims, pick });
    if (lie !== undefined) yield { key: `own ${ofClass}`, name, claim: retold(claim, lie) };
  }
  for (const { class: ofClass, name, lie: tell } of some(OTHER_MUTATORS, lies.other, numbers)) {
    const lie = tell(claim, alerts, numbers);
    if (lie !== undefined) yield { key: `other ${ofClass}`, name, claim: retold(claim, lie) };
  }
}

/** So many of a list, beginning anywhere; all of it where that is fewer. */
function some<T>(all: readonly T[], count: number, numbers: Numbers): readonly T[] {
  const from = numbers.below(all.length);
  return [...all.slice(from), ...all.slice(0, from)].slice(0, count);
}

/** Claims that one core verifies in a second: once the verifier is made, and with the making of it. */
export function measureSpeed(
  incidents: readonly Incident[],
  rounds: number,
): { claims: number; perSecond: number; withMakingPerSecond: number } {
  const prepared = incidents.map(incident => ({ incident, claims: claimsOf(incident) }));
  let claims = 0;
  let [verifying, making] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    for (const { incident, claims: own } of prepared) {
      // Alerts that nobody has seen yet: what they say is kept with them.
      const alerts = incident.alerts.map(alert => ({ ...alert }));
      const begun = processorMs();
      const verifier = createClaimVerifier(alerts, incident.read, [], incident.context);
      const made = processorMs();
      for (const claim of own) verifier.verify(claim);
      claims += own.length;
      making += made - begun;
      verifying += processorMs() - made;
    }
  }
  const rate = (ms: number): number => Math.round((claims / ms) * 1000);
  return { claims, perSecond: rate(verifying), withMakingPerSecond: rate(verifying + making) };
}

/** Processor time of this process, so that what else runs on the machine does not count. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
