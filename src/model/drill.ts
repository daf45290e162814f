import type { Id } from '../base/id.ts';

/** What is wrong with a drill on purpose. Each passes every automatic check: only somebody who reads notices it. */
export const DRILL_FAULTS = ['wrong_target', 'namesake', 'evidence_swapped', 'another_incident'] as const;
export type DrillFault = (typeof DRILL_FAULTS)[number];

/**
 * What a revision was when it was made, sealed before anybody saw it: the log holds its digest, and the salt of the act
 * is made from it. INVARIANT: every revision has one, and one that opens as a drill opens as nothing else. Closed.
 */
export interface SealOpening {
  readonly v: '1';
  readonly installation: string;
  readonly proposal: Id<'proposal'>;
  readonly revision: string;
  readonly is: 'act' | 'drill';
  /** What is wrong with a drill; empty of an act. */
  readonly fault: DrillFault | '';
  /** 32 random bytes in hex: nobody finds the opening by trying the few that are possible. */
  readonly salt: string;
}

/** A revision's seal as it is kept beside it. The server shows neither to anybody before a drill was decided. */
export interface StoredSeal {
  /** The opening's canonical text. */
  readonly opening: string;
  /** 32 random bytes in hex that stand between opening and salt of the act: an opened drill gives away no act. */
  readonly mask: string;
  /** The entry of the log that holds the seal. */
  readonly pendingId: string;
}

/** Who takes part in drills, by a policy that two people signed. Absent: there are none. */
export interface DrillSetting {
  /** Whose proposals may be drills. Nobody else is ever shown or told of one. */
  readonly team: readonly Id<'person'>[];
  /** Members in whose names drills are proposed. They know of it, and decide on none. */
  readonly leads: readonly Id<'person'>[];
  /** How long a shift is, in whole hours; shifts begin at midnight UTC. */
  readonly shiftHours: number;
  /** The last day, in UTC: `2026-12-31`. */
  readonly until: string;
}

/** What is told of each fault, to whoever decided: what was wrong, and what would have shown it. */
export const FAULT_TEXT: { readonly [F in DrillFault]: { readonly wrong: string; readonly shownBy: string } } = {
  wrong_target: {
    wrong: 'What is stated is about somebody else than the target, who is only named along the way.',
    shownBy: 'Compare the target with the name in the records that the statements rest on.',
  },
  namesake: {
    wrong: 'The target has the name of the account in the records, and is another account on another system.',
    shownBy: 'Compare the system of the target with the system that the records come from.',
  },
  evidence_swapped: {
    wrong: 'The statements do not stand in the records beside them: each stood beside another record.',
    shownBy: 'Open the records: what they hold is not what is said of them.',
  },
  another_incident: {
    wrong: 'The statements are about another incident, and nothing in this one says them.',
    shownBy: 'Look for the records in the alerts of the incident: they are not there.',
  },
};
