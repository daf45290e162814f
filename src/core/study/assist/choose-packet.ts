import type { Claim, Gap } from '../../../model/claim.ts';
import { createSubjects, type Subject, type Subjects } from './name-subjects.ts';
import { gapId } from './own-ids.ts';
import type { PacketInput } from './packet.ts';
import { mustTell, type Weighed, type WeighedClaim, type WeighedRule, weighClaims } from './weigh-facts.ts';

/** What of an incident goes into its packet, before anything has an id. */
export interface Choice {
  readonly weighed: Weighed;
  readonly subjects: Subjects;
  /** By time. */
  readonly facts: readonly WeighedClaim[];
  /** The gravest first. */
  readonly rules: readonly WeighedRule[];
  /** Required ones first. */
  readonly gaps: readonly Gap[];
  readonly unlistedGaps: readonly Gap[];
  readonly mustClaims: ReadonlySet<string>;
  readonly mustRules: ReadonlySet<string>;
  /** Among them those that are named whatever is told of them. */
  readonly unsaidRules: ReadonlySet<string>;
  /** Entities that something listed names, by key. */
  readonly involved: ReadonlyMap<string, Subject>;
  /** Entities of the summary that found no room. */
  readonly entitiesLeftOut: number;
  /** What is left for quarantined strings. */
  readonly bytesLeft: number;
}

/** Three thousand tokens at four bytes each: with prompt and schema below four thousand for most incidents. */
export const PACKET_BYTES_TARGET = 12_000;
/** Gaps that are listed beyond those that are required. */
const GAPS_LISTED_MAX = 24;
/** Entities of the summary that are listed though no listed fact names them. */
const BYSTANDERS_MAX = 12;
/** Facts that say what stands beside the alerts. */
const BESIDE_MAX = 16;
/** Of what a packet may take, what strings may take at most. */
const STRINGS_SHARE = 0.2;

/** What rows take, in bytes, about: the choice has to be the same each time, not exact. */
const BYTES = { envelope: 600, fact: 150, role: 38, detection: 110, entity: 120, gap: 130, candidate: 130, word: 16 };

export function choosePacket(input: PacketInput): Choice {
  const subjects = createSubjects(input);
  const weighed = weighClaims([...input.claims, ...input.summary.identified], input.alerts, input.summary.story);
  const must = mustTell(weighed);
  const mustRules = new Set([...must.rules, ...must.unsaid]);
  const mustClaims = withOneFor(must.rules, must.claims, weighed);
  const [gaps, unlistedGaps] = chooseGaps(input.gaps);
  const target = input.bytesTarget ?? PACKET_BYTES_TARGET;
  const forStrings = input.strings === true ? target * STRINGS_SHARE : 0;
  const taken = new Taken(subjects, target - forStrings);
  taken.pay(BYTES.envelope + gaps.length * BYTES.gap + input.options.length * BYTES.candidate);
  for (const option of input.options) taken.involve(subjects.ofOption(option));
  for (const gap of gaps) taken.involve(hostOf(gap, subjects));
  for (const rule of weighed.rules) if (mustRules.has(rule.rule)) taken.takeRule(rule);
  for (const fact of weighed.claims) if (mustClaims.has(fact.claim.id)) taken.takeFact(fact);
  fill(taken, weighed);
  const bystanders = input.summary.entities.filter(({ key }) => !taken.involved.has(key));
  for (const { key, label, kind } of bystanders.slice(0, BYSTANDERS_MAX))
    if (taken.hasRoomFor(BYTES.entity)) taken.involve({ key, label, kind });
  return {
    weighed,
    subjects,
    facts: [...taken.facts].sort((a, b) => timeOf(a.claim) - timeOf(b.claim) || (a.claim.id < b.claim.id ? -1 : 1)),
    rules: weighed.rules.filter(rule => taken.rules.has(rule)),
    gaps,
    unlistedGaps,
    mustClaims: must.claims,
    mustRules,
    unsaidRules: must.unsaid,
    involved: taken.involved,
    entitiesLeftOut: bystanders.filter(({ key }) => !taken.involved.has(key)).length,
    bytesLeft: forStrings === 0 ? 0 : Math.max(0, taken.left) + forStrings,
  };
}

/** The most salient facts as far as there is room, then the detections that they tell of. */
function fill(taken: Taken, weighed: Weighed): void {
  let beside = 0;
  for (const fact of weighed.claims) {
    if (taken.facts.has(fact) || (fact.isBeside && beside++ >= BESIDE_MAX)) continue;
    if (!taken.hasRoomFor(bytesOf(fact) + BYTES.entity)) break;
    taken.takeFact(fact);
  }
  const told = new Set([...taken.facts].flatMap(fact => fact.rules));
  for (const rule of weighed.rules)
    if (!taken.rules.has(rule) && told.has(rule.rule) && taken.hasRoomFor(BYTES.detection)) taken.takeRule(rule);
}

/** What was taken so far, with whom it involves and what room is left. */
class Taken {
  readonly involved = new Map<string, Subject>();
  readonly rules = new Set<WeighedRule>();
  readonly facts = new Set<WeighedClaim>();
  left: number;
  private readonly subjects: Subjects;

  constructor(subjects: Subjects, bytes: number) {
    this.subjects = subjects;
    this.left = bytes;
  }

  pay(bytes: number): void {
    this.left -= bytes;
  }

  hasRoomFor(bytes: number): boolean {
    return this.left >= bytes;
  }

  involve(subject: Subject | undefined): void {
    if (subject === undefined || this.involved.has(subject.key)) return;
    this.involved.set(subject.key, subject);
    this.pay(BYTES.entity);
  }

  takeRule(rule: WeighedRule): void {
    this.rules.add(rule);
    this.pay(BYTES.detection + rule.techniques.length * BYTES.word);
  }

  takeFact(fact: WeighedClaim): void {
    this.facts.add(fact);
    this.pay(bytesOf(fact));
    for (const subject of subjectsOf(fact.claim, this.subjects)) this.involve(subject);
  }
}

/** A detection that has to be named can be cited only through a claim: of each the most salient goes along. */
function withOneFor(rules: ReadonlySet<string>, claims: ReadonlySet<string>, weighed: Weighed): ReadonlySet<string> {
  const all = new Set(claims);
  for (const { rule, claims: own } of weighed.rules) {
    const [first] = own;
    if (rules.has(rule) && first !== undefined && !own.some(id => all.has(id))) all.add(first);
  }
  return all;
}

function chooseGaps(gaps: readonly Gap[]): readonly [readonly Gap[], readonly Gap[]] {
  const once = [...new Map(gaps.map(gap => [gapId(gap), gap])).values()].sort(
    (a, b) => Number(b.isRequired) - Number(a.isRequired) || a.from - b.from || (gapId(a) < gapId(b) ? -1 : 1),
  );
  const required = once.filter(({ isRequired }) => isRequired).length;
  const listed = once.slice(0, required + GAPS_LISTED_MAX);
  return [listed, once.slice(listed.length)];
}

/** The host whose telemetry is missing; undefined where it is a whole product's. */
export function hostOf({ stream }: Pick<Gap, 'stream'>, subjects: Subjects): Subject | undefined {
  const host = stream.slice(0, stream.indexOf('|'));
  return host === '' || host === '*' ? undefined : subjects.ofHost(host);
}

function subjectsOf(claim: Claim, subjects: Subjects): readonly (Subject | undefined)[] {
  return Object.entries(claim.roles).map(([role, value]) => subjects.ofRole(claim, role, value));
}

function bytesOf({ claim, techniques, tactics }: WeighedClaim): number {
  return BYTES.fact + Object.keys(claim.roles).length * BYTES.role + (techniques.length + tactics.length) * BYTES.word;
}

function timeOf({ at }: Claim): number {
  return at ?? Number.MAX_SAFE_INTEGER;
}
