/** What people say of a proposal. None of it decides anything. */
import type { Id } from '../base/id.ts';

/** A comment is at most so long. */
export const COMMENT_CHARS_MAX = 4_000;
/** A proposal takes so many comments; whoever has more to say writes it into the incident. */
export const COMMENTS_MAX = 500;

/** The checks of a review page, as a comment names one. */
export const CHECK_TEXT = {
  grounded: 'Grounded',
  coverage: 'Coverage',
  explained: 'Explained',
  late_news: 'Late news',
  policy: 'Policy',
  fresh: 'Fresh',
  blast: 'Who else it hits',
  undo: 'Undo',
  trade_offs: 'Trade-offs',
  history: 'History',
} as const;

export type CheckName = keyof typeof CHECK_TEXT;
export const CHECK_NAMES = Object.keys(CHECK_TEXT) as CheckName[];

/** What a comment is about: a record that its revision cites, one of the checks, or, empty, all of it. */
export type CommentAbout = '' | CheckName | Id<'evidence'>;

/* ---------- what crosses the wire ---------- */

/** POST /api/v1/proposals/:id/comments. The revision is the one on the page; another one is refused. */
export interface CommentWrite {
  readonly revision: number;
  readonly about: CommentAbout;
  readonly text: string;
}

export interface CommentView {
  readonly id: Id<'comment'>;
  readonly by: string;
  /** Whether they caused, edited or supplied something of what they speak of. */
  readonly isContributor: boolean;
  readonly at: string;
  readonly revision: number;
  readonly about: CommentAbout;
  /** Undefined where what is stored is not what was written: the log holds its commitment. */
  readonly text: string | undefined;
  readonly logIndex: number | undefined;
}

/** GET /api/v1/proposals/:id/comments: the oldest first. */
export interface CommentList {
  readonly rows: readonly CommentView[];
  readonly mayWrite: boolean;
}
