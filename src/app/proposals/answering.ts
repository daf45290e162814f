import { fail, ok, type Result } from '../../base/result.ts';
import { presentCoverage } from '../../core/decide/present.ts';
import { answersText, contributorsWith } from '../../core/decide/task.ts';
import { locateIn } from '../../core/study/claims/locate.ts';
import type { Citation } from '../../model/claim.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import type { TaskAsks } from '../../model/task.ts';
import { factOf, proposalsOfExecutions } from '../../store/proposal-facts.ts';
import type { Db, ServerContext } from '../context.ts';
import { recordValue } from '../record-fields.ts';
import type { AnswerCitation, Draft } from './draft.ts';
import { type KnownProposal, knowProposal } from './facts.ts';
import { ANSWERS_CITED_MAX } from './ground.ts';
import type { ReadStudy } from './study.ts';

/** A field is cited up to here. */
const VALUE_CHARS_MAX = 300;

/** What was brought for this proposal so far, as the next revision cites it. */
export async function answersOf(context: ServerContext, known: KnownProposal): Promise<readonly AnswerCitation[]> {
  const { rows } = await context.pool.query<{ asks: TaskAsks; evidence: Citation['evidence'][] }>(
    `SELECT t.asks, e.evidence FROM evidence_task t JOIN evidence_task_end e ON e.tenant_id = t.tenant_id AND e.task_id = t.id
      WHERE t.tenant_id = $1 AND t.proposal_id = $2 AND e.outcome = 'answered' ORDER BY e.at, t.id`,
    [context.tenant, known.stored.id],
  );
  const cited: AnswerCitation[] = [];
  for (const { asks, evidence } of rows) cited.push(...(await citationsOf(context, asks, evidence)));
  return cited;
}

/**
 * Where in each of these records what was asked about stands; else its first field. Records that are not kept here are
 * left out, which the caller sees by their number.
 */
export async function citationsOf(
  context: ServerContext,
  asks: TaskAsks,
  evidence: readonly Citation['evidence'][],
  db: Db = context.pool,
): Promise<readonly AnswerCitation[]> {
  const { rows } = await db.query<{ id: Citation['evidence']; bytes: Buffer; columns: unknown }>(
    `SELECT DISTINCT ON (e.id) e.id, e.bytes, a.body -> 'columns' AS columns FROM evidence e
       LEFT JOIN alert a ON a.tenant_id = e.tenant_id AND a.evidence_id = e.id WHERE e.tenant_id = $1 AND e.id = ANY ($2) ORDER BY e.id`,
    [context.tenant, evidence],
  );
  const records = new Map(rows.map(row => [row.id, row.columns ?? recordValue(row.bytes)]));
  return [...new Set(evidence)].flatMap(id => {
    const record = records.get(id);
    const place = record === undefined ? undefined : (locateIn(record, asks.entity.trim()) ?? firstField(record, ''));
    return place === undefined ? [] : [{ evidence: id, ...place, says: answersText(asks) }];
  });
}

/** The first field that holds something, in the order of the record. */
function firstField(value: unknown, pointer: string): Pick<Citation, 'pointer' | 'value'> | undefined {
  if (typeof value === 'string') return value === '' ? undefined : { pointer, value: value.slice(0, VALUE_CHARS_MAX) };
  if (typeof value === 'number' || typeof value === 'boolean') return { pointer, value: String(value) };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const found = firstField(member, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The proposal as it stands, looked at anew and with what was brought beside its evidence. Whoever brought it supplied
 * evidence, and contributes.
 */
export async function draftWithAnswer(
  context: ServerContext,
  readStudy: ReadStudy,
  known: KnownProposal,
  person: Person,
  brought: readonly AnswerCitation[],
): Promise<Result<Draft, Failure>> {
  const { stored, current, act, presentation } = known;
  const answers = [...(await answersOf(context, known)), ...brought];
  if (answers.length > ANSWERS_CITED_MAX) return fail(failureOf('task.too_much', `${answers.length} records`));
  const study = stored.incident === '' ? undefined : await readStudy(stored.incident);
  const { origin } = stored;
  const chosen = 'option' in origin ? origin.option : '';
  const option = study?.options.find(({ id }) => id === chosen);
  return ok({
    proposal: stored.id,
    revision: current.revision + 1,
    incident: stored.incident,
    origin,
    contributors: contributorsWith(current.contributors, person.id),
    responder: act.responder,
    system: act.target.system,
    operation: act.operation,
    target: { immutableId: act.target.immutableId },
    params: act.params,
    leaseEndsAt: act.leaseEndsAt,
    undoes: stored.undoesExecution,
    undoesTier: await undoneTier(context, stored.undoesExecution),
    citations: current.citations,
    says: new Map(presentation.evidence.map(shown => [`${shown.id}${shown.pointer}`, shown.says])),
    answers,
    coverage: study === undefined ? presentation.coverage : presentCoverage(study.summary.coverage, study.summary.gaps),
    explained: chosen === '' ? 'needs_none' : option?.explained,
  });
}

async function undoneTier(context: ServerContext, execution: string | undefined): Promise<Draft['undoesTier']> {
  if (execution === undefined) return undefined;
  const undone = (await proposalsOfExecutions(context.pool, context.tenant, [execution])).get(execution);
  const known = undone === undefined ? undefined : await knowProposal(context, undone);
  return known?.execution === undefined ? undefined : factOf(known.execution, 'intended')?.body.tier;
}
