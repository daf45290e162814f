/**
 * How people rely on what is proposed to them, and what their reviews look like ahead. Measured to be shown, first to
 * the person: no tier, gate, quorum or authorisation reads any of it, and a test holds that.
 */
import type { UnixMs } from '../base/time.ts';
import type { Tier } from './proposal.ts';
import type { Verdict } from './review.ts';

/** What somebody said before the recommendation was shown: whether it should be done, on the evidence alone. */
export type PreJudgement =
  // `skipped` was possible in earlier versions.
  'do' | 'do_not' | 'cannot_tell' | 'skipped';

/** Parts of the review page whose time on screen is counted. */
export const REVIEW_SECTIONS = ['changes', 'checks', 'evidence', 'recommendation', 'people'] as const;
export type ReviewSection = (typeof REVIEW_SECTIONS)[number];

/** Whole seconds on screen; coarse by intent. */
export type SectionDwell = { readonly [S in ReviewSection]?: number };

/** One review of one revision, as far as anything of it was recorded. Undefined is unknown, and is never counted as 0. */
export interface DecisionRecord {
  /** Opaque: only ever compared. */
  readonly person: string;
  readonly tier: Tier;
  /** Responder and operation. */
  readonly kind: string;
  readonly shownAt: UnixMs | undefined;
  readonly decidedAt: UnixMs;
  readonly dwell: SectionDwell;
  readonly evidenceOpened: number;
  /** Records that had to be opened before an approval was taken. */
  readonly evidenceRequired: number;
  /** Records that the proposal cites. */
  readonly evidenceCited: number | undefined;
  /** Statements that the proposal rests on. */
  readonly claims: number | undefined;
  readonly verdict: Verdict;
  /** Undefined where it was not asked. */
  readonly preJudgement: PreJudgement | undefined;
  /** What rules or a model advised. */
  readonly advised: 'do' | 'do_not';
  /** What people who had no part in it said afterwards, where all of them say the same. */
  readonly judgedAfterwards: 'right' | 'wrong' | undefined;
  /** Undefined where it was not carried out. It says nothing of whether it was right: good acts end, too. */
  readonly wasUndone: boolean | undefined;
  readonly drill: { readonly shouldBeDone: boolean } | undefined;
}

/** A share or a score. Too few to tell is an answer of its own, and never 0. */
export type Figure =
  | {
      readonly kind: 'known';
      readonly value: number;
      readonly n: number;
      /** Where the true value lies, 19 times of 20. */
      readonly low: number;
      readonly high: number;
    }
  | { readonly kind: 'unknown'; readonly n: number; readonly needs: number };

/** Seconds from shown to decided. */
export type DwellSpread =
  | {
      readonly kind: 'known';
      readonly n: number;
      readonly p10: number;
      readonly p50: number;
      readonly p90: number;
      /** Left out: longer than anybody reads. */
      readonly away: number;
    }
  | { readonly kind: 'unknown'; readonly n: number; readonly needs: number };

/** In the order in which a page shows them. */
export const FIGURE_NAMES = [
  'overrideRate',
  'overReliance',
  'underReliance',
  'switchedWhenAdviceWasRight',
  'stayedWhenAdviceWasWrong',
  'sensitivity',
  'criterion',
  'drillFalseApprovals',
  'openedBeforeApproving',
  'rubberStamped',
  'overridePrecision',
  'undone',
] as const;
export type FigureName = (typeof FIGURE_NAMES)[number];

export type RelianceFigures = { readonly [F in FigureName]: Figure } & {
  readonly decisions: number;
  readonly dwell: DwellSpread;
};

/** What each figure means, in one sentence. */
export const FIGURE_TEXT: { readonly [F in FigureName | 'dwell']: { readonly name: string; readonly means: string } } =
  {
    overrideRate: { name: 'Override rate', means: 'How often the verdict went against what was proposed.' },
    overReliance: {
      name: 'Over-reliance',
      means: 'Of proposals that were wrong, as a drill or a later judgement says, how many were approved.',
    },
    underReliance: {
      name: 'Under-reliance',
      means: 'Of proposals that were right, how many were rejected.',
    },
    switchedWhenAdviceWasRight: {
      name: 'Switched to right advice (RAIR)',
      means: 'Where the judgement before the advice was wrong and the advice right, how often the verdict followed it.',
    },
    stayedWhenAdviceWasWrong: {
      name: 'Stayed against wrong advice (RSR)',
      means: 'Where the judgement before the advice was right and the advice wrong, how often the verdict stayed.',
    },
    sensitivity: {
      name: "Telling right from wrong (d')",
      means: 'How far apart right and wrong proposals are in the verdicts: 0 is guessing, above 2 is good.',
    },
    criterion: {
      name: 'Leaning (criterion)',
      means: 'Above 0 leans towards approving, below 0 towards rejecting, whatever the proposal is worth.',
    },
    drillFalseApprovals: {
      name: 'Wrong drills approved',
      means: 'Of drills that were wrong on purpose, how many were approved.',
    },
    openedBeforeApproving: {
      name: 'Evidence opened before approving',
      means: 'How many approvals came after opening at least one record.',
    },
    rubberStamped: {
      name: 'Faster than can be read',
      means:
        'How many approvals came faster than the statements can be read, with no record opened beyond what must be.',
    },
    overridePrecision: {
      name: 'Overrides that were right',
      means: 'Of overrides that were judged later, how many were right.',
    },
    undone: { name: 'Undone later', means: 'How many approved acts were undone; good acts end that way, too.' },
    dwell: { name: 'Time from shown to decided', means: 'Seconds from the first look at a proposal to the verdict.' },
  };

/** What a person's own decisions drifted to, against their own first ones. Told to nobody else. */
export type DriftAspect = 'haste' | 'refusing';
export type Drift =
  | { readonly kind: 'too_few'; readonly n: number; readonly needs: number }
  /** It was so from the beginning: there is no change to be seen, and the figures say it. */
  | { readonly kind: 'always'; readonly n: number }
  | { readonly kind: 'steady'; readonly n: number }
  | { readonly kind: 'alarm'; readonly n: number; readonly at: UnixMs };

export const DRIFT_TEXT: { readonly [A in DriftAspect]: string } = {
  haste: 'approving faster than can be read, without opening records, more often than at first',
  refusing: 'going against what is proposed more often than at first',
};

/** Only ever given to the person whose figures they are. */
export interface OwnReliance {
  readonly figures: RelianceFigures;
  readonly drift: { readonly [A in DriftAspect]: Drift };
}

/** Figures of at least {@link TEAM_PEOPLE_MIN} people, none of whom made most of the decisions. It names nobody. */
export type TeamGroup =
  | { readonly kind: 'shown'; readonly figures: RelianceFigures }
  | { readonly kind: 'too_few_people' };

export const TEAM_PEOPLE_MIN = 5;

export interface TeamReliance {
  readonly all: TeamGroup;
  readonly byTier: readonly { readonly of: string; readonly group: TeamGroup }[];
  readonly byKind: readonly { readonly of: string; readonly group: TeamGroup }[];
}

/** Hours, or why none can be told. */
export type Expected =
  | { readonly kind: 'hours'; readonly hours: number }
  | { readonly kind: 'cannot_tell'; readonly n: number; readonly needs: number };

export interface TierLoad {
  readonly tier: Tier;
  readonly open: number;
  /** Signatures that the open ones still wait for. */
  readonly signaturesNeeded: number;
  readonly arrivalsPerHour: number;
  readonly signaturesPerHour: number;
  /** How many signatures that rate is of. */
  readonly n: number;
  readonly wait: Expected;
  /** Open ones that nobody looked at and whose turn comes after they expire; undefined where that cannot be told. */
  readonly expireUnseen: { readonly count: number; readonly firstAt: string | undefined } | undefined;
  readonly trend: 'growing' | 'steady' | 'shrinking' | 'cannot_tell';
}

/** What waits for reviewers, from what was observed in the last days. It throttles nothing and approves nothing. */
export interface LoadForecast {
  readonly observedHours: number;
  readonly tiers: readonly TierLoad[];
}

/** GET /api/v1/reliance: about whoever asks, and what may be said of everybody. */
export interface RelianceView {
  readonly since: string;
  /** Newer decisions than were read, in very busy times. */
  readonly isCut: boolean;
  readonly own: OwnReliance;
  readonly team: TeamReliance;
  readonly forecast: LoadForecast;
  /** Absent where nobody takes part in drills. */
  readonly drills?: { readonly until: string; readonly people: number; readonly isMine: boolean };
}

/** POST /api/v1/reliance/shown → ShownAnswer */
export interface ShownRequest {
  readonly proposal: string;
  readonly revision: number;
}
/** Whether the page asks for a judgement before it shows the recommendation. */
export interface ShownAnswer {
  readonly preJudgement: 'not_asked' | 'asked' | PreJudgement;
}

/** POST /api/v1/reliance/pre-judgement */
export interface PreJudgementRequest extends ShownRequest {
  readonly says: Exclude<PreJudgement, 'skipped'>;
}

/** POST /api/v1/reliance/dwell */
export interface DwellRequest extends ShownRequest {
  readonly sections: SectionDwell;
}

/** POST /api/v1/reliance/judgement: by somebody who neither reviewed nor contributed, once it is over. */
export interface JudgementRequest extends ShownRequest {
  readonly shouldHaveBeenDone: 'yes' | 'no' | 'cannot_tell';
}
