import { beginReview, finishReview } from '../../src/app/proposals/review.ts';
import type { ReadStudy } from '../../src/app/proposals/study.ts';
import { tasksOfPerson } from '../../src/app/proposals/task-rows.ts';
import { settleTask, worksHere } from '../../src/app/proposals/tasks.ts';
import { fail, type Result } from '../../src/base/result.ts';
import { MS_PER_HOUR, rfc3339, unixMsFrom } from '../../src/base/time.ts';
import { taskText } from '../../src/core/decide/task.ts';
import type { Failure } from '../../src/model/failure.ts';
import type { TaskAsks, TaskRequest, TaskSettle, TaskView } from '../../src/model/task.ts';
import type { Installation, Member } from './installation.ts';
import { know, withPlanner } from './proposals.ts';

export const ASKS: TaskAsks = {
  source: 'okta',
  entity: 'app_jo',
  from: '2026-11-27T08:00:00.000Z',
  to: '2026-11-27T09:00:00.000Z',
  words: 'Was it the laptop that he always uses?',
};

/** Asks as the page does: the reason that is signed is what is asked. */
export async function tryAsk(
  world: Installation,
  by: Member,
  owner: Member,
  proposal: string,
  wish: Partial<TaskRequest> & { readonly reason?: string; readonly verdict?: 'ask_for_more' | 'reject' } = {},
): Promise<Result<true, Failure>> {
  const { current } = await know(world, proposal);
  const asks = wish.asks ?? ASKS;
  const begun = await beginReview(world.context, by.person, proposal, {
    verdict: wish.verdict ?? 'ask_for_more',
    revision: current.revision,
    actDigest: current.actDigest,
    presentationDigest: current.presentationDigest,
    reason: wish.reason ?? taskText(asks),
    acknowledged: [],
    task: {
      asks,
      owner: wish.owner ?? owner.person.id,
      dueAt: wish.dueAt ?? rfc3339(unixMsFrom(world.context.now() + MS_PER_HOUR)),
    },
  });
  if (!begun.ok) return fail(begun.failure);
  const assertion = by.authenticator.assert(Buffer.from(begun.value.challenge, 'base64url'));
  return finishReview(world.context, by.person, proposal, {
    nonce: begun.value.intent.nonce,
    signature: { kind: 'passkey', assertion },
  });
}

/** What is asked of somebody, open ones first. */
export async function askedOf(world: Installation, member: Member): Promise<readonly TaskView[]> {
  const { context } = world;
  return (await tasksOfPerson(context, member.person, worksHere(context, member.person))).ofMe;
}

export function settle(world: Installation, study: ReadStudy, by: Member, task: string, how: TaskSettle) {
  return withPlanner(world, settleTask(world.context, study, by.person, task, how));
}
