import type { Id } from '../../../base/id.ts';
import type { UnixMs } from '../../../base/time.ts';
import type { Alert, AlertField } from '../../../model/alert.ts';
import type { Citation, Claim, ClaimBasis, Gap, Predicate } from '../../../model/claim.ts';
import type { Coverage } from '../../../model/coverage.ts';
import type { OrderJudge } from '../order.ts';
import type { FactIndex } from './fact-index.ts';

/** Ways in which a claim can lie (reference/ai.md 5, goal 6). */
export const MUTATION_CLASSES = [
  'role_swap',
  'wrong_entity',
  'time_shift',
  'count_change',
  'predicate_change',
  'outcome_flip',
  'wrong_citation',
  'absence',
] as const;
export type MutationClass = (typeof MUTATION_CLASSES)[number];

/** What a mutation may draw on: the other true claims of the same incident, and numbers that the caller chooses. */
export interface MutationContext {
  readonly others: readonly Claim[];
  /** A whole number below `below`. */
  readonly pick: (below: number) => number;
}

/** Makes of a true claim one that says something else. Undefined where this claim has nothing to change. */
export interface Mutation {
  readonly class: MutationClass;
  readonly name: string;
  readonly mutate: (claim: Claim, context: MutationContext) => Claim | undefined;
}

/** How often each rule fired before an incident, by day. */
export interface RuleHistory {
  /** Days that it covers, all before the incident. */
  readonly days: number;
  /** The most alerts of the rule on one of these days; undefined where the rule is not known. */
  readonly dailyMaxOf: (rule: string) => number | undefined;
}

/** One role of a fact with the field that it was read from. */
export interface BoundRole {
  readonly role: string;
  /** As recorded. */
  readonly value: string;
  readonly pointer: string;
}

/** What one alert says, before runs are collapsed. */
export interface Fact {
  readonly alert: Id<'alert'>;
  readonly evidence: Id<'evidence'>;
  readonly predicate: Predicate;
  /** Sorted by role name; each role once. */
  readonly roles: readonly BoundRole[];
  /** Undefined where the record does not say. */
  readonly at: UnixMs | undefined;
  readonly until: UnixMs | undefined;
  /** As the record says; undefined where it does not, and where the predicate itself says it. */
  readonly outcome: 'failure' | undefined;
}

/** Of what a claim that no single record states is recomputed. */
export interface ClaimWorld {
  readonly alerts: readonly Alert[];
  readonly index: () => FactIndex;
  /** The claim that the records of this incident give under this id. */
  readonly told: (id: string) => Claim | undefined;
  /** Where in a raw record a text stands as a word of its own, with the text as it stands there. */
  readonly locate:
    | ((evidence: Id<'evidence'>, text: string) => Pick<Citation, 'pointer' | 'value'> | undefined)
    | undefined;
  readonly coverage: Coverage | undefined;
  readonly gaps: readonly Gap[];
  readonly history: RuleHistory | undefined;
  readonly judge: OrderJudge | undefined;
  /** What a person calls a predicate. */
  readonly nounOf: (predicate: string) => string | undefined;
}

/** What a claim is recomputed from: where it points, never what it says. */
export type Asked = Pick<Claim, 'id' | 'roles' | 'at' | 'until'>;

/** What a claim says, but for its text and its verdict. */
export type Told = Pick<Claim, 'id' | 'predicate' | 'roles' | 'at' | 'until' | 'count' | 'citations'> & {
  readonly outcome?: 'failure';
  readonly basis?: ClaimBasis;
};

/**
 * What there is to know of one predicate. `template`: `{role}` is filled from the claim; a part in brackets falls away
 * with any role that it names and the claim lacks, or gives way to the next of its alternatives.
 */
export interface ClaimKind {
  readonly predicate: Predicate;
  /** Whether a record states it, whether records of who held what do, or whether we work it out. */
  readonly from: 'record' | 'holding' | 'computed';
  readonly template: string;
  /** What a person calls it. */
  readonly noun: string;
  /** Roles that a claim of it may have. */
  readonly roles: readonly string[];
  /** Roles that are read from these fields for this predicate alone. */
  readonly own: readonly (readonly [role: string, field: AlertField])[];
  /** True where it is an act that can fail. Then a failure is part of the claim and of its sentence. */
  readonly isAct: boolean;
  /** The fields that make a record say this; read again from each cited record. */
  readonly decisive: readonly AlertField[];
  /** For what we work out: the claim that the evidence gives in place of this one, or why it gives none. */
  readonly recompute: ((claim: Asked, world: ClaimWorld) => Told | string) | undefined;
  readonly mutations: readonly Mutation[];
}
