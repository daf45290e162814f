import type { Fault } from './fault.ts';
import type { Leaf } from './leaf.ts';
import type { People } from './people.ts';

const fault = (code: string, detail: string): Fault => ({ code, detail });

/**
 * That whoever speaks is an enrolled person, once, of something that was proposed; that what was asked for is what a signed
 * review asked for, and is settled once; and that whoever brought evidence stands among the contributors of the revision
 * that cites it. Nothing that is said decides.
 */
export class ConversationRules {
  readonly #people: People;
  readonly #comments = new Set<string>();
  /** Who asked, for which proposal, and whether it is over. */
  readonly #tasks = new Map<string, { readonly by: string; readonly proposal: string; isSettled: boolean }>();

  constructor(people: People) {
    this.#people = people;
  }

  comment({ comment, proposal, by }: Leaf<'comment.written'>, isProposed: boolean): Fault | undefined {
    if (!isProposed) return fault('comment.unknown_revision', `${comment} is of no revision of ${proposal}`);
    if (!this.#people.isEnrolled(by)) return fault('comment.nobody', `${comment} is by ${by}, who is not enrolled`);
    if (this.#comments.has(comment)) return fault('comment.again', `${comment} stands in an earlier entry, too`);
    this.#comments.add(comment);
    return undefined;
  }

  /** `review` is the signed review of that revision which the entry names. */
  open(
    { task, proposal, by, owner }: Leaf<'task.opened'>,
    review: Leaf<'review.signed'> | undefined,
  ): Fault | undefined {
    if (this.#tasks.has(task)) return fault('task.again', `${task} was asked before`);
    if (review?.intent.verdict !== 'ask_for_more' || review.intent.reviewer !== by)
      return fault('task.not_signed', `no review by ${by} asks for ${task}`);
    if (!this.#people.isEnrolled(owner))
      return fault('task.nobody', `${task} is asked of ${owner}, who is not enrolled`);
    this.#tasks.set(task, { by, proposal, isSettled: false });
    return undefined;
  }

  /** `cites` is the revision that the entry says cites the answer. */
  settle(
    { task, proposal, outcome, by, evidence }: Leaf<'task.settled'>,
    cites: Leaf<'proposal.revised'> | undefined,
  ): Fault | undefined {
    const asked = this.#tasks.get(task);
    if (asked?.proposal !== proposal) return fault('task.unknown', `${task} was never asked for ${proposal}`);
    if (asked.isSettled) return fault('task.settled_again', `${task} was settled before`);
    asked.isSettled = true;
    if (!this.#people.isEnrolled(by)) return fault('task.nobody', `${task} is settled by ${by}, who is not enrolled`);
    if (outcome === 'withdrawn' && by !== asked.by)
      return fault('task.withdrawn_by_other', `${task} was withdrawn by ${by}, who did not ask`);
    if ((outcome === 'answered') !== evidence.length > 0)
      return fault('task.no_evidence', `${task} is ${outcome} with ${evidence.length} records`);
    if (outcome === 'answered' && cites?.contributors.includes(by) !== true)
      return fault('task.not_contributed', `${by} brought evidence and is no contributor of what cites it`);
    return undefined;
  }
}
