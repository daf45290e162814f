import type { Id, Kind } from '../base/id.ts';
import type { Result } from '../base/result.ts';
import type { UnixMs } from '../base/time.ts';
import type { StoredCustody } from '../core/decide/custody.ts';
import type { StoredDelegation } from '../core/decide/delegation.ts';
import type { GlassUse } from '../core/decide/glass.ts';
import type { UncheckedSession } from '../core/decide/heard.ts';
import type { HousePolicy } from '../core/decide/house-policy.ts';
import type { VerifyKey } from '../core/decide/signatures.ts';
import type { AuditFact, PersonSignature } from '../model/audit-entry.ts';
import type { Failure } from '../model/failure.ts';
import type { Genesis } from '../ports/genesis.ts';
import type {
  Observation,
  Operation,
  Plan,
  PlanRequest,
  Receipt,
  SystemConfig,
  WriteCapability,
} from '../ports/responder.ts';
import type { StoredPeople } from '../store/person-facts.ts';
import type { ExecutionFactBody, StoredProposal } from '../store/proposal-facts.ts';
import type { StoredInventory, StoredKillSwitch } from '../store/standing-facts.ts';
import type { IncludedEntry, SeenCheckpoint } from './log-sight.ts';
import type { KeptPeople } from './storage.ts';

/** An execution that was found unfinished. */
export interface UnfinishedExecution {
  readonly proposal: Id<'proposal'>;
  readonly execution: Id<'execution'>;
}

/** A signed finding of a person on an execution. */
export interface StoredFinding {
  readonly statement: string;
  readonly signature: PersonSignature;
}

/**
 * Everything that the executor asks of the world, one flat function each. Every one may be the last thing that the
 * process ever does: the crash test ends the process at each call in turn and looks at what is left.
 *
 * What has no I/O (genesis, verify) is a value.
 */
export interface ExecutorPorts {
  readonly genesis: Genesis;
  readonly verify: VerifyKey;
  readonly now: () => UnixMs;
  readonly newId: <K extends Kind>(kind: K) => Id<K>;
  readonly sleep: (ms: number) => Promise<void>;

  readonly readProposal: (id: string) => Promise<StoredProposal | undefined>;
  readonly readPeople: () => Promise<StoredPeople>;
  /** What this executor believed of people before, in the order in which it came to; its own, out of anybody's reach. */
  readonly keptPeople: () => KeptPeople;
  readonly keepPeople: (people: KeptPeople) => void;
  readonly readSessions: (ids: readonly string[]) => Promise<readonly UncheckedSession[]>;
  readonly readInventories: () => Promise<readonly StoredInventory[]>;
  readonly readInventoryText: (version: number) => Promise<string | undefined>;
  readonly readKillSwitch: () => Promise<readonly StoredKillSwitch[]>;
  readonly readDelegations: () => Promise<readonly StoredDelegation[]>;
  readonly readFindings: (execution: string) => Promise<readonly StoredFinding[]>;
  /** Acts that this installation's executors began on the word of this person alone. */
  readonly glassUses: (person: string) => Promise<readonly GlassUse[]>;
  /** Acts of a kind that executors began since then. */
  readonly actsSince: (kind: string, since: UnixMs) => Promise<number>;
  readonly proposalOfExecution: (execution: string) => Promise<Id<'proposal'> | undefined>;
  /** Notes these credentials and changes of people as known from now on, and gives back since when each is known. */
  readonly noteCredentials: (ids: readonly string[]) => ReadonlyMap<string, UnixMs>;
  /** Since when each is known that was noted before. */
  readonly notedCredentials: () => ReadonlyMap<string, UnixMs>;
  /** Who signed for a machine identity, as the database has it, and what this executor believed of it last. */
  readonly readCustodies: (identity: string) => Promise<readonly StoredCustody[]>;
  readonly keptCustody: (identity: string) => StoredCustody | undefined;
  readonly keepCustody: (identity: string, custody: StoredCustody) => void;
  /** Since when this executor knows the write credential that a system has now, from `now` on where it is new. Undefined: no such system. */
  readonly secretKnownSince: (system: string, now: UnixMs) => UnixMs | undefined;
  /** Whether this executor found a statement of this digest signed before, and that it does now. */
  readonly wasAccepted: (digest: string) => boolean;
  readonly noteAccepted: (digest: string) => void;
  readonly inventoryVersion: () => number;
  readonly keepInventoryVersion: (version: number) => void;

  /** The policy that this executor adopted last, from its own storage. Throws where that does not load. */
  readonly housePolicy: () => HousePolicy;
  /** The policy file with this SHA-256, as somebody brought it; undefined where nobody did. Not to be believed unchecked. */
  readonly readPolicyText: (sha256: string) => Promise<string | undefined>;
  /** Keeps a policy that is about to be set. Only what was kept so can be adopted. */
  readonly preparePolicy: (text: string) => void;
  /** Makes the policy that was prepared the one in force, if it is this one. */
  readonly adoptPolicy: (sha256: string) => void;

  readonly seeLog: () => Promise<Result<SeenCheckpoint, Failure>>;
  readonly includedEntry: (seen: SeenCheckpoint, pendingId: string) => Promise<Result<IncludedEntry, Failure>>;
  /** Waits until a pending entry is included, proved, and under a checkpoint that extends what was seen. */
  readonly awaitIncluded: (pendingId: string) => Promise<Result<IncludedEntry, Failure>>;

  /** True for the one caller who gets it. */
  readonly claim: (proposal: string, revision: number, execution: string) => Promise<boolean>;
  /** Writes facts and their log entries in one transaction. Durable when it resolves; returns the pending ids, in order. */
  readonly write: (
    execution: string,
    facts: readonly { readonly fact: ExecutionFactBody; readonly entry: AuditFact }[],
  ) => Promise<readonly string[]>;
  readonly unfinished: () => Promise<readonly UnfinishedExecution[]>;
  /** Verified within the last hours, and not undone since. */
  readonly verifiedOfLate: () => Promise<readonly UnfinishedExecution[]>;

  readonly operation: (responder: string, operation: string) => Operation | undefined;
  readonly system: (responder: string, system: string) => SystemConfig | undefined;
  readonly isStartedByUs: (system: string) => boolean;
  readonly plan: (responder: string, system: string, request: PlanRequest) => Promise<Result<Plan, Failure>>;
  readonly execute: (responder: string, system: string, plan: Plan, capability: WriteCapability) => Promise<Receipt>;
  readonly observe: (responder: string, system: string, plan: Plan) => Promise<Result<Observation, Failure>>;
  readonly writeCapability: (
    system: string,
    actDigest: string,
    idempotencyKey: string,
    stillAllowed: () => Promise<boolean>,
  ) => WriteCapability;
  readonly idempotencyKey: (proposal: string, revision: number, target: string) => string;
  /** A salted commitment to a text that is kept beside the log. */
  readonly keepBlob: (text: string) => Promise<string>;
  /** How long a call to a target system may take before it is given up; a write of ours cannot arrive after twice that. */
  readonly timeoutMs: number;
}

/** The moment after which a write that was begun at `intendedAt` cannot take effect any more. */
export function settledAt(ports: ExecutorPorts, intendedAt: number, settleMs: number): number {
  return intendedAt + 2 * ports.timeoutMs + settleMs;
}
