import type { Id } from '../base/id.ts';
import type { PolicyProblem, RuleLine } from './policy.ts';
import type { Presentation, ProposalState, Tier } from './proposal.ts';

/** GET /api/v1/policy: by which rules this installation goes. */
export interface PolicyView {
  readonly title: string;
  /** SHA-256 of the file in hex; empty where none was adopted. */
  readonly sha256: string;
  readonly text: string;
  readonly lines: readonly RuleLine[];
  readonly digest: string;
  /** What is built in, which no file can take away. */
  readonly builtIn: {
    readonly tiers: readonly { readonly tier: Tier; readonly text: string }[];
    readonly kinds: readonly { readonly kind: string; readonly floor: string }[];
    readonly permissions: readonly { readonly id: string; readonly cedar: string }[];
  };
  /** Every change, newest first. */
  readonly history: readonly {
    readonly title: string;
    readonly sha256: string;
    /** RFC 3339. */
    readonly at: string;
    readonly proposal: Id<'proposal'> | undefined;
  }[];
}

/** One decision of the last days that another policy would have made otherwise. */
export interface ReplayedDecision {
  readonly proposal: Id<'proposal'>;
  readonly operation: string;
  readonly targetName: string;
  /** RFC 3339; when it was proposed. */
  readonly at: string;
  readonly state: ProposalState;
  readonly from: Tier;
  readonly to: Tier;
  /** Ids of the floors that raise it. */
  readonly rules: readonly string[];
  /** People whose signature would not have counted, each with the rules that forbid it. */
  readonly lost: readonly { readonly person: Id<'person'>; readonly rules: readonly string[] }[];
}

/** What another policy would have done to the decisions of the last days. */
export interface PolicyReplay {
  readonly days: number;
  readonly decisions: number;
  /** Whether there were more than are replayed. */
  readonly isPartial: boolean;
  readonly stricter: number;
  readonly looser: number;
  readonly never: number;
  readonly unsigned: number;
  /** The first of them, those that were carried out before those that were not. */
  readonly rows: readonly ReplayedDecision[];
}

/** POST /api/v1/policy/check. What is wrong with the file, or what it would do. */
export type PolicyCheck =
  | { readonly ok: false; readonly problems: readonly PolicyProblem[] }
  | {
      readonly ok: true;
      readonly title: string;
      readonly sha256: string;
      readonly tests: number;
      readonly changes: Presentation['changes'];
      readonly replay: PolicyReplay;
    };
