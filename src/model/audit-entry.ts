import type { Digest } from '../base/canonical.ts';
import type { Id } from '../base/id.ts';
import type { AiRecord } from './assist.ts';
import type { SealOpening } from './drill.ts';
import type { CustodyStatement } from './machine.ts';
import type { PersonChange, PersonChangeSignature } from './person-change.ts';
import type { Tier, TierReason } from './proposal.ts';
import type { DelegationStatement } from './quorum.ts';
import type { Assertion, EnrolmentStatement, Intent, Invitation, ReviewSignature, SessionStatement } from './review.ts';
import type { TaskOutcome } from './task.ts';
import type { TrailFound, TrailSeen } from './trail.ts';

/** How an administrator signed: a passkey's assertion, or in a demo a key of the browser profile. */
export type PersonSignature =
  | { readonly kind: 'passkey'; readonly assertion: Assertion }
  | { readonly kind: 'browser_key'; readonly credentialId: string; readonly signature: string };

/** Turning the kill switch off is signed; turning it on needs no more than a session. Closed. */
export interface KillSwitchStatement {
  readonly v: '1';
  readonly installation: string;
  readonly seq: string;
  readonly isOn: 'yes' | 'no';
  readonly by: string;
  readonly nonce: string;
  readonly expiresAt: string;
}

/**
 * A person's signed finding: on an act that could not be settled by reading, or on whether it was right to break the glass
 * for one. Closed.
 */
export interface FindingStatement {
  readonly v: '1';
  readonly installation: string;
  readonly execution: Id<'execution'>;
  readonly proposal: Id<'proposal'>;
  readonly finds: 'succeeded' | 'failed' | 'verified' | 'justified' | 'unjustified';
  readonly by: Id<'person'>;
  readonly reasonDigest: Digest;
  readonly nonce: string;
  readonly expiresAt: string;
}

/**
 * Which version of a prompt is asked with. It counts once two people signed its digest, of whom one is an administrator.
 * Closed.
 */
export interface PromptStatement {
  readonly v: '1';
  readonly installation: string;
  readonly prompt: string;
  readonly version: string;
  readonly promptSha256: Digest;
  /** Of the evaluation that is attached. */
  readonly evaluationSha256: Digest;
  readonly nonce: string;
  readonly expiresAt: string;
}

/**
 * One line of the audit log. Closed: strings, booleans, lists and objects, canonical by RFC 8785. `at` is RFC 3339.
 *
 * No personal data stands in a leaf: people are `usr_…`, targets are inside digests that a random salt protects,
 * free texts are salted commitments to blobs. Signatures and public keys stay, pseudonymous.
 */
export type AuditEntry = { readonly v: '1'; readonly at: string } & AuditFact;

export type AuditFact =
  | {
      readonly type: 'installation.made';
      readonly installation: string;
      readonly logOrigin: string;
      readonly linkPublicKey: string;
      readonly linkExpiresAt: string;
      readonly rpId: string;
      readonly origin: string;
      readonly demo: 'yes' | 'no';
      readonly policyDigest: Digest;
      readonly inventoryDigest: string;
    }
  /** A program was given a token, by the person who answers for it. */
  | { readonly type: 'agent.admitted'; readonly agent: Id<'machine'>; readonly by: string; readonly until: string }
  | { readonly type: 'agent.ended'; readonly agent: Id<'machine'>; readonly by: string }
  /** Calls of tools through the gateway since the last such entry: how many, the last of them, and the root over all. */
  | { readonly type: 'gateway.calls'; readonly calls: string; readonly last: string; readonly root: Digest }
  /** A tool is not what people adopted. `seen` is the digest of what it is now; empty where there is none, or two. */
  | {
      readonly type: 'gateway.quarantined';
      readonly upstream: string;
      readonly tool: string;
      readonly manifest: Digest;
      readonly seen: string;
    }
  /** A run does nothing by itself: it asks, and what it asks is reviewed like every other proposal. */
  | {
      readonly type: 'playbook.started';
      readonly run: Id<'run'>;
      /** SHA-256 of the file that it keeps to. */
      readonly playbook: Digest;
      readonly incident: Id<'incident'>;
      readonly by: string;
    }
  | { readonly type: 'playbook.asked'; readonly run: Id<'run'>; readonly proposal: Id<'proposal'> }
  /** Somebody ended it before it was through. */
  | { readonly type: 'playbook.halted'; readonly run: Id<'run'>; readonly by: Id<'person'> }
  | { readonly type: 'playbook.ended'; readonly run: Id<'run'>; readonly as: 'done' | 'stopped' | 'failed' | 'refused' }
  /** From here on nobody who may sign for others is invited by one person alone, but for the second person. */
  | { readonly type: 'rule.began'; readonly rule: 'invited_by_two' }
  | { readonly type: 'person.invited'; readonly invitation: Invitation; readonly signature: PersonSignature }
  | {
      readonly type: 'person.enrolled';
      readonly statement: EnrolmentStatement;
      readonly roles: readonly string[];
      /** Ed25519 by the link's key over the statement's digest bytes, base64url. */
      readonly linkSignature: string;
    }
  | {
      /** Somebody answers for a machine identity from here on. */
      readonly type: 'machine.owned';
      readonly statement: CustodyStatement;
      readonly signature: PersonSignature;
    }
  | {
      /** Two others invited somebody, reset a passkey, gave or took a role, or removed somebody. It counts from here on. */
      readonly type: 'person.changed';
      readonly statement: PersonChange;
      readonly signatures: readonly PersonChangeSignature[];
    }
  | {
      readonly type: 'session.endorsed';
      readonly statement: SessionStatement;
      readonly signature: PersonSignature;
      readonly person: string;
    }
  | { readonly type: 'session.ended'; readonly session: string }
  | {
      readonly type: 'inventory.signed';
      readonly version: string;
      readonly inventoryDigest: Digest;
      readonly signature: PersonSignature;
      readonly by: string;
    }
  | {
      readonly type: 'intake.batch';
      readonly batch: Id<'batch'>;
      readonly source: string;
      readonly records: string;
      readonly kept: string;
      readonly duplicate: string;
      readonly quarantined: string;
      /** RFC 6962 root over the records' SHA-256, in order of arrival. */
      readonly root: string;
    }
  | {
      readonly type: 'incident.changed';
      readonly incident: Id<'incident'>;
      readonly change: string;
      readonly by: string;
      readonly detail: { readonly [key: string]: string };
    }
  | {
      readonly type: 'summary.written';
      readonly incident: Id<'incident'>;
      readonly by: 'rules';
      readonly summaryDigest: Digest;
    }
  | {
      /** One call of a model. Digests only: what they are of is kept beside the log. */
      readonly type: 'ai.called';
      readonly record: Id<'ai_record'>;
      readonly task: AiRecord['task'];
      readonly incident: string;
      readonly by: string;
      readonly prompt: string;
      readonly promptVersion: string;
      readonly promptSha256: Digest;
      readonly schemaSha256: Digest;
      readonly packetSha256: Digest;
      readonly requestSha256: Digest;
      readonly responseSha256: string;
      readonly provider: string;
      readonly model: string;
      readonly region: string;
      readonly namesWithheld: 'yes' | 'no';
      readonly isCached: 'yes' | 'no';
      readonly attempts: string;
      readonly costMicros: string;
      /** `used`, or why not. */
      readonly outcome: string;
      readonly verified: string;
      readonly dropped: string;
      readonly shownSha256: Digest;
    }
  | {
      readonly type: 'ai.configured';
      readonly version: string;
      readonly settingsSha256: Digest;
      readonly by: string;
    }
  | {
      /** Written before the ai process makes the change; no key is in it. */
      readonly type: 'ai.provider_changed';
      readonly provider: string;
      readonly change: 'set' | 'remove';
      /** Of what was set, without its key; empty where it is removed. */
      readonly configSha256: string;
      readonly by: string;
    }
  | {
      /** A person looked at the bytes that a provider would be sent. */
      readonly type: 'ai.previewed';
      readonly provider: string;
      readonly form: Digest;
      readonly requestSha256: Digest;
      readonly by: string;
    }
  | {
      readonly type: 'prompt.signed';
      readonly statement: PromptStatement;
      readonly signature: PersonSignature;
      readonly by: string;
    }
  | {
      readonly type: 'proposal.revised';
      readonly proposal: Id<'proposal'>;
      readonly revision: string;
      readonly incident: string;
      readonly actDigest: Digest;
      readonly presentationDigest: Digest;
      readonly policyDigest: Digest;
      readonly tier: Tier;
      readonly reasons: readonly TierReason[];
      readonly contributors: readonly string[];
      readonly reviewBy: string;
      readonly startWithinSeconds: string;
      readonly origin: string;
    }
  | {
      /** What the revision is, in a form that opens only once: every revision has one, a drill like an act. */
      readonly type: 'proposal.sealed';
      readonly proposal: Id<'proposal'>;
      readonly revision: string;
      readonly seal: Digest;
    }
  | {
      /** A drill is over, and says that it was one. Acts are never opened: their seal has no other meaning. */
      readonly type: 'drill.opened';
      readonly opening: SealOpening;
    }
  | {
      readonly type: 'proposal.denied';
      readonly incident: string;
      readonly by: string;
      readonly codes: readonly string[];
    }
  | {
      readonly type: 'proposal.withdrawn';
      readonly proposal: Id<'proposal'>;
      readonly revision: string;
      readonly by: string;
    }
  | { readonly type: 'proposal.expired'; readonly proposal: Id<'proposal'>; readonly revision: string }
  | {
      readonly type: 'review.signed';
      readonly review: Id<'review'>;
      readonly intent: Intent;
      readonly intentDigest: Digest;
      readonly signature: ReviewSignature;
      readonly reasonCommit: string;
    }
  | { readonly type: 'review.refused'; readonly proposal: string; readonly by: string; readonly code: string }
  | {
      readonly type: 'proposal.decided';
      readonly proposal: Id<'proposal'>;
      readonly revision: string;
      readonly decision: 'approved' | 'rejected' | 'revoked';
      readonly reviews: readonly string[];
    }
  | {
      readonly type: 'kill_switch.set';
      readonly statement: KillSwitchStatement;
      readonly signature: PersonSignature | { readonly kind: 'none' };
      readonly reasonCommit: string;
    }
  | {
      readonly type: 'execution.checked';
      readonly execution: Id<'execution'>;
      readonly proposal: Id<'proposal'>;
      readonly revision: string;
      readonly verdict: 'ok' | 'refused' | 'stale';
      /** Codes of all checks that failed; empty for `ok`. */
      readonly failed: readonly string[];
    }
  | {
      readonly type: 'execution.intended';
      readonly execution: Id<'execution'>;
      readonly proposal: Id<'proposal'>;
      readonly revision: string;
      /** Recomputed from the bytes that are about to be sent. */
      readonly actDigest: Digest;
      readonly tier: Tier;
      readonly reviews: readonly string[];
      readonly idempotencyKey: string;
    }
  /** Of an act that is about to be begun. */
  | { readonly type: 'lease.granted'; readonly execution: Id<'execution'>; readonly endsAt: string }
  | {
      /** A lease ended, or what people kept is asked about again. Nothing is undone by it. */
      readonly type: 'lease.ended';
      readonly execution: Id<'execution'>;
      readonly number: string;
      /** The release that was proposed; empty where none could be, and `codes` says why. */
      readonly release: Id<'proposal'> | '';
      readonly codes: readonly string[];
    }
  | {
      readonly type: 'execution.answered';
      readonly execution: Id<'execution'>;
      readonly outcome: string;
      readonly receiptCommit: string;
    }
  | {
      readonly type: 'execution.observed';
      readonly execution: Id<'execution'>;
      readonly state: string;
      readonly effect: string;
    }
  | {
      readonly type: 'execution.concluded';
      readonly execution: Id<'execution'>;
      readonly proposal: Id<'proposal'>;
      readonly outcome: 'succeeded' | 'failed' | 'in_doubt' | 'verified' | 'not_in_effect';
      readonly receiptCommit: string;
    }
  | {
      /** An undo took effect, and what it left was held against what people had signed that it would leave. */
      readonly type: 'execution.compared';
      readonly execution: Id<'execution'>;
      readonly undoes: Id<'execution'>;
      readonly verdict: 'as_declared' | 'differs' | 'not_read';
      /** How many states are otherwise than they were, and were not declared to be. */
      readonly differences: string;
    }
  | TrailFound
  | TrailSeen
  | { readonly type: 'execution.found'; readonly statement: FindingStatement; readonly signature: PersonSignature }
  | { readonly type: 'delegation.made'; readonly statement: DelegationStatement; readonly signature: PersonSignature }
  | { readonly type: 'delegation.ended'; readonly delegation: Id<'delegation'>; readonly by: Id<'person'> }
  | {
      /** Somebody said something about a revision. It decides nothing; its words are beside the log. */
      readonly type: 'comment.written';
      readonly comment: Id<'comment'>;
      readonly proposal: Id<'proposal'>;
      readonly revision: string;
      readonly by: Id<'person'>;
      /** A record, a check, or empty where it is about all of it. */
      readonly about: string;
      readonly textCommit: string;
    }
  | {
      /** A reviewer asked somebody to get something. What it is stands in the reason that the review signs. */
      readonly type: 'task.opened';
      readonly task: Id<'task'>;
      readonly proposal: Id<'proposal'>;
      readonly revision: string;
      readonly review: Id<'review'>;
      readonly by: Id<'person'>;
      readonly owner: Id<'person'>;
      readonly dueAt: string;
    }
  | {
      readonly type: 'task.settled';
      readonly task: Id<'task'>;
      readonly proposal: Id<'proposal'>;
      readonly outcome: TaskOutcome;
      readonly by: Id<'person'>;
      readonly evidence: readonly Id<'evidence'>[];
      /** That cites the answer; empty where there is none. */
      readonly revision: string;
      readonly wordsCommit: string;
    }
  | { readonly type: 'backup.made'; readonly size: string }
  | { readonly type: 'backup.restored'; readonly size: string; readonly madeAt: string }
  | { readonly type: 'source.configured'; readonly source: string; readonly by: string }
  | { readonly type: 'fingerprint.changed'; readonly source: string; readonly version: string; readonly by: string }
  | {
      /** A notice left. Neither its words nor an address: the digest is of both, salted. */
      readonly type: 'notice.sent';
      readonly notice: Id<'notice'>;
      readonly noticeDigest: Digest;
      readonly channel: string;
    }
  | { readonly type: 'access.denied'; readonly by: string; readonly action: string; readonly code: string }
  | { readonly type: 'demo.played'; readonly scenario: string };

export type AuditType = AuditFact['type'];
