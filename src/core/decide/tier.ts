import { type CoverageVerdict, stricter, type Tier, type TierReason } from '../../model/proposal.ts';
import type { EffectClass, Reversibility, TargetMark } from '../../ports/responder.ts';
import { ACTS_OF_A_KIND_MAX, KIND_FLOORS, kindFloor, TELEMETRY_FREE_KINDS } from './kinds.ts';
import { QUORUM_TABLE } from './quorum.ts';

/** A mark that may not be known. Unknown ranks with the worst. */
export type Known = 'yes' | 'no' | 'unknown';

/** Everything that a tier rests on. There is no confidence, no severity and no text in it. */
export interface TierFacts {
  /** What the operation declares itself to be. One that the table of kinds does not hold is never done. */
  readonly kind: string;
  readonly touches: EffectClass;
  readonly reversibility: Reversibility;
  /** Of the target: live read and signed inventory together, the worse of the two. */
  readonly isPrivileged: Known;
  readonly isMachine: Known;
  readonly isCritical: Known;
  readonly isLastAdministrator: boolean;
  readonly isOwnIdentity: boolean;
  /** What a live read of the target shows besides. */
  readonly marks: readonly TargetMark[];
  /** Acts of this kind that executors began of late, on whatever target. */
  readonly actsOfLate: number;
  /** Whether everything that rests on the target is known. */
  readonly dependentsKnown: boolean;
  readonly coverage: CoverageVerdict;
  readonly hasRequiredGap: boolean;
  /** The tier of the act that this one undoes; undefined where it undoes nothing. */
  readonly undoesTier: Tier | undefined;
  /** The least tier that this installation's policy asks for. */
  readonly policyFloor: Tier | undefined;
}

interface Rule {
  readonly tier: Tier;
  readonly because: TierReason;
  readonly applies: (facts: TierFacts) => boolean;
}

/**
 * Strictest first. Every rule that applies is reported, and the strictest decides.
 * This is the floor: policies may only be stricter.
 */
const RULES: readonly Rule[] = [
  { tier: 'TX', because: 'kind_unknown', applies: facts => kindFloor(facts.kind) === 'unknown' },
  { tier: 'TX', because: 'not_expressible', applies: facts => kindFloor(facts.kind) === 'notice' },
  { tier: 'TX', because: 'own_identity', applies: facts => facts.isOwnIdentity },
  { tier: 'TX', because: 'last_administrator', applies: facts => facts.isLastAdministrator },
  { tier: 'TX', because: 'audit_rule', applies: facts => facts.marks.includes('audit_rule') },
  { tier: 'T3', because: 'privileged_target', applies: facts => facts.isPrivileged === 'yes' },
  { tier: 'T3', because: 'machine_identity', applies: facts => facts.isMachine === 'yes' },
  { tier: 'T3', because: 'business_critical', applies: facts => facts.isCritical === 'yes' },
  {
    tier: 'T3',
    because: 'target_class_unknown',
    applies: facts =>
      facts.isPrivileged === 'unknown' || facts.isMachine === 'unknown' || facts.isCritical === 'unknown',
  },
  { tier: 'T3', because: 'dependents_unknown', applies: facts => !facts.dependentsKnown },
  {
    tier: 'T3',
    because: 'required_telemetry_missing',
    applies: facts => facts.hasRequiredGap && restsOnTelemetry(facts),
  },
  {
    tier: 'T3',
    because: 'coverage_unknown',
    // That none is needed is believed of the few kinds that need none, whatever else says so.
    applies: facts => (facts.coverage === 'unknown' || facts.coverage === 'not_needed') && restsOnTelemetry(facts),
  },
  { tier: 'T3', because: 'cannot_be_undone', applies: facts => facts.reversibility === 'irreversible' },
  { tier: 'T3', because: 'undoes_two_person_act', applies: facts => facts.undoesTier === 'T3' },
  { tier: 'T3', because: 'containment_open', applies: facts => facts.marks.includes('containment_open') },
  { tier: 'T3', because: 'grave_rule', applies: facts => facts.marks.includes('grave_rule') },
  { tier: 'T3', because: 'wide_scope', applies: facts => facts.marks.includes('wide_scope') },
  {
    tier: 'T3',
    because: 'many_of_late',
    applies: facts => facts.touches !== 'own' && facts.actsOfLate >= ACTS_OF_A_KIND_MAX,
  },
  { tier: 'T3', because: 'kind_takes_two_people', applies: facts => kindFloor(facts.kind) === 'T3' },
  { tier: 'T2', because: 'kind_takes_a_responder', applies: facts => kindFloor(facts.kind) === 'T2' },
  { tier: 'T2', because: 'undoes_reviewed_act', applies: facts => facts.undoesTier === 'T2' },
  { tier: 'T2', because: 'severe_incident', applies: facts => facts.marks.includes('severe_incident') },
  { tier: 'T2', because: 'changes_identity', applies: facts => facts.touches === 'identity' },
  { tier: 'T2', because: 'changes_access', applies: facts => facts.touches === 'access' },
  { tier: 'T3', because: 'changes_production', applies: facts => facts.touches === 'production' },
];

function restsOnTelemetry({ kind }: TierFacts): boolean {
  return !TELEMETRY_FREE_KINDS.includes(kind);
}

/** Raised whenever a rule means something else than before, also where its tier and its reason stay. */
const TIER_RULES_VERSION = '12';

/**
 * The rules as data, for the digest that a review signs: with another version, rule or row, what was approved before
 * is stale and has to be looked at again.
 */
export const TIER_TABLE = {
  version: TIER_RULES_VERSION,
  rules: RULES.map(({ tier, because }) => ({ tier, because })),
  kinds: KIND_FLOORS,
  actsOfAKindMax: String(ACTS_OF_A_KIND_MAX),
  seats: QUORUM_TABLE,
} as const;

/** The tier of an act and every reason for it. Pure; never below T1, and never below the policy's floor. */
export function tierOf(facts: TierFacts): { readonly tier: Tier; readonly reasons: readonly TierReason[] } {
  const applying = RULES.filter(rule => rule.applies(facts));
  const byCode = applying.reduce<Tier>((tier, rule) => stricter(tier, rule.tier), 'T1');
  const reasons = [...applying].sort((a, b) => b.tier.localeCompare(a.tier)).map(rule => rule.because);
  if (facts.policyFloor !== undefined && stricter(byCode, facts.policyFloor) !== byCode) {
    return { tier: facts.policyFloor, reasons: ['policy_is_stricter', ...reasons] };
  }
  return { tier: byCode, reasons };
}

/** Of two marks, the one that asks for more care. */
export function worse(a: Known, b: Known): Known {
  if (a === 'yes' || b === 'yes') return 'yes';
  return a === 'unknown' || b === 'unknown' ? 'unknown' : 'no';
}
