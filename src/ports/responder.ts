import type { Digest } from '../base/canonical.ts';
import type { Result } from '../base/result.ts';
import type { UnixMs } from '../base/time.ts';
import type { Failure } from '../model/failure.ts';
import type { KindId } from '../model/kind.ts';
import type { Precondition, Target, TierReason } from '../model/proposal.ts';

/**
 * What an operation does to the world, which sets the floor of its tier. There is no `nothing`. `own` is what this
 * installation alone keeps: the floor is then that of the kind, and no responder for another system may declare it.
 */
export type EffectClass = 'identity' | 'access' | 'production' | 'own';

export type Reversibility = 'exact' | 'compensating' | 'irreversible';

/** One thing that a responder can do, declared before it may do anything. The page, the policy and the tests read this. */
export interface Operation {
  readonly name: string;
  readonly version: string;
  readonly title: string;
  /** What kind of response it is, which sets the floor of its tier together with what it touches. */
  readonly kind: KindId;
  readonly touches: EffectClass;
  readonly targetType: Target['type'];
  readonly reversibility: Reversibility;
  /** The operation that undoes it; undefined where nothing does. */
  readonly undo: string | undefined;
  /** What undoing does not bring back. */
  readonly residue: readonly string[];
  /** Paths of its plans that count changes, and so are never again what they were. Absent where it has none. */
  readonly versionPaths?: readonly string[];
  /** MITRE D3FEND id; `none` where D3FEND has no technique for it. */
  readonly d3fend: string;
  /** How the write is kept from overwriting a change that came between. */
  readonly concurrencyControl: 'server-assertion' | 'reread';
  /** How long the effect may take to be seen, in milliseconds. */
  readonly settleMs: number;
}

export interface ResponderManifest {
  readonly name: string;
  readonly title: string;
  readonly operations: readonly Operation[];
  /** Spelled out, no wildcards: what the read and the write credential must be allowed, and what must be denied to both. */
  readonly scopes: {
    readonly read: readonly string[];
    readonly write: readonly string[];
    readonly forbidden: readonly string[];
  };
  /** Where the target itself keeps what was done with our write credential, as people read it. Absent: nowhere that we may read. */
  readonly trail?: string;
}

/** Where a target system is and how it is reached, without any secret. Validated by the responder's own `parseConfig`. */
export interface SystemConfig {
  readonly responder: string;
  /** The system's name in proposals and inventory: `orders-db`. */
  readonly system: string;
  readonly settings: { readonly [name: string]: string };
}

/** A secret that must never be printed: `toJSON` and `toString` say so. */
export interface Secret {
  /** The value. Call it as late as possible. */
  reveal(): string;
}

/** What the plan says of the target, read live with the read credential. */
export interface TargetFacts {
  readonly displayName: string;
  /** What people know it by, where its name does not say. Somebody else may have written it. */
  readonly title?: string;
  readonly isPrivileged: 'yes' | 'no' | 'unknown';
  readonly isMachine: 'yes' | 'no' | 'unknown';
  /** The last account that could administer the target system. */
  readonly isLastAdministrator: boolean;
  /** The account that Countersign itself uses there. */
  readonly isOwnIdentity: boolean;
  /** What a look at the target shows that asks for a stricter tier. */
  readonly marks?: readonly TargetMark[];
}

export type TargetMark = Extract<
  TierReason,
  'severe_incident' | 'containment_open' | 'audit_rule' | 'grave_rule' | 'wide_scope'
>;

/**
 * A look at the target, and what the operation would change. Reading only: planning leaves the target as it was.
 * Closed texts, because people sign its digest (`countersign/plan/v1`).
 */
export interface Plan {
  readonly operation: string;
  readonly operationVersion: string;
  readonly target: Target;
  readonly facts: TargetFacts;
  readonly params: { readonly [name: string]: string };
  /** What must still hold when it is carried out. Sorted by path. */
  readonly preconditions: readonly Precondition[];
  readonly changes: readonly { readonly path: string; readonly from: string; readonly to: string }[];
  readonly blast: {
    readonly direct: readonly string[];
    readonly dependents: readonly string[];
    readonly unknown: readonly string[];
  };
  readonly sideEffects: readonly string[];
  /** Why it cannot be done at all. Not empty: no proposal. */
  readonly refusals: readonly {
    readonly reason:
      | TierReason
      | 'missing_scope'
      | 'already_in_effect'
      | 'nothing_to_undo'
      | 'changed_since'
      | 'not_settled';
    readonly text: string;
  }[];
  /** `native`: the server itself ran it dry. */
  readonly dryRun: 'native' | 'predicted';
  readonly digest: Digest;
}

export interface PlanRequest {
  readonly operation: string;
  /** A name as people and alerts know it, or a target by its immutable id when a plan is made again. */
  readonly target: { readonly name: string } | { readonly immutableId: string };
  /** What else the operation has to be told; absent for most. */
  readonly params?: { readonly [name: string]: string };
  /** For an undo: what `execute` recorded about the state before, from the receipt of the act that is undone. */
  readonly before: { readonly [path: string]: string } | undefined;
}

/** What was sent and what came back. `unknown` where no answer came: a time-out is never `applied`. */
export interface Receipt {
  readonly outcome: 'applied' | 'already_applied' | 'refused_drift' | 'refused' | 'failed' | 'unknown';
  readonly detail: string;
  /** The state before the write, which an undo starts from. */
  readonly before: { readonly [path: string]: string };
  /** What the target gave back, where whoever asked gets it: data of the target, bounded. Absent for most. */
  readonly result?: string;
  readonly startedAt: UnixMs;
  readonly endedAt: UnixMs;
}

/**
 * What was seen afterwards. `effect` is whether whoever held the access has lost it; `unproven` where that cannot be shown. A
 * state that is `not_seen` can be read nowhere: then what the target answered is all that is known.
 */
export interface Observation {
  readonly state: 'in_effect' | 'not_in_effect' | 'not_seen';
  readonly effect: 'in_effect' | 'not_in_effect' | 'unproven';
  readonly checks: readonly { readonly text: string; readonly ok: 'yes' | 'no' | 'unproven' }[];
}

export interface UndoDifference {
  readonly path: string;
  readonly before: string;
  readonly now: string;
  /** It was signed with the act that its undo leaves this as it is. */
  readonly isDeclared: boolean;
}

/** What an undo left, held against what was declared when its act was signed. */
export interface UndoComparison {
  readonly verdict: 'as_declared' | 'differs' | 'not_read';
  readonly differences: readonly UndoDifference[];
}

/** One right of one of our credentials, as the target says that it is now. */
export interface RightSeen {
  readonly credential: 'read' | 'write';
  /** As the manifest spells it. */
  readonly scope: string;
  readonly need: 'needed' | 'forbidden';
  readonly granted: 'yes' | 'no' | 'unknown';
  /** Why it is unknown; empty where it is not. */
  readonly because: string;
}

/** A change that the target's own log ascribes to our write credential. Texts of the target, bounded and shown inert. */
export interface TrailEntry {
  /** Names the record among all of this system's, for good. */
  readonly id: string;
  /** By the target's clock. */
  readonly at: UnixMs;
  /** What was changed, by the id that plans name it by; empty where the log does not say. */
  readonly target: string;
  /** Which of our operations does that; empty where none does. */
  readonly operation: string;
  /** The idempotency key under which it was done; empty where the target keeps none. */
  readonly key: string;
  readonly text: string;
  /** Where it came from, as the target saw it; empty where it does not say. */
  readonly from: string;
}

export interface TrailPage {
  readonly entries: readonly TrailEntry[];
  /** What the next look begins with. It may show an entry a second time, and leaves none out. */
  readonly cursor: string;
  /** What the target's own clock said at this look; absent where it does not tell. */
  readonly clock?: UnixMs;
}

declare const capability: unique symbol;

/**
 * The right to write once, for one act. Only the executor makes one, in its own process, after every check; it opens
 * the write credential a single time and only while the kill switch is off. A responder cannot build one.
 */
export interface WriteCapability {
  readonly [capability]: true;
  readonly actDigest: Digest;
  readonly idempotencyKey: string;
  /** The write credential. Throws the second time, and when the kill switch went on. */
  open(): Promise<Secret>;
}

/** What a responder needs of the world. */
export interface ResponderContext {
  readonly now: () => UnixMs;
  /** The read credential of the system; it cannot write there. */
  readonly readCredential: () => Promise<Secret>;
  /** A credential that shows the effect (a held connection or bind); undefined where none is configured. */
  readonly probeCredential: (() => Promise<Secret>) | undefined;
  /** No call waits longer than this, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * The power to change one kind of target system.
 *
 * Obligations, each a check of the conformance suite: `plan` and `observe` only read, with the read credential;
 * `execute` re-reads, refuses on drift, writes at most once per idempotency key and never twice for one capability;
 * no answer is `unknown`; `observe` reads the target and not its own memory; hostile names act on the named target
 * or on none; no secret stands in a plan, a receipt, an observation or an error.
 */
export interface Responder {
  readonly manifest: ResponderManifest;
  plan(request: PlanRequest, system: SystemConfig, context: ResponderContext): Promise<Result<Plan, Failure>>;
  execute(plan: Plan, system: SystemConfig, capability: WriteCapability, context: ResponderContext): Promise<Receipt>;
  observe(plan: Plan, system: SystemConfig, context: ResponderContext): Promise<Result<Observation, Failure>>;
  /** Which of its operations a system of these settings can do; absent: every one. */
  offers?(settings: { readonly [name: string]: string }): readonly string[];
  /**
   * What each credential may do there, read with the read credential alone. What the target does not tell is `unknown` or left
   * out. Absent: no right can be read there.
   */
  rights?(system: SystemConfig, context: ResponderContext): Promise<Result<readonly RightSeen[], Failure>>;
  /**
   * What the target's own log has of our write credential since `cursor`; an empty one begins now. Read with the read credential,
   * from where the write credential can erase nothing. There exactly where the manifest names a `trail`.
   */
  auditTrail?(cursor: string, system: SystemConfig, context: ResponderContext): Promise<Result<TrailPage, Failure>>;
  /** The settings of a system, validated; the failure says which one is wrong. */
  parseConfig(settings: { readonly [name: string]: string }): Result<{ readonly [name: string]: string }, Failure>;
}
