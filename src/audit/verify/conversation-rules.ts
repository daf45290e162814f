import type { Leaf } from './leaf.ts';
import type { Fault, People } from './people.ts';

const fault = (code: string, detail: string): Fault => ({ code, detail });

/** That whoever speaks is an enrolled person, once, of something that was proposed. What they say decides nothing. */
export class ConversationRules {
  readonly #people: People;
  readonly #comments = new Set<string>();

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
}
