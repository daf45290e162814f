import type { Tier } from './proposal.ts';
import type { TrailHealth } from './trail.ts';

/** What is done with a connected system. */
export const DOINGS = ['plan', 'execute', 'observe'] as const;
export type Doing = (typeof DOINGS)[number];

/** How often the executor looks at the rights of a connected system, with the credential that reads. */
export const LOOK_EVERY_MS = 10 * 60_000;
/** What was last heard longer ago than this says nothing of now. */
export const HEARD_MS_MAX = 30 * 24 * 3_600_000;
/** Acts that ended badly are counted for so long. */
export const TROUBLED_MS = 30 * 24 * 3_600_000;

/** What a look of the executor left for the server to read. No secret is in it, and nothing that a secret could be told from. */
export interface PowerLook {
  readonly v: 1;
  /** RFC 3339: since when the executor knows each secret. Empty where there is none. */
  readonly known: { readonly read: string; readonly write: string; readonly probe: string };
  /** The supervisor makes its secrets with each start. */
  readonly isMadeAtStart: boolean;
  /** Other systems that are written to with the same secret. */
  readonly sharedWith: readonly string[];
  readonly rights: RightsSummary;
  readonly list: readonly RightRow[];
}

/** What a look at rights came to. */
export interface RightsSummary {
  /** `not_told`: the responder can read no right there. `failed`: the look did not come through, with its code. */
  readonly kind: 'seen' | 'not_told' | 'failed';
  readonly code: string;
  /** Of all that the manifest needs or forbids, for both credentials: how many are not known, missing, and held but forbidden. */
  readonly total: number;
  readonly unknown: number;
  readonly missing: number;
  readonly tooMuch: number;
}

export interface RightsLook {
  readonly summary: RightsSummary;
  readonly list: readonly RightRow[];
}

/** One right of one credential. */
export interface RightRow {
  readonly credential: 'read' | 'write';
  readonly scope: string;
  readonly need: 'needed' | 'forbidden';
  readonly granted: 'yes' | 'no' | 'unknown';
  readonly because: string;
}

/** Worst first, and what is not known before anything that is. */
export const CONDITIONS = ['unknown', 'failing', 'attention', 'well'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** Why a system stands as it does. */
export type PowerReason =
  | 'executor_silent'
  | 'never_heard'
  | 'not_heard_of_late'
  | 'look_failed'
  | 'plan_failing'
  | 'execute_failing'
  | 'observe_failing'
  | 'credential_disabled'
  | 'right_missing'
  | 'right_too_much'
  | 'rights_unknown'
  | 'rotation_due'
  | 'secret_shared'
  | 'acts_troubled'
  | 'budget_spent'
  | 'changed_by_nobody'
  | 'act_not_shown'
  | 'trail_silent'
  | 'asks_to_wait';

/** When something went well last, and when it did not. RFC 3339; empty where that was never seen. */
export interface DoingRow {
  readonly doing: Doing;
  readonly wellAt: string;
  readonly illAt: string;
  /** What it failed with last, as a code and in words; empty where it never did. */
  readonly code: string;
  readonly shown: string;
}

export interface PowerOperation {
  readonly name: string;
  readonly title: string;
  readonly kind: string;
  readonly touches: string;
  readonly reversibility: string;
  /** The least tier that it can have now, on a target of which nothing delicate is known. */
  readonly floor: Tier;
}

/** One connected system, by the responder that acts on it. */
export interface PowerRow {
  readonly system: string;
  readonly responder: string;
  readonly title: string;
  readonly condition: Condition;
  readonly reasons: readonly PowerReason[];
  readonly doings: readonly DoingRow[];
  readonly rights: RightsSummary;
  /** RFC 3339: when the executor looked last; empty where it did not yet. */
  readonly lookedAt: string;
  readonly credential: {
    /** RFC 3339: since when each secret is known at least; empty where nobody knows. */
    readonly readSince: string;
    readonly writeSince: string;
    readonly probeSince: string;
    readonly isMadeAtStart: boolean;
    readonly sharedWith: readonly string[];
    readonly rotateBy: string;
    /** From then on it is not opened; empty where that has no end. */
    readonly refusedFrom: string;
    readonly identity: string;
    readonly ownerName: string;
    readonly isByDefault: boolean;
    readonly until: string;
    readonly state: string;
    readonly isDisabled: boolean;
  };
  /** Proposals on it that wait for people or are being carried out. */
  readonly open: number;
  /** Acts on it of the last 30 days that failed, or whose effect is not shown, by the state that they are in. */
  readonly troubled: readonly { readonly state: string; readonly count: number }[];
  /** RFC 3339: until when the target asked to be left alone, where it did of late. */
  readonly waitUntil: string;
  /** What the target's own log says of our credential; `none` where it keeps none that we can read. */
  readonly trail: Pick<TrailHealth, 'state' | 'kept' | 'readAt' | 'unknownChanges' | 'notShown'>;
}

/** GET /api/v1/powers/:responder/:system: what is too long for a row. */
export interface PowerDetailView {
  readonly rights: readonly RightRow[];
  readonly operations: readonly PowerOperation[];
}

/** GET /api/v1/powers */
export interface PowersView {
  readonly at: string;
  readonly killSwitch: {
    readonly isOn: boolean;
    readonly since: string;
    readonly by: string;
    readonly reason: string;
  };
  readonly executor: {
    readonly heardAt: string;
    readonly isHeard: boolean;
    readonly program: string;
    /** Why it refuses to act at all; empty where it does not. */
    readonly refuses: string;
    /** The log whose signatures it believes, with the key, as it pinned it. */
    readonly logKey: string;
  };
  /** Acts of each kind that were begun within the last hour. */
  readonly budget: readonly { readonly kind: string; readonly begun: number; readonly most: number }[];
  readonly systems: readonly PowerRow[];
}
