import type { Id } from '../base/id.ts';
import { ok, type Result } from '../base/result.ts';
import {
  answerFrom,
  answerOf,
  type BesideQuery,
  type Found,
  labelsOf,
  type WithinQuery,
} from '../core/study/ask/answer.ts';
import type { Asked } from '../core/study/ask/asked.ts';
import { examplesOf } from '../core/study/ask/examples.ts';
import { sentenceOf } from '../core/study/ask/query-text.ts';
import { readQuestion } from '../core/study/ask/read-question.ts';
import { vocabularyOf } from '../core/study/ask/vocabulary.ts';
import type { ModelReading } from '../model/api-ai.ts';
import { WITHOUT_MODEL } from '../model/assist.ts';
import type { Failure } from '../model/failure.ts';
import type { Answer, AskAnswer, AskedSpan, AskOffers, AskRequest, Query } from '../model/query.ts';
import type { Person } from '../model/review.ts';
import { decisionRows, prevalenceRow } from './ask-beside.ts';
import type { Assistance } from './assist/assistance.ts';
import type { Wording } from './assist/read-as-query.ts';
import type { ServerContext } from './context.ts';
import { readIncident } from './incidents.ts';
import { fieldReader } from './record-fields.ts';
import type { SearchIndexer } from './search.ts';
import type { Study } from './study.ts';

/** What asking needs of the server. It only reads. */
export interface AskParts {
  readonly context: ServerContext;
  readonly study: Pick<Study, 'studyOf' | 'recordsOf'>;
  readonly indexer: Pick<SearchIndexer, 'lag'>;
  /** Who asks; a machine where absent. Of proposals everybody is told what they are shown elsewhere. */
  readonly person?: Pick<Person, 'id'> | undefined;
}

/** Entities, fields and rules that a builder is offered; whatever else there is can be typed into the question. */
const OFFERED_MAX = 300;

/** What can be asked of an incident: its names, and questions made from them. */
export async function offersOf(parts: AskParts, id: Id<'incident'>): Promise<Result<AskOffers, Failure>> {
  const asked = await askedOf(parts, id, undefined);
  if (!asked.ok) return asked;
  const { words: _, ...vocabulary } = vocabularyOf(asked.value);
  return ok({
    examples: examplesOf(asked.value),
    vocabulary: {
      ...vocabulary,
      entities: vocabulary.entities.slice(0, OFFERED_MAX),
      rules: vocabulary.rules.slice(0, OFFERED_MAX),
      recordFields: vocabulary.recordFields.slice(0, OFFERED_MAX),
    },
  });
}

/**
 * Answers a question, or a query, about one incident. A question is read into queries, all of which are told; they are
 * answered in their order until one finds something, so that no reading stands in for another unseen. Nothing is changed,
 * and the question is kept nowhere.
 */
export async function ask(
  parts: AskParts,
  id: Id<'incident'>,
  request: AskRequest,
): Promise<Result<AskAnswer, Failure>> {
  const asked = await askedOf(parts, id, request.query === undefined ? undefined : spanOf(request.query));
  if (!asked.ok) return asked;
  const reading =
    request.query === undefined
      ? readQuestion(request.question ?? '', vocabularyOf(asked.value), parts.context.now())
      : { queries: [request.query], understood: [], notUnderstood: [] };
  const labels = labelsOf(asked.value);
  const answers: Answer[] = [];
  for (const query of reading.queries) {
    const answer = await answerTo(parts, id, query, asked.value);
    answers.push(answer);
    if (answer.rows.length > 0 && answer.absence === undefined) break;
  }
  return ok({
    understood: reading.understood,
    notUnderstood: reading.notUnderstood,
    queries: reading.queries.map(query => ({ query, sentence: sentenceOf(query, labels) })),
    answers,
    search: searchWords(request.question ?? '', reading.notUnderstood),
  });
}

async function answerTo(parts: AskParts, id: Id<'incident'>, query: Query, asked: Asked): Promise<Answer> {
  if (isBeside(query)) return answerFrom(query, asked, await foundBeside(parts, id, query, asked));
  const span = spanOf(query);
  if (span === undefined || asked.records.length >= asked.total) return answerOf(query, asked);
  // Of an incident that is too large to be read whole, what lies within the time asked about is read besides.
  const { read, total } = await parts.study.recordsOf(id, span);
  return answerOf(query, { ...asked, records: read, total, read: readerOf(read) });
}

/** What a question about an incident can name, for whoever reads it other than by rules. */
export async function wordingOf(
  parts: AskParts,
  id: Id<'incident'>,
  question: string,
): Promise<Result<Wording, Failure>> {
  const asked = await askedOf(parts, id, undefined);
  if (!asked.ok) return asked;
  return ok(wordingIn(parts, id, question, asked.value));
}

function wordingIn({ context }: AskParts, incident: Id<'incident'>, text: string, asked: Asked): Wording {
  return { incident, text, vocabulary: vocabularyOf(asked), now: context.now() };
}

/**
 * How a model reads a question: a query as a person would have built it, shown as a sentence. It is not run; whoever
 * asked runs it, or does not. Where no model speaks, the reason.
 */
export async function readByModel(
  parts: AskParts & { readonly assist: Pick<Assistance, 'readAsQuery'> },
  id: Id<'incident'>,
  question: string,
  by: string,
): Promise<Result<ModelReading, Failure>> {
  const asked = await askedOf(parts, id, undefined);
  if (!asked.ok) return asked;
  const { shown, provider } = await parts.assist.readAsQuery(wordingIn(parts, id, question, asked.value), by);
  const { without, query, dropped, record } = shown;
  return ok({
    without: without ?? '',
    shown: without === undefined ? '' : WITHOUT_MODEL[without],
    provider,
    dropped,
    ...(record === undefined ? {} : { record }),
    ...(query === undefined ? {} : { query, sentence: sentenceOf(query, labelsOf(asked.value)) }),
  });
}

const isBeside = (query: WithinQuery | BesideQuery): query is BesideQuery =>
  query.form === 'prevalence' || query.form === 'decisions';

async function foundBeside(parts: AskParts, id: Id<'incident'>, query: BesideQuery, asked: Asked): Promise<Found> {
  const labels = labelsOf(asked);
  return query.form === 'prevalence'
    ? prevalenceRow(parts.context, query.entity, labels(query.entity), parts.indexer.lag())
    : decisionRows(parts, id, query, query.target === undefined ? undefined : labels(query.target));
}

function spanOf(query: Query): AskedSpan | undefined {
  return 'where' in query ? query.where.span : query.form === 'coverage' ? query.span : undefined;
}

/** Alerts of an incident that was merged away are elsewhere, and so is its answer. */
async function askedOf(
  { context, study }: AskParts,
  id: Id<'incident'>,
  span: AskedSpan | undefined,
): Promise<Result<Asked, Failure>> {
  const incident = await readIncident(context, id);
  if (!incident.ok) return incident;
  const { row, mergedInto } = incident.value;
  const target = mergedInto !== undefined && row.alertCount === 0 ? mergedInto : id;
  const studied = await study.studyOf(target);
  if (!studied.ok) return studied;
  const { read, total } = await study.recordsOf(target, span);
  const { summary, coverage, gaps, identified } = studied.value;
  return ok({
    records: read,
    total,
    window: summary.window,
    read: readerOf(read),
    coverage,
    gaps,
    missing: summary.missing,
    entities: summary.entities,
    identified,
  });
}

function readerOf(read: Asked['records']): Asked['read'] {
  return fieldReader(new Map(read.map(({ alert, record }) => [alert.evidence, record])));
}

const SEARCH_CHARS_MAX = 200;

/** What was not understood may still stand in a record somewhere; without it, the question as it is. */
function searchWords(question: string, notUnderstood: readonly string[]): string {
  const words = notUnderstood.length > 0 ? notUnderstood.join(' ') : question.trim();
  return words.slice(0, SEARCH_CHARS_MAX);
}
