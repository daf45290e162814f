import type { Digest } from '../base/canonical.ts';
import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { EntityKind, MachineKind } from './alert.ts';
import type { EntityResolution } from './binding.ts';
import type { Coverage } from './coverage.ts';
import type { Explained, GateVerdict } from './explained.ts';
import type { OptionHistory } from './history.ts';
import type { JoinReason } from './incident.ts';
import type { HypothesisKind } from './packet.ts';
import type { Tier } from './proposal.ts';

/** What a fact says. Each has one template and one way to be recomputed from its evidence (reference/ai.md 3.4). */
export type Predicate =
  | 'auth_failed'
  | 'auth_succeeded'
  | 'mfa_changed'
  | 'role_assigned'
  | 'credential_created'
  | 'consent_granted'
  | 'session_revoked'
  | 'process_started'
  | 'script_executed'
  | 'file_written'
  | 'file_deleted'
  | 'registry_set'
  | 'service_installed'
  | 'task_created'
  | 'net_connected'
  | 'dns_queried'
  | 'http_requested'
  | 'email_received'
  | 'email_clicked'
  | 'forward_rule_set'
  | 'cloud_api_called'
  | 'storage_accessed'
  | 'database_accessed'
  | 'detection_fired'
  | 'blocked'
  | 'allowed'
  | 'ioc_matched'
  | 'first_seen'
  | 'last_seen'
  | 'count_is'
  | 'before'
  | 'technique_of'
  | 'baseline_deviation'
  | 'same_as'
  | 'address_leased'
  | 'address_reported'
  | 'seen_from'
  | 'signed_in_from'
  | 'signed_in_on'
  | 'name_answered'
  | 'coverage_gap'
  | 'not_observed';

/** Where a statement comes from: a field of a raw record, by pointer, with the value that stands there. */
export interface Citation {
  readonly evidence: Id<'evidence'>;
  /** RFC 6901 into the raw record, or `line` for a text record. */
  readonly pointer: string;
  readonly value: string;
}

/**
 * Who could have written what stands in a field: `attacker` whoever acts (a command, a file's name, an address of a
 * page, the name that somebody typed), `product` the product by itself (a rule, a sensor's host, a time), `ours` we.
 */
export type Trust = 'attacker' | 'product' | 'ours';

/** A citation in full: by which code it was read, from which characters, and who could have written them. */
export interface Provenance extends Citation {
  /** The roles of the claim that the value fills; empty for what supports it without filling one. */
  readonly roles: readonly string[];
  /** `okta+facts`: the source that mapped the field, and what read the fact off it. */
  readonly extractor: string;
  readonly version: string;
  /** UTF-16 units within the field's text, where the value is a part of it; undefined where it is the whole field. */
  readonly span: { readonly start: number; readonly end: number } | undefined;
  readonly trust: Trust;
}

/** What a claim rests on where that is no record: what we computed, by digest, so that it can be computed again. */
export type ClaimBasis =
  | { readonly kind: 'coverage'; readonly digest: Digest }
  /** `coverage` is the share of expected streams that was heard, in per cent. */
  | { readonly kind: 'query'; readonly digest: Digest; readonly coverage: number }
  | { readonly kind: 'history'; readonly digest: Digest };

/** A typed, role-bound statement. Every role's value is read from a cited field. */
export interface Claim {
  readonly id: string;
  readonly predicate: Predicate;
  /** Role → value (actor, target, host, source_ip, tool, rule, count …). */
  readonly roles: { readonly [role: string]: string };
  readonly at: UnixMs | undefined;
  readonly until: UnixMs | undefined;
  /** How many alerts say so; runs are collapsed. */
  readonly count: number;
  /** It was tried, and the records say that it failed. Absent where it succeeded, and where they do not say. */
  readonly outcome?: 'failure';
  /** Absent where the cited records are all that it rests on. */
  readonly basis?: ClaimBasis;
  readonly citations: readonly Citation[];
  /** Rendered by our template from the roles; never written by a model. */
  readonly text: string;
  readonly verdict: ClaimVerdict;
}

/** `verified` was recomputed from the cited bytes. What failed is shown as failed and supports nothing. */
export type ClaimVerdict = { readonly kind: 'verified' } | { readonly kind: 'failed'; readonly because: string };

export interface Gap {
  readonly stream: string;
  readonly from: UnixMs;
  readonly to: UnixMs;
  readonly isRequired: boolean;
  readonly because: string;
}

export interface EntityInvolved {
  readonly key: string;
  readonly kind: string;
  readonly label: string;
  /** entry, pivot, target, actor, infrastructure, bystander: with the reason. */
  readonly role: 'entry' | 'pivot' | 'target' | 'actor' | 'infrastructure' | 'bystander';
  readonly because: string;
  readonly alertCount: number;
  readonly firstSeen: UnixMs;
  readonly lastSeen: UnixMs;
  /** The alerts that say so, by time; of many the first ones. */
  readonly saidBy: readonly { readonly alert: Id<'alert'>; readonly evidence: Id<'evidence'> }[];
  /** What puts the role in doubt, where something does. */
  readonly doubt?: string;
  /** Of a machine identity its kind. */
  readonly machine?: MachineKind;
  /** Who held it then, or whom it led to. Absent where no record says. It never makes a target. */
  readonly resolution?: EntityResolution;
  readonly inventory:
    | {
        readonly name: string;
        readonly privileged: string;
        readonly criticality: string;
        readonly isMachine: boolean;
        readonly owner: string;
      }
    | undefined;
}

/** A line of the story: a claim, the attack's stages that its alerts stand in, and what is told with it. */
export interface StoryLine extends Claim {
  /** ATT&CK tactics in the order of the matrix; absent where no record and no technique says one. */
  readonly tactics?: readonly string[];
  /** Further claims that have to be told and have no line of their own, by time. They tell nothing in turn. */
  readonly also?: readonly StoryLine[];
}

/** Why alerts of the incident stand in it together: what they have in common, as a person reads it. */
export interface JoinTold {
  readonly kind: JoinReason['kind'];
  readonly text: string;
  /** Joins that it is the reason of. */
  readonly count: number;
  /** The first alerts that were joined by it. */
  readonly alerts: readonly { readonly alert: Id<'alert'>; readonly evidence: Id<'evidence'> }[];
}

/** A search that could change the picture, ready to be run. */
export interface NextQuery {
  /** What it would show. */
  readonly text: string;
  /** For `GET /api/v1/search?q=`. */
  readonly query: string;
}

/** The deterministic summary. It has no form without its coverage. */
export interface Summary {
  readonly v: '1';
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
  readonly headline: Claim;
  /** At most twelve lines, by time. */
  readonly story: readonly StoryLine[];
  readonly entities: readonly EntityInvolved[];
  /** Who held which address, account or name meanwhile, as far as records say; what the entities' resolutions rest on. */
  readonly identified: readonly Claim[];
  readonly window: { readonly from: UnixMs; readonly to: UnixMs };
  readonly alertCount: number;
  /** What is known to be missing. */
  readonly missing: readonly string[];
  readonly wouldChange: readonly string[];
  /** The best question first. */
  readonly next?: readonly NextQuery[];
  /** Why these alerts are one incident, the strongest reason first. Absent where that was not asked. */
  readonly joins?: readonly JoinTold[];
  readonly digest: Digest;
}

/**
 * A response option. `wait_and_collect` is always among them. `advice` fits the incident, and nothing here can do it: it
 * says where a person does.
 */
export interface ResponseOption {
  readonly id: string;
  readonly kind: 'wait_and_collect' | 'act' | 'advice';
  readonly title: string;
  /** For `act`. */
  readonly responder: string | undefined;
  readonly operation: string | undefined;
  readonly system: string | undefined;
  readonly targetName: string | undefined;
  readonly effect: string;
  readonly blastUnknown: readonly string[];
  readonly blastKnown: readonly string[];
  readonly undo: string;
  readonly residue: readonly string[];
  readonly costOfWaiting: string;
  /** The claims that it rests on, by id; never empty for `act` and `advice`. */
  readonly claims: readonly string[];
  readonly citations: readonly Citation[];
  /** The kind of the catalogue; absent where it is of none. */
  readonly catalogueKind?: string;
  /** What it does not stop, and under which explanations it is right and wrong. */
  readonly tradeOffs?: TradeOffs;
  /** For `act`: the tier that a proposal of it has at least. */
  readonly expectedTier?: Tier;
  /** For `act`: the leases that it may be proposed with, in hours. Absent where it may have none. */
  readonly leaseHours?: readonly number[];
  /** For `act`: how well it is explained. Absent counts as not at all. */
  readonly explained?: Explained;
  /** For `act`: what the gate says for the expected tier; the server asks it again for the tier that it gets. */
  readonly gate?: GateVerdict;
  /** For `act`: what became of proposals like it. */
  readonly history?: OptionHistory;
}

/** Hypotheses by id, in the order of their list. */
export interface TradeOffs {
  readonly doesNotStop: readonly string[];
  readonly rightUnder: readonly HypothesisKind[];
  readonly wrongUnder: readonly HypothesisKind[];
}

export interface TimelineEntry {
  readonly alert: Id<'alert'>;
  readonly evidence: Id<'evidence'>;
  readonly time: UnixMs;
  readonly heard: UnixMs;
  readonly isTimeAssumed: boolean;
  readonly source: string;
  /** The product that raised it, as recorded; the source where the record names none. */
  readonly product: string;
  readonly severity: string;
  readonly text: string;
  /** What else stands in its mapped fields, and the techniques that it states: commands, files, digests, addresses. */
  readonly names?: readonly { readonly kind: EntityKind | 'technique'; readonly label: string }[];
  /** Who held its addresses at that moment, with every candidate. */
  readonly who?: readonly string[];
  /** How far the clock of its product is off, where that matters. */
  readonly skew?: string;
  /** An entry before it that may in truth have come after it. The order shown is that of the recorded times. */
  readonly order?: { readonly with: Id<'alert'>; readonly isLikelyReversed: boolean; readonly text: string };
  /** Its time cannot be meant, or is ahead of ours. Off the axis it stands in a group of its own. */
  readonly clockFault?: { readonly kind: 'ahead' | 'long_ago'; readonly isOffAxis: boolean; readonly text: string };
}
