/** What a reviewer asked somebody to get before they decide. It decides nothing, and neither does its silence. */
import type { Id } from '../base/id.ts';

export const TASK_SOURCE_CHARS_MAX = 200;
export const TASK_ENTITY_CHARS_MAX = 300;
export const TASK_WORDS_CHARS_MAX = 1_000;
/** Of an answer, or of why it could not be got. */
export const TASK_SETTLED_CHARS_MAX = 2_000;
/** Tasks of one proposal that are open at once. */
export const TASKS_OPEN_MAX = 10;
/** Records of one answer. */
export const TASK_RECORDS_MAX = 10;

/** What is wanted, concretely. Closed; `from` and `to` are RFC 3339, and `words` may be empty. */
export interface TaskAsks {
  /** Whose records: a source, a product, a log. */
  readonly source: string;
  /** About whom or what. */
  readonly entity: string;
  readonly from: string;
  readonly to: string;
  readonly words: string;
}

export type TaskMove = 'answer' | 'give_up' | 'withdraw';
/** `lapsed`: what it was asked for was decided, or ended, without it. */
export type TaskState = 'open' | 'answered' | 'unobtainable' | 'withdrawn' | 'lapsed';
/** How a task can be settled by a person. */
export type TaskOutcome = Exclude<TaskState, 'open' | 'lapsed'>;

/** Every move that there is. Only people move a task, once; `lapsed` follows from the proposal and from nothing else. */
export const TASK_MOVES = {
  open: { answer: 'answered', give_up: 'unobtainable', withdraw: 'withdrawn' },
  answered: {},
  unobtainable: {},
  withdrawn: {},
  lapsed: {},
} as const satisfies Record<TaskState, { readonly [M in TaskMove]?: TaskOutcome }>;

/* ---------- what crosses the wire ---------- */

/** Part of POST /api/v1/proposals/:id/reviews/begin with `ask_for_more`: the reason that is signed is what is asked. */
export interface TaskRequest {
  readonly asks: TaskAsks;
  readonly owner: Id<'person'>;
  /** RFC 3339; before the proposal expires. */
  readonly dueAt: string;
}

/** POST /api/v1/tasks/:id/settle */
export type TaskSettle =
  | { readonly move: 'answer'; readonly evidence: readonly Id<'evidence'>[]; readonly words: string }
  | { readonly move: 'give_up'; readonly words: string }
  | { readonly move: 'withdraw' };

export interface TaskView {
  readonly id: Id<'task'>;
  readonly proposal: Id<'proposal'>;
  /** What the proposal would do. */
  readonly sentence: string;
  /** That it was asked of. */
  readonly revision: number;
  readonly asks: TaskAsks;
  readonly askedBy: string;
  readonly owner: string;
  readonly at: string;
  readonly dueAt: string;
  readonly isOverdue: boolean;
  readonly state: TaskState;
  readonly settled:
    | {
        readonly by: string;
        readonly at: string;
        /** Undefined where what is stored is not what was written. */
        readonly words: string | undefined;
        readonly evidence: readonly Id<'evidence'>[];
        /** That cites the answer. */
        readonly revision: number | undefined;
        readonly logIndex: number | undefined;
      }
    | undefined;
  readonly logIndex: number | undefined;
  /** What whoever is looking may do with it. */
  readonly may: readonly TaskMove[];
}

/** GET /api/v1/tasks: what is asked of whoever asks, and what they asked of others; open ones first. */
export interface TaskList {
  readonly ofMe: readonly TaskView[];
  readonly byMe: readonly TaskView[];
}
