/** What crosses the wire about proposals and their reviews. Part of `api.ts`. */
import type { Id } from '../base/id.ts';
import type { LateNews } from './api.ts';
import type { TradeOffs } from './claim.ts';
import type { GateVerdict } from './explained.ts';
import type { FailureCode } from './failure.ts';
import type { OptionHistory } from './history.ts';
import type { CloseOutcome } from './incident.ts';
import type { LeaseView } from './lease.ts';
import type { Act, Origin, Presentation, ProposalState, Tier } from './proposal.ts';
import type { BatchIntent, BatchSignature, Intent, ReviewSignature, Verdict } from './review.ts';
import type { ScopeKind } from './suppression.ts';
import type { TaskRequest, TaskView } from './task.ts';
import type { ToolClass } from './tool.ts';
import type { Block, Waiting } from './waiting.ts';

/** GET /api/v1/proposals?state=in_review&cursor= → Page<ProposalRow>; those in review by the harm of waiting. */
export interface ProposalRow {
  readonly id: Id<'proposal'>;
  readonly revision: number;
  /** Empty where it is about no incident. */
  readonly incident: Id<'incident'> | '';
  readonly sentence: string;
  readonly targetName: string;
  readonly tier: Tier;
  /** Responder and operation: proposals of one may be signed together. */
  readonly operation: string;
  readonly state: ProposalState;
  /** How many signatures count; undefined while I am asked what I think first. */
  readonly approvals: number | undefined;
  readonly needed: number;
  readonly reviewBy: string;
  readonly createdAt: string;
  /** What blocks it now, in words; empty where nothing does. */
  readonly blockedBy: string;
  /** How often it was put to people again because nobody took it. */
  readonly escalation: 0 | 1 | 2;
  readonly mySeat: 'can_review' | 'contributor' | 'subject' | 'reviewed' | 'not_eligible' | 'no_seat' | 'none';
  readonly undoes: Id<'proposal'> | undefined;
  /** Everything that blocks it, and me; empty where it is not in review. */
  readonly blocks: readonly Block[];
  /** Why it stands where it stands among those that wait; only in the list of those in review. */
  readonly waiting?: Waiting;
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
  /** The name of the agent, where one asked. */
  readonly agent?: string;
  readonly contributors: readonly { readonly id: Id<'person'>; readonly name: string; readonly why: string }[];
  readonly quorum: readonly QuorumSlot[];
  readonly reviews: readonly ReviewView[];
  /** I am asked what I think first: who and how many signed, and how it is explained, are kept back until I said it. */
  readonly isWithheld: boolean;
  readonly moves: readonly ProposalMoveView[];
  readonly execution: ExecutionView | undefined;
  /** What arrived since it was decided, or since it was drafted where it is not: news, which voids nothing by itself. */
  readonly lateNews: { readonly isDecided: boolean; readonly streams: readonly LateNews[] };
  /** The proposal that undoes this one, if any. */
  readonly undoneBy: Id<'proposal'> | undefined;
  readonly canUndo: boolean;
  /** What its undo left, or it itself as the undo of another: against what was declared. Absent before. */
  readonly undoLeft?: UndoComparisonView;
  /** How its lease stands; absent where it has none. */
  readonly lease?: LeaseView;
  /** Where one person started it alone. */
  readonly glass: GlassView | undefined;
  /** How the second look at it stands; undefined of acts that were not chosen for one. */
  readonly secondLook: SecondLook | undefined;
  /** Whether I could start it alone. */
  readonly mayBreakGlass: boolean;
  readonly revisions: readonly {
    readonly revision: number;
    readonly createdAt: string;
    readonly changed: readonly { readonly path: string; readonly from: string; readonly to: string }[];
  }[];
  readonly evidenceOpened: readonly Id<'evidence'>[];
  /** It was a drill, and I decided on it. Absent of everything else, and of every drill that is not decided. */
  readonly drill?: DrillFeedback;
  /** What reviewers asked for, open ones first. */
  readonly tasks: readonly TaskView[];
  /** Each condition of approving for me, met or not. */
  /** How well it is explained by what is known now, and what became of others like it. Absent for an undo. */
  readonly explained?: {
    readonly gate: GateVerdict;
    readonly tradeOffs: TradeOffs | undefined;
    readonly history: OptionHistory;
  };
  readonly conditions: readonly {
    readonly text: string;
    readonly isMet: boolean;
    readonly code: FailureCode | 'none';
  }[];
}

/** What an undo left, and which proposal was the undo. */
export interface UndoComparisonView {
  readonly undo: Id<'proposal'>;
  readonly verdict: 'as_declared' | 'differs' | 'not_read';
  readonly differences: readonly {
    readonly path: string;
    readonly before: string;
    readonly now: string;
    readonly isDeclared: boolean;
  }[];
}

/** That a proposal was a drill, told to whoever decided on it and to nobody else. */
export interface DrillFeedback {
  readonly wasNoticed: boolean;
  readonly wrong: string;
  /** What would have shown it. */
  readonly shownBy: string;
  /** The records to look at for it. */
  readonly places: readonly { readonly evidence: Id<'evidence'>; readonly pointer: string }[];
}

export interface QuorumSlot {
  readonly slot: string;
  readonly who: string;
  readonly filledBy: string | undefined;
  /** In whose stead they signed. */
  readonly insteadOf?: string;
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

/** POST /api/v1/proposals/batches/begin: in the order in which they are signed. */
export interface BatchBegin {
  readonly verdict: BatchIntent['verdict'];
  readonly reason: string;
  readonly members: readonly {
    readonly proposal: Id<'proposal'>;
    readonly revision: number;
    readonly actDigest: string;
    readonly presentationDigest: string;
    readonly acknowledged: readonly string[];
  }[];
}

export interface BatchBegun {
  readonly batch: BatchIntent;
  /** In the order of the batch. */
  readonly intents: readonly Intent[];
  readonly challenge: string;
  readonly rpId: string;
  readonly credentialIds: readonly string[];
  readonly signWith: 'passkey' | 'browser_key';
  /** Members whose evidence has to be opened first: the one that was chosen, and earlier ones that were not opened. */
  readonly toOpen: readonly Id<'proposal'>[];
}

/** POST /api/v1/proposals/batches/finish */
export interface BatchFinish {
  readonly nonce: string;
  readonly signature: BatchSignature;
}

/** GET /api/v1/proposals/attention: how much attention proposals ask for, and whom that keeps waiting. */
export interface AttentionBudget {
  /** People who may review acts of two people. */
  readonly reviewers: number;
  readonly pools: readonly {
    /** By the severity of the incident. Each has room of its own. */
    readonly pool: 'critical' | 'high' | 'other';
    readonly waiting: number;
    readonly waitingMost: number;
    readonly madeLastHour: number;
    readonly madeMost: number;
    readonly turnedAwayLastHour: number;
    readonly proposersTurnedAway: number;
  }[];
}

/** POST /api/v1/proposals */
export type ProposalRequest =
  | {
      readonly kind: 'option';
      readonly incident: Id<'incident'>;
      readonly option: string;
      /** One of the leases that the option offers, in hours from now; absent where it is to have none. */
      readonly leaseHours?: number | undefined;
    }
  | { readonly kind: 'undo'; readonly of: Id<'proposal'> }
  | {
      readonly kind: 'suppress';
      readonly alert: Id<'alert'>;
      readonly entity: { readonly kind: ScopeKind; readonly value: string };
      readonly days: number;
      readonly why: string;
    }
  | { readonly kind: 'close'; readonly incident: Id<'incident'>; readonly outcome: CloseOutcome }
  | { readonly kind: 'prompt'; readonly prompt: string; readonly version: string; readonly evaluation: string }
  | { readonly kind: 'policy'; readonly text: string }
  | { readonly kind: 'playbook'; readonly text: string }
  /** The tools of an upstream that agents may use, by name; every other one is not called. */
  | { readonly kind: 'tools'; readonly upstream: string; readonly tools: { readonly [name: string]: ToolClass } };

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
  /** With `ask_for_more`: what is asked of whom, of which the reason is the text. */
  readonly task?: TaskRequest | undefined;
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

/** An act that one person started alone, and how the review after it stands. */
export interface GlassView {
  readonly by: string;
  readonly at: string;
  readonly state: 'started' | 'due' | 'overdue' | 'reviewed';
  /** Until when two others have to say whether it was right. */
  readonly reviewBy: string;
  readonly missing: number;
  readonly wasRight: boolean;
  readonly found: readonly { readonly by: string; readonly finds: 'justified' | 'unjustified' }[];
  /** Whether I may say so. */
  readonly mine: 'can_find' | 'found' | 'none';
}

/** What another person found of an act that chance chose. */
export interface SecondLook {
  readonly found: readonly { readonly by: string; readonly finds: 'justified' | 'unjustified' }[];
  /** Whether I may say so. */
  readonly mine: 'can_find' | 'found' | 'none';
}

/** GET /api/v1/second-looks: acts of the last days that nobody has looked at again. */
export interface SecondLookList {
  readonly rows: readonly (SecondLook & { readonly proposal: Id<'proposal'>; readonly sentence: string })[];
}

/** GET /api/v1/break-glass: acts that one person started alone; reviews that are owed first. */
export interface GlassList {
  readonly rows: readonly (GlassView & { readonly proposal: Id<'proposal'>; readonly sentence: string })[];
}
