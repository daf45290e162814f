import type { Id } from '../base/id.ts';

/** What was found when a target's own log was held against what people signed. Each is told once, and stands in the log. */
export const TRAIL_FINDINGS = ['unknown_change', 'not_shown', 'cut', 'unread'] as const;

export type TrailFindingKind = (typeof TRAIL_FINDINGS)[number];

/** Why a change that a target ascribes to our credential is nobody's that signed. */
export type Unexplained =
  /** No act of ours is of this operation on this target. */
  | 'no_act'
  /** It is what an act of ours did, and that act explains another change already. */
  | 'one_too_many'
  /** It is what an act of ours did, and not when that was done. */
  | 'other_time'
  /** It is nothing that one of our operations does, or its record is missing. */
  | 'not_ours';

/** In the log: a target's own log was held against what people signed, and something of it is not so. Its words are beside the log. */
export interface TrailFound {
  readonly type: 'trail.found';
  readonly system: string;
  /** Counts the findings of this system, from 1: one that is left out of the log leaves a gap. */
  readonly number: string;
  readonly kind: TrailFindingKind;
  /** The act that the target does not show; empty where it is about none. */
  readonly execution: Id<'execution'> | '';
  readonly findingCommit: string;
}

/** In the log: a person looked at a finding, and wrote down what it was. It stays, and stands no longer in front. */
export interface TrailSeen {
  readonly type: 'trail.seen';
  readonly system: string;
  readonly number: string;
  readonly by: Id<'person'>;
  /** Of what they wrote. */
  readonly whyCommit: string;
}

/** The trail of one system: what stands on the pages, and what decides whether people are told that nobody can look. */
export interface TrailHealth {
  readonly system: string;
  readonly responder: string;
  /** Where the target keeps what was done with our write credential; empty where it keeps no log that we can read. */
  readonly kept: string;
  /**
   * `none`: it keeps none, so what is done there with our credential by hand is not seen. `awaited`: nobody has looked yet.
   * `read`: it was read lately. `silent`: it was not, for longer than a look may fail.
   */
  readonly state: 'none' | 'awaited' | 'read' | 'silent';
  /** Since when it is read, RFC 3339; empty where it never was. What was done before is not known. */
  readonly begunAt: string;
  readonly readAt: string;
  /** Why the last look failed; empty where it did not. */
  readonly because: string;
  /** When somebody last found a change that nobody signed; empty where nobody did. */
  readonly lastUnknownAt: string;
  /** Such changes within thirty days at which nobody has looked. */
  readonly unknownChanges: number;
  /** Acts within thirty days that the target said it did, and that its own log does not have, at which nobody has looked. */
  readonly notShown: number;
  /** When it was last found to end before what was read of it; empty where it never was. */
  readonly cutAt: string;
}

/** Something that was found, as people read it. The texts of the target are bounded, and shown inert. */
export interface TrailFinding {
  readonly system: string;
  readonly number: number;
  readonly kind: TrailFindingKind;
  readonly because: Unexplained | '';
  readonly foundAt: string;
  /** By our clock where the target tells its own, else by the target's; empty where it does not say. */
  readonly happenedAt: string;
  readonly operation: string;
  readonly target: string;
  readonly text: string;
  /** Where it came from, as the target saw it. */
  readonly from: string;
  /** Of an act that is not shown there. */
  readonly execution: string;
  readonly proposal: string;
  /** How many changes it stands for: of a flood the first are listed, the others counted. */
  readonly count: number;
  /** Who looked at it, when, and what they wrote. Absent where nobody did. */
  readonly seen?: { readonly by: string; readonly at: string; readonly why: string };
}

/** What a person wrote on a finding that they looked at. */
export const SEEN_WHY_CHARS_MAX = 1_000;

/** POST /api/v1/trails/{system}/{number}/seen. */
export interface TrailLookedAt {
  readonly why: string;
}

/** GET /api/v1/trails. */
export interface TrailsView {
  readonly systems: readonly TrailHealth[];
  readonly findings: readonly TrailFinding[];
}
