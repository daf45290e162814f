/**
 * What crosses the wire between the server and the page (and any other client). Types only. Times are RFC 3339 texts
 * where they are shown and `UnixMs` where they are plotted.
 */
import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { EntityHit, InstructionLike, Severity } from './alert.ts';
import type { EntityInvolved, Gap, ResponseOption, Summary, TimelineEntry } from './claim.ts';
import type { Coverage, StreamCoverage } from './coverage.ts';
import type { FailureCode } from './failure.ts';
import type { IncidentRow, JoinReason } from './incident.ts';
import type { Act, Origin, Presentation, ProposalState, Tier } from './proposal.ts';
import type {
  Assertion,
  Credential,
  Intent,
  Invitation,
  ReviewSignature,
  Role,
  SessionStatement,
  Verdict,
} from './review.ts';

/** Every failed request. `shown` is for people. */
export interface ApiFailure {
  readonly code: FailureCode;
  readonly shown: string;
  readonly requestId: string;
}

export interface Page<T> {
  readonly rows: readonly T[];
  /** Opaque; undefined on the last page. */
  readonly next: string | undefined;
  readonly total: number | undefined;
}

/** GET /api/v1/me — also without a session. */
export interface Me {
  readonly person: { readonly id: Id<'person'>; readonly name: string; readonly roles: readonly Role[] } | null;
  /** Send back as `x-countersign-token` with every mutation. */
  readonly token: string;
  readonly installation: Id<'installation'>;
  readonly isDemo: boolean;
  readonly rpId: string;
  readonly origin: string;
  /** False until the first administrator is enrolled. */
  readonly hasAdministrator: boolean;
  /** People who could sign a T3 review now. Below two, T3 is unavailable, and says so. */
  readonly possibleT3Reviewers: number;
  readonly killSwitch: { readonly isOn: boolean; readonly since: string; readonly by: string; readonly reason: string };
  readonly processesIsolated: boolean;
  readonly ai: { readonly level: 'L0'; readonly because: string };
  readonly counts: {
    readonly openIncidents: number;
    readonly unownedHigh: number;
    readonly inReview: number;
    readonly quarantined: number;
    readonly silentStreams: number;
  };
  readonly health: readonly HealthItem[];
}

export interface HealthItem {
  readonly name: 'database' | 'executor' | 'log' | 'search_index' | 'intake';
  readonly status: 'ok' | 'degraded' | 'down';
  readonly text: string;
}

/* ---------- enrolment and sign-in ---------- */

/** POST /api/v1/enrol/begin. `invitation` is `genesis` for the first administrator. */
export interface EnrolBegin {
  readonly linkPublicKey: string;
}
export interface EnrolBegun {
  readonly invitation: string;
  readonly installation: Id<'installation'>;
  readonly person: Id<'person'>;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly rpId: string;
  readonly origin: string;
  /** PublicKeyCredentialCreationOptionsJSON, for @simplewebauthn/browser. */
  readonly creationOptions: unknown;
  readonly browserKeyAllowed: boolean;
}
/** POST /api/v1/enrol/finish. The statement is `EnrolmentStatement`; `linkSignature` is Ed25519 over its digest bytes. */
export interface EnrolFinish {
  readonly invitation: string;
  readonly name: string;
  readonly credential: Credential;
  /** RegistrationResponseJSON for a passkey; null for a browser key. */
  readonly registration: unknown;
  readonly linkSignature: string;
}

/** POST /api/v1/session/begin */
export interface SessionBegin {
  readonly sessionPublicKey: string;
}
export interface SessionBegun {
  readonly statement: SessionStatement;
  /** Base64url of the 32 digest bytes: the passkey's challenge. */
  readonly challenge: string;
  readonly rpId: string;
}
/** POST /api/v1/session/finish → Me */
export interface SessionFinish {
  readonly session: Id<'session'>;
  readonly signature:
    | { readonly kind: 'passkey'; readonly assertion: Assertion }
    | { readonly kind: 'browser_key'; readonly credentialId: string; readonly signature: string };
}

/** POST /api/v1/invitations/begin {name, roles, linkPublicKey}; …/finish {invitation, assertion|browser_key}. */
export interface InvitationBegun {
  readonly invitation: Invitation;
  readonly challenge: string;
  readonly credentialIds: readonly string[];
}

/** GET /api/v1/people */
export interface PersonRow {
  readonly id: Id<'person'>;
  readonly name: string;
  readonly roles: readonly Role[];
  readonly enrolledAt: string;
  readonly credentialKinds: readonly string[];
  readonly isPending: boolean;
}

/* ---------- incidents ---------- */

/** GET /api/v1/incidents?severity=high,critical&source=&owner=&coverage=&q=&sort=&cursor=&limit= */
export type IncidentPage = Page<IncidentRow> & {
  readonly openTotal: number;
  readonly unownedHigh: number;
  readonly sources: readonly string[];
  readonly owners: readonly string[];
};

/** GET /api/v1/incidents/:id */
export interface IncidentDetail {
  readonly row: IncidentRow;
  readonly summary: Summary;
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
  readonly entities: readonly EntityInvolved[];
  readonly options: readonly ResponseOption[];
  readonly proposals: readonly ProposalRow[];
  readonly events: readonly IncidentEventRow[];
  readonly instructionBadges: readonly {
    readonly evidence: Id<'evidence'>;
    readonly pointer: string;
    readonly why: string;
  }[];
  /** Where it was merged into another one: go there. */
  readonly mergedInto: Id<'incident'> | undefined;
}

export interface IncidentEventRow {
  readonly seq: number;
  readonly at: string;
  readonly by: string;
  readonly kind: string;
  readonly text: string;
  readonly canUndo: boolean;
}

/** GET /api/v1/incidents/:id/alerts?cursor=&limit= → Page<AlertRow> */
export interface AlertRow {
  readonly id: Id<'alert'>;
  readonly evidence: Id<'evidence'>;
  readonly title: string;
  readonly product: string;
  readonly source: string;
  readonly severity: Severity;
  readonly activityAt: UnixMs;
  readonly receivedAt: UnixMs;
  readonly entities: readonly EntityHit[];
  readonly because: readonly JoinReason[];
  readonly duplicates: number;
}

/** GET /api/v1/incidents/:id/timeline */
export interface IncidentTimeline {
  readonly from: UnixMs;
  readonly to: UnixMs;
  /** Products, by name. An entry whose product has no lane of its own stands in the last. */
  readonly lanes: readonly string[];
  readonly entries: readonly TimelineEntry[];
  readonly gaps: readonly Gap[];
  /** Above the bound the middle is left out, and this says how many. */
  readonly omitted: number;
}

/** GET /api/v1/evidence/:id */
export interface EvidenceView {
  readonly id: Id<'evidence'>;
  readonly sha256: string;
  readonly source: string;
  readonly receivedAt: string;
  readonly byteLength: number;
  /** The raw record as text, at most 256 KiB of it. */
  readonly raw: string;
  readonly isTruncated: boolean;
  readonly isJson: boolean;
  readonly alerts: readonly {
    readonly id: Id<'alert'>;
    readonly title: string;
    readonly incident: Id<'incident'> | undefined;
  }[];
  readonly instructionLike: readonly InstructionLike[];
}

/** GET /api/v1/search?q=&limit= */
export interface SearchResult {
  readonly hits: readonly {
    readonly alert: Id<'alert'>;
    readonly evidence: Id<'evidence'>;
    readonly incident: Id<'incident'> | undefined;
    readonly title: string;
    readonly excerpt: string;
    readonly at: UnixMs;
  }[];
  /** How many alerts the index is behind by. */
  readonly indexLag: number;
  /** There may be more, and newer ones: the index is behind, or the search met a bound and stopped. */
  readonly isPartial: boolean;
}

/** GET /api/v1/quarantine */
export interface QuarantineRow {
  readonly id: string;
  readonly source: string;
  readonly code: string;
  readonly detail: string;
  readonly receivedAt: string;
  readonly excerpt: string;
  readonly byteLength: number;
}

/** GET /api/v1/sources */
export interface SourceRow {
  readonly id: string;
  readonly title: string;
  readonly alerts: number;
  readonly quarantined: number;
  readonly lastHeard: string | undefined;
  readonly status: StreamCoverage['status'];
}

/** GET /api/v1/joining: by what alerts are joined, and what joins nothing. */
export interface JoiningView {
  /** Values that join nothing for now, the most common first, and why. */
  readonly overCommon: readonly { readonly value: string; readonly because: string; readonly hours: number }[];
  /** Alerts whose place may still change, because one that happened before them may still come. */
  readonly pending: number;
  readonly latenessMs: number;
  readonly fingerprints: readonly FingerprintRow[];
}

/** What makes two alerts of a source the same alert again. */
export interface FingerprintRow {
  readonly source: string;
  readonly title: string;
  readonly version: string;
  readonly parts: readonly string[];
  readonly groupMinutes: number;
  /** Undefined where nobody changed it. */
  readonly changedAt: string | undefined;
  readonly changedBy: string | undefined;
}

/** POST /api/v1/fingerprints/:source and …/preview. `tried` is what the preview answered. */
export interface FingerprintChange {
  readonly parts: readonly string[];
  readonly groupMinutes: number;
  readonly tried?: string;
}

/** What a change would have done to what is stored. */
export interface FingerprintTrial {
  readonly tried: string;
  /** The latest alerts of the source that it was tried on. */
  readonly alerts: number;
  readonly shownNow: number;
  readonly shownThen: number;
  /** Some that would be duplicates and are none now, and the other way round. */
  readonly folded: readonly FingerprintExample[];
  readonly unfolded: readonly FingerprintExample[];
}
export interface FingerprintExample {
  readonly alert: Id<'alert'>;
  readonly incident: Id<'incident'>;
  readonly evidence: Id<'evidence'>;
  readonly title: string;
  readonly severity: Severity;
  readonly at: UnixMs;
  readonly because: string;
}

/* ---------- proposals ---------- */

/** GET /api/v1/proposals?state=in_review&cursor= → Page<ProposalRow> */
export interface ProposalRow {
  readonly id: Id<'proposal'>;
  readonly revision: number;
  readonly incident: Id<'incident'>;
  readonly sentence: string;
  readonly targetName: string;
  readonly tier: Tier;
  readonly state: ProposalState;
  readonly approvals: number;
  readonly needed: number;
  readonly reviewBy: string;
  readonly createdAt: string;
  /** What blocks it now, in words; empty where nothing does. */
  readonly blockedBy: string;
  readonly mySeat: 'can_review' | 'contributor' | 'reviewed' | 'not_eligible' | 'none';
  readonly undoes: Id<'proposal'> | undefined;
}

/** GET /api/v1/proposals/:id */
export interface ProposalView {
  readonly row: ProposalRow;
  readonly act: Act;
  readonly actDigest: string;
  /** Four words of the act digest, to compare by voice. */
  readonly words: string;
  readonly presentation: Presentation;
  readonly presentationDigest: string;
  readonly policyDigest: string;
  readonly origin: Origin;
  readonly contributors: readonly { readonly id: Id<'person'>; readonly name: string; readonly why: string }[];
  readonly quorum: readonly QuorumSlot[];
  readonly reviews: readonly ReviewView[];
  readonly moves: readonly ProposalMoveView[];
  readonly execution: ExecutionView | undefined;
  /** The proposal that undoes this one, if any. */
  readonly undoneBy: Id<'proposal'> | undefined;
  readonly canUndo: boolean;
  readonly revisions: readonly {
    readonly revision: number;
    readonly createdAt: string;
    readonly changed: readonly { readonly path: string; readonly from: string; readonly to: string }[];
  }[];
  readonly evidenceOpened: readonly Id<'evidence'>[];
  /** Each condition of approving for me, met or not. */
  readonly conditions: readonly {
    readonly text: string;
    readonly isMet: boolean;
    readonly code: FailureCode | 'none';
  }[];
}

export interface QuorumSlot {
  readonly slot: string;
  readonly who: string;
  readonly filledBy: string | undefined;
}

export interface ReviewView {
  readonly id: Id<'review'>;
  readonly by: string;
  readonly verdict: Verdict;
  readonly at: string;
  readonly reason: string;
  readonly revision: number;
  readonly counts: boolean;
  readonly because: string;
  readonly signedWith: ReviewSignature['kind'];
  readonly logIndex: number | undefined;
}

export interface ProposalMoveView {
  readonly state: ProposalState;
  readonly at: string;
  readonly by: string;
  readonly text: string;
  readonly logIndex: number | undefined;
}

export interface ExecutionView {
  readonly id: Id<'execution'>;
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
  readonly intendedAt: string | undefined;
  readonly logIndex: number | undefined;
  readonly outcome: string | undefined;
  readonly observations: readonly {
    readonly at: string;
    readonly state: string;
    readonly effect: string;
    readonly checks: readonly { readonly text: string; readonly ok: string }[];
  }[];
}

/** POST /api/v1/proposals */
export type ProposalRequest =
  | { readonly kind: 'option'; readonly incident: Id<'incident'>; readonly option: string }
  | { readonly kind: 'undo'; readonly of: Id<'proposal'> };

/** POST /api/v1/proposals/:id/revise: choose another operation or target option of the same incident. */
export interface ReviseRequest {
  readonly option: string;
}

/** POST /api/v1/proposals/:id/reviews/begin */
export interface ReviewBegin {
  readonly verdict: Verdict;
  readonly revision: number;
  /** What the page shows: the server refuses where it holds another one. */
  readonly actDigest: string;
  readonly presentationDigest: string;
  readonly reason: string;
  readonly acknowledged: readonly string[];
}
export interface ReviewBegun {
  readonly intent: Intent;
  /** Base64url of the 32 bytes of the intent's digest. The page recomputes it from `intent` before it signs. */
  readonly challenge: string;
  readonly rpId: string;
  readonly credentialIds: readonly string[];
  readonly signWith: 'passkey' | 'session' | 'browser_key';
}
/** POST /api/v1/proposals/:id/reviews/finish → ProposalView */
export interface ReviewFinish {
  readonly nonce: string;
  readonly signature: ReviewSignature;
}

/* ---------- log ---------- */

/** GET /api/v1/log */
export interface LogStatus {
  readonly origin: string;
  readonly vkey: string;
  readonly size: number;
  readonly checkpoint: string;
  readonly policy: string;
  readonly pending: number;
  readonly isWitnessed: boolean;
}

/** GET /api/v1/log/entries?before=&limit=&proposal=&type= (newest first) */
export interface LogEntryRow {
  readonly index: number;
  readonly leafHash: string;
  readonly type: string;
  readonly at: string;
  /** The canonical text of the leaf. */
  readonly text: string;
  /** One sentence, with names filled in from the directory of people. */
  readonly says: string;
}

/** GET /api/v1/events: server-sent events; each names what to fetch again. */
export type LiveEvent =
  | { readonly kind: 'incidents'; readonly changed: number }
  | { readonly kind: 'incident'; readonly id: Id<'incident'> }
  | { readonly kind: 'proposal'; readonly id: Id<'proposal'>; readonly state: ProposalState }
  | { readonly kind: 'log'; readonly size: number }
  | { readonly kind: 'kill_switch'; readonly isOn: boolean }
  | { readonly kind: 'coverage'; readonly silentStreams: number };
