import { rfc3339, unixMsFrom } from '../../base/time.ts';
import { movesOf, taskStateOf } from '../../core/decide/task.ts';
import type { Person } from '../../model/review.ts';
import type { TaskAsks, TaskList, TaskOutcome, TaskView } from '../../model/task.ts';
import { openBlob } from '../blob.ts';
import type { Db, ServerContext } from '../context.ts';
import { hiddenOf } from '../drills/sight.ts';
import { type KnownProposal, knowProposals } from './facts.ts';

/** Tasks of a person that are listed, the newest first. */
const LISTED_MAX = 200;

/** A task as its rows say. Where it stands follows from these and from its proposal. */
export interface StoredTask {
  readonly id: TaskView['id'];
  readonly proposal: TaskView['proposal'];
  readonly revision: number;
  readonly askedBy: Person['id'];
  readonly owner: Person['id'];
  readonly asks: TaskAsks;
  readonly dueAt: number;
  readonly at: number;
  readonly logIndex: number | undefined;
  readonly end:
    | {
        readonly outcome: TaskOutcome;
        readonly by: Person['id'];
        readonly at: number;
        readonly words: string | undefined;
        readonly evidence: readonly `evd_${string}`[];
        readonly revision: number | undefined;
        readonly logIndex: number | undefined;
      }
    | undefined;
}

type Wanted = { readonly task: string } | { readonly proposal: string } | { readonly person: Person['id'] };

interface Row {
  readonly id: StoredTask['id'];
  readonly proposal: StoredTask['proposal'];
  readonly revision: number;
  readonly asked_by: Person['id'];
  readonly owner: Person['id'];
  readonly asks: TaskAsks;
  readonly due_at: Date;
  readonly at: Date;
  readonly idx: string | null;
  readonly outcome: TaskOutcome | null;
  readonly by: Person['id'] | null;
  readonly end_at: Date | null;
  readonly commit: string | null;
  readonly salt: Buffer | null;
  readonly bytes: Buffer | null;
  readonly evidence: `evd_${string}`[] | null;
  readonly end_revision: number | null;
  readonly end_idx: string | null;
}

const WHERE = {
  task: 't.id = $2',
  proposal: 't.proposal_id = $2',
  person: '(t.owner_id = $2 OR t.asked_by = $2)',
} as const;

/** The newest first. */
export async function readTasks(context: ServerContext, db: Db, wanted: Wanted): Promise<readonly StoredTask[]> {
  const [where, value] =
    'task' in wanted
      ? [WHERE.task, wanted.task]
      : 'proposal' in wanted
        ? [WHERE.proposal, wanted.proposal]
        : [WHERE.person, wanted.person];
  const { rows } = await db.query<Row>(
    `SELECT t.id, t.proposal_id AS proposal, t.revision, t.asked_by, t.owner_id AS owner, t.asks, t.due_at, t.at, l.idx,
            e.outcome, e.by, e.at AS end_at, e.words_commit AS commit, b.salt, b.bytes, e.evidence, e.revision AS end_revision, m.idx AS end_idx
       FROM evidence_task t
       LEFT JOIN evidence_task_end e ON e.tenant_id = t.tenant_id AND e.task_id = t.id
       LEFT JOIN audit_blob b ON b.tenant_id = e.tenant_id AND b.commit_hex = e.words_commit
       LEFT JOIN audit_entry l ON l.tenant_id = t.tenant_id AND l.pending_id = t.pending_id
       LEFT JOIN audit_entry m ON m.tenant_id = e.tenant_id AND m.pending_id = e.pending_id
      WHERE t.tenant_id = $1 AND ${where} ORDER BY t.id DESC LIMIT $3`,
    [context.tenant, value, LISTED_MAX],
  );
  return rows.map(storedOf);
}

const indexOf = (idx: string | null) => (idx === null ? undefined : Number(idx));

function storedOf(row: Row): StoredTask {
  return {
    id: row.id,
    proposal: row.proposal,
    revision: row.revision,
    askedBy: row.asked_by,
    owner: row.owner,
    asks: row.asks,
    dueAt: row.due_at.getTime(),
    at: row.at.getTime(),
    logIndex: indexOf(row.idx),
    end:
      row.outcome === null || row.by === null || row.end_at === null
        ? undefined
        : {
            outcome: row.outcome,
            by: row.by,
            at: row.end_at.getTime(),
            words:
              row.commit === null || row.commit === ''
                ? ''
                : openBlob({ commit: row.commit, salt: row.salt, bytes: row.bytes }),
            evidence: row.evidence ?? [],
            revision: row.end_revision ?? undefined,
            logIndex: indexOf(row.end_idx),
          },
  };
}

const time = (ms: number) => rfc3339(unixMsFrom(ms));

function viewOf(
  context: ServerContext,
  task: StoredTask,
  known: KnownProposal,
  person: Person | undefined,
  works: boolean,
): TaskView {
  const nameOf = (id: Person['id']) => known.people.get(id)?.name ?? id;
  const state = taskStateOf(task.end?.outcome, known.state);
  return {
    id: task.id,
    proposal: task.proposal,
    sentence: known.presentation.sentence,
    revision: task.revision,
    asks: task.asks,
    askedBy: nameOf(task.askedBy),
    owner: nameOf(task.owner),
    at: time(task.at),
    dueAt: time(task.dueAt),
    isOverdue: state === 'open' && context.now() > task.dueAt,
    state,
    settled:
      task.end === undefined
        ? undefined
        : {
            by: nameOf(task.end.by),
            at: time(task.end.at),
            words: task.end.words,
            evidence: task.end.evidence,
            revision: task.end.revision,
            logIndex: task.end.logIndex,
          },
    logIndex: task.logIndex,
    may: person === undefined ? [] : movesOf(state, task, person.id, works),
  };
}

/** What was asked for a proposal, open ones first and then the newest. */
export async function tasksOfProposal(
  context: ServerContext,
  known: KnownProposal,
  person: Person | undefined,
  works: boolean,
): Promise<readonly TaskView[]> {
  const tasks = await readTasks(context, context.pool, { proposal: known.stored.id });
  return openFirst(tasks.map(task => viewOf(context, task, known, person, works)));
}

/** What a person was asked for, and what they asked of others. */
export async function tasksOfPerson(context: ServerContext, person: Person, works: boolean): Promise<TaskList> {
  const tasks = await readTasks(context, context.pool, { person: person.id });
  const about = [...new Set(tasks.map(({ proposal }) => proposal))];
  const hidden = await hiddenOf(context, about, person);
  const shown = about.filter(id => !hidden.has(id));
  const known = new Map((await knowProposals(context, shown)).map(one => [one.stored.id as string, one] as const));
  const views = (mine: readonly StoredTask[]) =>
    openFirst(
      mine.flatMap(task => {
        const proposal = known.get(task.proposal);
        return proposal === undefined ? [] : [viewOf(context, task, proposal, person, works)];
      }),
    );
  return {
    ofMe: views(tasks.filter(({ owner }) => owner === person.id)),
    byMe: views(tasks.filter(({ owner, askedBy }) => askedBy === person.id && owner !== person.id)),
  };
}

function openFirst(views: readonly TaskView[]): readonly TaskView[] {
  return [...views].sort(
    (a, b) => Number(b.state === 'open') - Number(a.state === 'open') || (a.dueAt < b.dueAt ? -1 : 1),
  );
}

/** Of each of these proposals, how many things that were asked for it are open, and how many of those of this person. */
export async function openTasksOf(
  context: ServerContext,
  proposals: readonly string[],
  person: Person | undefined,
): Promise<ReadonlyMap<string, { readonly open: number; readonly ofMe: number }>> {
  if (proposals.length === 0) return new Map();
  const { rows } = await context.pool.query<{ proposal: string; open: number; of_me: number }>(
    `SELECT t.proposal_id AS proposal, count(*)::int AS open, (count(*) FILTER (WHERE t.owner_id = $3))::int AS of_me FROM evidence_task t
      WHERE t.tenant_id = $1 AND t.proposal_id = ANY ($2)
        AND NOT EXISTS (SELECT FROM evidence_task_end e WHERE e.tenant_id = t.tenant_id AND e.task_id = t.id) GROUP BY 1`,
    [context.tenant, proposals, person?.id ?? ''],
  );
  return new Map(rows.map(row => [row.proposal, { open: row.open, ofMe: row.of_me }]));
}
