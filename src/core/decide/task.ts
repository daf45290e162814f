import { parseTime } from '../../base/time.ts';
import type { ProposalState } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import { TASK_MOVES, type TaskAsks, type TaskMove, type TaskOutcome, type TaskState } from '../../model/task.ts';

/** Where a task stands: a pure function of how it was settled and of its proposal. The clock moves nothing. */
export function taskStateOf(outcome: TaskOutcome | undefined, proposal: ProposalState): TaskState {
  if (outcome !== undefined) return outcome;
  return proposal === 'in_review' ? 'open' : 'lapsed';
}

/** Who has a part in a task. */
export interface TaskPeople {
  readonly askedBy: Person['id'];
  readonly owner: Person['id'];
}

/**
 * What this person may do with a task. Whoever works here may bring what was asked for, because it may lie with somebody
 * else than was asked; only who was asked says that it cannot be got, and only who asked takes it back.
 */
export function movesOf(state: TaskState, task: TaskPeople, person: Person['id'], works: boolean): readonly TaskMove[] {
  const mine: { readonly [M in TaskMove]: boolean } = {
    answer: works,
    give_up: works && task.owner === person,
    withdraw: task.askedBy === person,
  };
  return (Object.keys(TASK_MOVES[state]) as TaskMove[]).filter(move => mine[move]);
}

/** Whether a moment at which it is due can be meant: after now, and before the proposal expires. */
export function isDueInTime(dueAt: string, now: number, reviewBy: number): boolean {
  const due = parseTime(dueAt);
  return due !== undefined && now < due && due <= reviewBy;
}

/** What is wanted in one line, without the free words. */
export function wantedText({ source, entity, from, to }: TaskAsks): string {
  return `records of ${source} about ${entity}, ${minute(from)} to ${minute(to)}`;
}

/** What a reviewer signs as the reason for which they ask for more. The page writes it as the server does. */
export function taskText(asks: TaskAsks): string {
  const words = asks.words.trim();
  return `Asks for ${wantedText(asks)}.${words === '' ? '' : ` ${words}`}`;
}

/** What a record that answers a task is said to say, where it stands as evidence. */
export function answersText(asks: TaskAsks): string {
  return `Brought because a reviewer asked for ${wantedText(asks)}`;
}

/** Who contributed once somebody answered: they supplied evidence, so from T2 on they do not sign. */
export function contributorsWith(contributors: readonly Person['id'][], person: Person['id']): readonly Person['id'][] {
  return [...new Set([...contributors, person])].sort();
}

/** `2026-11-27 09:05 UTC`. */
function minute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)} UTC`;
}
