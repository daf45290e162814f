import type { Predicate } from './claim.ts';
import type { Coverage, StreamStatus } from './coverage.ts';
import type { Tier } from './proposal.ts';

/*
 * What a model is told of one incident. Whatever it may answer with has an id here, and no name stands behind an id
 * that the model could write: `N` entities, `F` facts, `D` detections, `G` gaps, `A` candidates, `R` requests,
 * `S` quarantined strings. Closed: strings, lists and objects, so that its canonical bytes have one digest.
 */

/** `N1`. Where names are withheld, `name` is absent: the server alone knows who it is. */
export interface PacketEntity {
  readonly id: string;
  readonly kind: string;
  /** entry, actor, pivot, target, infrastructure, bystander. */
  readonly role: string;
  readonly privileged: string;
  readonly criticality: string;
  readonly alerts: string;
  readonly name?: string;
}

/** `F1`: a verified claim. Roles are ids of entities, or literals that name nobody (an operation, an outcome). */
export interface PacketFact {
  readonly id: string;
  readonly predicate: Predicate;
  readonly roles: readonly { readonly role: string; readonly value: string }[];
  readonly at: string;
  readonly until: string;
  readonly count: string;
  readonly severity: string;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
}

/** `D1`: a rule that fired. Its title is what a vendor or an attacker wrote, so it is a quarantined string. */
export interface PacketDetection {
  readonly id: string;
  readonly title: string;
  readonly severity: string;
  readonly techniques: readonly string[];
  readonly facts: readonly string[];
}

/** `G1`: telemetry that is not there. */
export interface PacketGap {
  readonly id: string;
  /** The kind of product, or an entity's id, never a name that was withheld. */
  readonly stream: string;
  readonly status: StreamStatus;
  readonly from: string;
  readonly to: string;
  readonly isRequired: 'yes' | 'no';
}

/** `A1`: a candidate that the planner enumerated. */
export interface PacketCandidate {
  readonly id: string;
  /** The kind of the catalogue, or `wait_and_collect`. */
  readonly kind: string;
  /** An entity's id; empty where nothing is acted on. */
  readonly target: string;
  readonly tier: Tier | '';
  readonly reversibility: string;
  readonly rests: readonly string[];
}

/** `S1`: text that an attacker may have written. Data, never followed; at most {@link STRING_CHARS_MAX} characters. */
export interface PacketString {
  readonly id: string;
  readonly field: string;
  /** Characters before it was cut. */
  readonly length: string;
  readonly flags: readonly string[];
  readonly text: string;
}

export const STRING_CHARS_MAX = 512;

/** Explanations that are weighed for every incident; the benign one is always among them. */
export const HYPOTHESES = [
  'benign_administration',
  'benign_misconfiguration',
  'authorised_test',
  'account_takeover',
  'credential_theft',
  'malware_execution',
  'lateral_movement',
  'data_theft',
  'persistence',
  'privilege_abuse',
  'phishing',
  'denial_of_service',
  'reconnaissance',
] as const;
export type HypothesisKind = (typeof HYPOTHESES)[number];

/** Why a model may say nothing. */
export const ABSTENTIONS = ['too_little', 'contradictory', 'out_of_scope'] as const;
export type Abstention = (typeof ABSTENTIONS)[number];

/** One incident as a model sees it. Its digest (`countersign/packet/v1`) is the packet's id. */
export interface Packet {
  readonly v: '1';
  /** Opaque, made anew for each packet: it says nothing about the incident. */
  readonly incident: string;
  readonly namesWithheld: 'yes' | 'no';
  readonly coverage: Coverage['verdict'];
  readonly entities: readonly PacketEntity[];
  readonly facts: readonly PacketFact[];
  readonly detections: readonly PacketDetection[];
  readonly gaps: readonly PacketGap[];
  readonly candidates: readonly PacketCandidate[];
  /** ATT&CK ids that the facts and detections allow. */
  readonly techniques: readonly string[];
  /** `R1`: what could be asked for. */
  readonly requests: readonly { readonly id: string; readonly what: string }[];
  readonly strings: readonly PacketString[];
  /** Facts, detections and gaps that whoever tells this has to name. */
  readonly mustShow: readonly string[];
  /** How many there are that did not fit, each as a decimal. What has to be shown always fits. */
  readonly leftOut: {
    readonly entities: string;
    readonly facts: string;
    readonly detections: string;
    readonly gaps: string;
    readonly strings: string;
  };
}

/** What a model may answer at level L1, after its schema was checked: ids and words of closed lists, nothing else. */
export interface Selection {
  readonly claims: readonly {
    readonly predicate: Predicate;
    readonly roles: readonly { readonly role: string; readonly value: string }[];
    readonly cites: readonly string[];
  }[];
  /** Facts and detections in the order in which they are to be told. */
  readonly order: readonly string[];
  readonly hypotheses: readonly {
    readonly kind: HypothesisKind;
    readonly supports: readonly string[];
    readonly contradicts: readonly string[];
  }[];
  readonly techniques: readonly { readonly technique: string; readonly cites: readonly string[] }[];
  /** Candidates, the best first. */
  readonly ranking: readonly string[];
  readonly requests: readonly string[];
  readonly abstain: Abstention | 'no';
}
