import { fail, ok, type Result } from '../../base/result.ts';
import { authorise, principalOf } from '../../core/decide/authorise.ts';
import { isBoilerplate } from '../../core/decide/reason.ts';
import { isDueInTime, movesOf, taskStateOf, taskText } from '../../core/decide/task.ts';
import type { ReviewBegin } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import { TASK_MOVES, TASKS_OPEN_MAX, type TaskOutcome, type TaskRequest, type TaskSettle } from '../../model/task.ts';
import { keepBlob } from '../blob.ts';
import { type Db, isTaken, record, type ServerContext, transact } from '../context.ts';
import { isHidden } from '../drills/sight.ts';
import { citationsOf, draftWithAnswer } from './answering.ts';
import type { AnswerCitation, Draft } from './draft.ts';
import { type KnownProposal, knowProposal } from './facts.ts';
import { refreshProposal } from './project.ts';
import { insertRevision, type MadeRevision, makeRevision } from './revision.ts';
import type { ReadStudy } from './study.ts';
import { readTasks, type StoredTask } from './task-rows.ts';

/** Whether this person works here, and so can be asked, and can bring what was asked for. */
export function worksHere(context: ServerContext, person: Person): boolean {
  return authorise(context.policy(), principalOf(person), 'propose', {}).isAllowed;
}

/** Why this is not asked so; undefined where it can be. What is signed as the reason has to be what is asked. */
export async function taskRefusal(
  context: ServerContext,
  known: KnownProposal,
  { task, verdict, reason }: Pick<ReviewBegin, 'task' | 'verdict' | 'reason'>,
  db: Db = context.pool,
): Promise<Failure | undefined> {
  if (task === undefined) return undefined;
  if (verdict !== 'ask_for_more' || reason !== taskText(task.asks))
    return failureOf('task.not_what_is_signed', verdict);
  if (known.state !== 'in_review') return failureOf('proposal.wrong_state', known.state);
  if (!(task.asks.from < task.asks.to)) return failureOf('task.no_window', `${task.asks.from} to ${task.asks.to}`);
  if (!isDueInTime(task.dueAt, context.now(), known.current.reviewBy)) return failureOf('task.due', task.dueAt);
  const owner = known.people.get(task.owner);
  if (owner === undefined || !worksHere(context, owner)) return failureOf('task.nobody_to_ask', task.owner);
  const open = (await readTasks(context, db, { proposal: known.stored.id })).filter(one => one.end === undefined);
  return open.length < TASKS_OPEN_MAX ? undefined : failureOf('task.too_many', `${open.length}`);
}

/** Keeps what the review asks for, in the transaction that keeps the review. */
export async function openTask(
  context: ServerContext,
  client: Db,
  known: KnownProposal,
  by: Person,
  nonce: string,
  task: TaskRequest,
): Promise<Result<true, Failure>> {
  const asked = { task, verdict: 'ask_for_more', reason: taskText(task.asks) } as const;
  const refusal = await taskRefusal(context, known, asked, client);
  if (refusal !== undefined) return fail(refusal);
  const { rows } = await client.query<{ id: `rev_${string}` }>(
    'SELECT id FROM review WHERE tenant_id = $1 AND nonce = $2',
    [context.tenant, nonce],
  );
  const review = rows[0]?.id;
  if (review === undefined) return fail(failureOf('not_found', nonce));
  const id = context.newId('task');
  const pendingId = await record(context, client, {
    type: 'task.opened',
    task: id,
    proposal: known.stored.id,
    revision: String(known.current.revision),
    review,
    by: by.id,
    owner: task.owner,
    dueAt: task.dueAt,
  });
  await client.query(
    `INSERT INTO evidence_task (tenant_id, id, proposal_id, revision, review_id, asked_by, owner_id, asks, due_at, at, pending_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      context.tenant,
      id,
      known.stored.id,
      known.current.revision,
      review,
      by.id,
      task.owner,
      JSON.stringify(task.asks),
      new Date(task.dueAt),
      new Date(context.now()),
      pendingId,
    ],
  );
  context.live.publish({ kind: 'proposal', id: known.stored.id, state: known.state });
  return ok(true);
}

/**
 * Settles a task, once. An answer is records that are kept here: the proposal is looked at anew, and its next revision
 * cites them, so every review before it is void, and whoever brought them contributed.
 */
export async function settleTask(
  context: ServerContext,
  readStudy: ReadStudy,
  person: Person,
  id: string,
  settle: TaskSettle,
): Promise<Result<true, Failure>> {
  const [task] = await readTasks(context, context.pool, { task: id });
  const known = task === undefined ? undefined : await knowProposal(context, task.proposal);
  const isThere = task !== undefined && known !== undefined && !(await isHidden(context, task.proposal, person));
  if (!isThere) return fail(failureOf('not_found', id));
  const refusal = moveRefusal(context, known, task, person, settle);
  if (refusal !== undefined) return fail(refusal);
  if (settle.move !== 'answer') return keepEnd(context, known, task, person, settle, undefined);
  const answer = await answerOf(context, readStudy, known, task, person, settle.evidence);
  return answer.ok ? keepEnd(context, known, task, person, settle, answer.value) : answer;
}

function moveRefusal(
  context: ServerContext,
  known: KnownProposal,
  task: StoredTask,
  person: Person,
  settle: TaskSettle,
): Failure | undefined {
  const state = taskStateOf(task.end?.outcome, known.state);
  if (!(settle.move in TASK_MOVES[state])) return failureOf('task.settled', state);
  if (!movesOf(state, task, person.id, worksHere(context, person)).includes(settle.move))
    return failureOf('task.not_yours', person.id);
  if (settle.move === 'give_up' && isBoilerplate(settle.words))
    return failureOf('review.reason_missing', 'says nothing of why it cannot be got');
  return undefined;
}

/** What makes the revision that cites an answer. */
interface Answer {
  readonly draft: Draft;
  readonly made: MadeRevision;
  readonly brought: readonly AnswerCitation[];
}

async function answerOf(
  context: ServerContext,
  readStudy: ReadStudy,
  known: KnownProposal,
  task: StoredTask,
  person: Person,
  evidence: readonly `evd_${string}`[],
): Promise<Result<Answer, Failure>> {
  const shown = new Set<string>(known.presentation.evidence.map(one => one.id));
  const news = [...new Set(evidence)].filter(one => !shown.has(one));
  if (news.length === 0) return fail(failureOf('task.nothing_new', evidence.join(', ')));
  const brought = await citationsOf(context, task.asks, news);
  if (brought.length !== news.length) return fail(failureOf('not_found', news.join(', ')));
  const draft = await draftWithAnswer(context, readStudy, known, person, brought);
  if (!draft.ok) return draft;
  const made = await makeRevision(context, person, draft.value);
  return made.ok ? ok({ draft: draft.value, made: made.value, brought }) : made;
}

/** Each way of settling by its name in the table of moves. */
const OUTCOMES: { readonly [M in TaskSettle['move']]: TaskOutcome } = TASK_MOVES.open;

async function keepEnd(
  context: ServerContext,
  known: KnownProposal,
  task: StoredTask,
  person: Person,
  settle: TaskSettle,
  answer: Answer | undefined,
): Promise<Result<true, Failure>> {
  try {
    return await transact(context, async client => {
      if (answer !== undefined) {
        const now = await knowProposal(context, known.stored.id, client);
        if (now?.state !== 'in_review' || now.current.revision !== known.current.revision)
          return fail(failureOf('task.settled', now?.state ?? ''));
        await insertRevision(context, client, answer.draft, answer.made);
        await refreshProposal(context, client, known.stored.id);
      }
      const words = settle.move === 'withdraw' ? '' : settle.words;
      const wordsCommit = words === '' ? '' : await keepBlob(context, client, words, 'text/plain');
      const evidence = answer?.brought.map(one => one.evidence) ?? [];
      const outcome = OUTCOMES[settle.move];
      const pendingId = await record(context, client, {
        type: 'task.settled',
        task: task.id,
        proposal: known.stored.id,
        outcome,
        by: person.id,
        evidence,
        revision: answer === undefined ? '' : String(answer.draft.revision),
        wordsCommit,
      });
      await client.query(
        `INSERT INTO evidence_task_end (tenant_id, task_id, outcome, by, words_commit, evidence, revision, at, pending_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          context.tenant,
          task.id,
          outcome,
          person.id,
          wordsCommit,
          evidence,
          answer?.draft.revision ?? null,
          new Date(context.now()),
          pendingId,
        ],
      );
      context.live.publish({ kind: 'proposal', id: known.stored.id, state: 'in_review' });
      return ok(true as const);
    });
  } catch (error) {
    // Somebody else settled it, or changed the proposal, in the same moment.
    if (isTaken(error)) return fail(failureOf('task.settled', task.id));
    throw error;
  }
}
