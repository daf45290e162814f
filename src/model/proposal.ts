import type { Digest } from '../base/canonical.ts';
import type { Id } from '../base/id.ts';
import type { Slot } from './quorum.ts';

/** How strictly an act is reviewed. TX is never done, whoever asks. */
export type Tier = 'T1' | 'T2' | 'T3' | 'TX';

export const TIER_RANK: { readonly [T in Tier]: number } = { T1: 1, T2: 2, T3: 3, TX: 4 };

export function stricter(a: Tier, b: Tier): Tier {
  return TIER_RANK[a] >= TIER_RANK[b] ? a : b;
}

/** What is acted on in other systems. */
export const OUTSIDE_TYPES = [
  'database_role',
  'ldap_account',
  'redis_user',
  'mcp_tool',
  'host',
  'domain',
  'scim_user',
  'oauth_token',
  'webhook_target',
  'saas_user',
  'saas_app',
  'saas_key',
  'http_route',
  'ip_address',
  'ad_account',
  'job',
  'mail_message',
  'ticket',
  'ssh_certificate',
] as const;

/** Objects of this installation itself. They stand in no inventory: what they are is read where they are. */
export const OWN_TYPES = ['incident', 'prompt', 'policy', 'rule', 'upstream', 'playbook'] as const;

/** The system by whose name this installation's own objects are acted on. No other system may bear it. */
export const OWN_SYSTEM = 'countersign';

/** Whether an act on this changes nothing but what this installation keeps. */
export function isOwnTarget(target: Pick<Target, 'type' | 'system'>): boolean {
  return target.system === OWN_SYSTEM && (OWN_TYPES as readonly string[]).includes(target.type);
}

/** What is being acted on, by the target system's own immutable id (an oid, an entryUUID), never by a name alone. */
export interface Target {
  readonly type: (typeof OUTSIDE_TYPES)[number] | (typeof OWN_TYPES)[number];
  /** Which system, by its configured name: `orders-db`. */
  readonly system: string;
  readonly immutableId: string;
}

/** A state of the target that the act rests on: checked when planned, when started and just before the write. */
export interface Precondition {
  readonly path: string;
  readonly value: string;
}

/**
 * Exactly what would be done. Closed: strings only, every member present. Its digest is what people sign and what
 * the executor recomputes from the bytes that it is about to send.
 */
export interface Act {
  readonly v: '1';
  readonly tenant: string;
  readonly proposal: Id<'proposal'>;
  readonly revision: string;
  readonly responder: string;
  readonly operation: string;
  readonly operationVersion: string;
  readonly target: Target;
  readonly params: { readonly [name: string]: string };
  /** Sorted by path. */
  readonly preconditions: readonly Precondition[];
  readonly planDigest: Digest;
  /** `none`, or the operation that undoes this one. */
  readonly undoOperation: string;
  /** The execution that this act undoes, or the empty string. */
  readonly undoes: string;
  /** Decimal seconds from approval within which it may start. */
  readonly startWithinSeconds: string;
  /** RFC 3339: when people are asked to release what it contains. Absent where it has no lease. */
  readonly leaseEndsAt?: string;
  /**
   * 32 bytes in hex, so that no digest of guessable fields stands alone. Made from 64 random ones and from what the revision is: see `seal.ts`.
   */
  readonly salt: string;
}

export type ProposalState =
  | 'drafted'
  | 'denied'
  | 'in_review'
  | 'approved'
  | 'rejected'
  | 'revoked'
  | 'expired'
  | 'withdrawn'
  | 'superseded'
  | 'emergency'
  | 'checking'
  | 'refused'
  | 'stale'
  | 'executing'
  | 'succeeded'
  | 'failed'
  | 'in_doubt'
  | 'not_in_effect'
  | 'verified'
  | 'undone';

/**
 * Every move that there is. INVARIANT: the only edge into `executing` comes from `checking`, and the only edges
 * into `checking` come from `approved` and `emergency`. A test walks this table.
 */
export const MOVES = {
  drafted: { deny: 'denied', submit: 'in_review' },
  denied: {},
  in_review: {
    approve: 'approved',
    reject: 'rejected',
    lapse: 'expired',
    withdraw: 'withdrawn',
    supersede: 'superseded',
    break_glass: 'emergency',
  },
  approved: { start: 'checking', revoke: 'revoked', lapse: 'expired', withdraw: 'withdrawn', supersede: 'superseded' },
  emergency: { start: 'checking', lapse: 'expired', reject: 'rejected', revoke: 'revoked' },
  rejected: {},
  revoked: {},
  expired: {},
  withdrawn: {},
  superseded: {},
  checking: { intend: 'executing', refuse: 'refused', go_stale: 'stale' },
  refused: {},
  stale: {},
  executing: { succeed: 'succeeded', fail: 'failed', lose_track: 'in_doubt' },
  in_doubt: { succeed: 'succeeded', fail: 'failed' },
  succeeded: { verify: 'verified', find_no_effect: 'not_in_effect' },
  not_in_effect: { verify: 'verified', fail: 'failed' },
  verified: { undo: 'undone' },
  failed: {},
  undone: {},
} as const satisfies Record<ProposalState, { readonly [move: string]: ProposalState }>;

/** Who or what first asked for the act. Only a person has a say afterwards; see `contributors`. */
export type Origin =
  | { readonly kind: 'option'; readonly option: string; readonly chosenBy: Id<'person'> }
  | { readonly kind: 'person'; readonly by: Id<'person'> }
  | { readonly kind: 'undo'; readonly of: Id<'execution'>; readonly chosenBy: Id<'person'> }
  /** The installation by itself, because a lease ended. No person stands behind it. */
  | { readonly kind: 'lease'; readonly of: Id<'execution'> }
  | { readonly kind: 'ai'; readonly run: string; readonly askedBy: Id<'person'> }
  /** A program with a token of its own, for the person who answers for it. `option` is empty where it chose none. */
  | { readonly kind: 'agent'; readonly agent: Id<'machine'>; readonly option: string; readonly askedBy: Id<'person'> }
  /** A human step of a run, for the person who started it. `option` is empty where it chose none. */
  | {
      readonly kind: 'playbook';
      readonly run: Id<'run'>;
      readonly step: string;
      readonly option: string;
      readonly askedBy: Id<'person'>;
    };

/** The person who stands behind a proposal, whatever made it; undefined where the installation did by itself. */
export function askerOf(origin: Origin): Id<'person'> | undefined {
  switch (origin.kind) {
    case 'option':
    case 'undo':
      return origin.chosenBy;
    case 'person':
      return origin.by;
    case 'lease':
      return undefined;
    case 'ai':
    case 'agent':
    case 'playbook':
      return origin.askedBy;
  }
}

/**
 * Everything that was shown to the reviewer, as data that the server rendered from evidence. Closed. Its digest is
 * signed with the review; the page shows this and nothing else about the act.
 */
export interface Presentation {
  readonly v: '1';
  /** One sentence: exactly what will happen, written by a template. */
  readonly sentence: string;
  readonly targetName: string;
  readonly changes: readonly { readonly path: string; readonly from: string; readonly to: string }[];
  readonly tier: Tier;
  readonly reasons: readonly TierReason[];
  readonly coverage: {
    readonly status: CoverageVerdict;
    readonly gaps: readonly {
      readonly stream: string;
      readonly from: string;
      readonly to: string;
      readonly required: boolean;
    }[];
  };
  readonly blast: {
    readonly direct: readonly string[];
    readonly dependents: readonly string[];
    readonly unknown: readonly string[];
  };
  readonly undo: {
    readonly operation: string;
    readonly sentence: string;
    readonly residue: readonly string[];
    /** How far the undo goes; absent in what earlier versions made. */
    readonly reversibility?: 'exact' | 'compensating' | 'irreversible';
    /**
     * What came of planning the undo before the act: what it takes back, what it leaves otherwise than it was, and what stands in
     * its way. `not_read` where it could not be planned. Absent where nothing undoes it, or it is about this installation.
     */
    readonly check?: {
      readonly verdict: 'planned' | 'obstructed' | 'not_read';
      readonly brings: readonly { readonly path: string; readonly from: string; readonly to: string }[];
      readonly leaves: readonly string[];
      readonly obstacles: readonly string[];
    };
  };
  /** When its lease ends, and what that means. Absent where it has none. */
  readonly lease?: { readonly endsAt: string; readonly sentence: string };
  readonly evidence: readonly {
    readonly id: Id<'evidence'>;
    readonly sha256: string;
    readonly pointer: string;
    readonly value: string;
    readonly says: string;
  }[];
  readonly refusals: readonly string[];
  readonly dryRun: 'native' | 'predicted';
  /** The seats of its quorum, where the inventory names somebody for one; absent where it names nobody. */
  readonly seats?: readonly { readonly slot: Slot; readonly people: readonly Id<'person'>[] }[];
}

/** `not_needed`: the act rests on no telemetry at all, which only a few kinds may say of themselves. */
export type CoverageVerdict = 'complete' | 'gaps' | 'unknown' | 'not_needed';

/** Why a tier is what it is. Every reason that applies is reported, strictest first. */
export type TierReason =
  | 'not_expressible'
  | 'last_administrator'
  | 'own_identity'
  | 'privileged_target'
  | 'machine_identity'
  | 'business_critical'
  | 'target_class_unknown'
  | 'dependents_unknown'
  | 'required_telemetry_missing'
  | 'coverage_unknown'
  | 'cannot_be_undone'
  | 'undoes_two_person_act'
  | 'undoes_reviewed_act'
  | 'policy_is_stricter'
  | 'kind_unknown'
  | 'kind_takes_two_people'
  | 'kind_takes_a_responder'
  | 'changes_identity'
  | 'changes_access'
  | 'changes_production'
  | 'severe_incident'
  | 'containment_open'
  | 'many_of_late'
  | 'audit_rule'
  | 'grave_rule'
  | 'wide_scope'
  | 'chain_is_stricter';

/** The reasons of a tier, as a person reads them. */
export const TIER_REASON_TEXT: { readonly [R in TierReason]: string } = {
  not_expressible: 'this is never done through Countersign',
  last_administrator: 'the last administrator of the target system',
  own_identity: 'an identity that Countersign itself uses',
  privileged_target: 'a privileged account',
  machine_identity: 'a machine identity: jobs and services may stop',
  business_critical: 'business-critical',
  target_class_unknown: 'not in a signed inventory, so its class is unknown',
  dependents_unknown: 'what depends on it is not known',
  required_telemetry_missing: 'telemetry that this decision needs is missing',
  coverage_unknown: 'telemetry cannot be judged',
  cannot_be_undone: 'it cannot be undone',
  undoes_two_person_act: 'it undoes an act that two people signed',
  undoes_reviewed_act: 'it undoes an act that a responder signed',
  policy_is_stricter: 'the policy of this installation asks for more',
  kind_unknown: 'of no kind that Countersign knows',
  kind_takes_two_people: 'this kind of act always takes two people',
  kind_takes_a_responder: 'this kind of act takes a responder with a passkey',
  changes_identity: 'it changes an identity',
  changes_access: 'it changes access',
  changes_production: 'it changes production',
  severe_incident: 'an incident of high or critical severity',
  containment_open: 'something that was done about it is still in place',
  many_of_late: 'many acts of this kind were begun within the last hour',
  audit_rule: 'a rule that watches what is logged: it is never suppressed',
  grave_rule: 'the rule reports high or critical severity here, or found something real of late',
  wide_scope: 'it would hide the alerts of many hosts and people',
  chain_is_stricter: 'the playbook that it is a step of reaches something that takes more',
};
