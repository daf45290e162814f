import type { Gap } from '../../../model/claim.ts';
import type { Answer, AnswerRow, AskedSpan, Query } from '../../../model/query.ts';
import { answerAlerts, answerAround, answerCount } from './answer-alerts.ts';
import { coverageRows, entityRows, heldRows } from './answer-others.ts';
import { answerValues } from './answer-values.ts';
import type { Asked } from './asked.ts';
import { matching } from './filter.ts';
import { sentenceOf } from './query-text.ts';

/** What one form gave, before it is said what was left out. */
export interface Found {
  readonly columns: readonly string[];
  readonly rows: readonly AnswerRow[];
  /** Rows that there are, those that were cut off among them. */
  readonly total: number;
  /** Alerts that match. */
  readonly alerts: number;
  /** Rows that the records do not bear out. */
  readonly unsound: number;
}

/** Questions that are answered beside the incident's alerts: from our own counts, and from the log. */
export type BesideQuery = Extract<Query, { readonly form: 'prevalence' | 'decisions' }>;
export type WithinQuery = Exclude<Query, BesideQuery>;

/**
 * Answers a query from what was read of an incident: rows that were recomputed from the raw records, each with its
 * citations, how many there are, and what was left out. Where nothing is found it says what that is worth: not seen in
 * the telemetry that we have, with the gaps of that time. Pure, and bounded by what was read.
 */
export function answerOf(query: WithinQuery, asked: Asked): Answer {
  const found = foundBy(query, asked);
  return answerFrom(query, asked, found);
}

/** The same for rows that were found elsewhere. */
export function answerFrom(query: Query, asked: Asked, found: Found): Answer {
  const restsOnAlerts = query.form !== 'prevalence' && query.form !== 'decisions' && query.form !== 'coverage';
  const span = spanOf(query);
  const isAbsent = query.form === 'absent' ? found.alerts === 0 : found.rows.length === 0 && restsOnAlerts;
  return {
    query,
    sentence: sentenceOf(query, labelsOf(asked)),
    columns: found.columns,
    rows: found.rows,
    totals: { rows: found.total, alerts: found.alerts, looked: asked.records.length, of: asked.total },
    leftOut: restsOnAlerts ? leftOut(asked, found) : cutOff(found),
    absence: isAbsent ? absenceOf(asked, span) : undefined,
  };
}

function foundBy(query: WithinQuery, asked: Asked): Found {
  switch (query.form) {
    case 'alerts':
      return answerAlerts(query, asked);
    case 'values':
      return answerValues(query, asked);
    case 'count':
      return answerCount(query, asked);
    case 'around':
      return answerAround(query, asked);
    case 'entities':
      return entityRows(query, asked);
    case 'held':
      return heldRows(query, asked);
    case 'coverage':
      return coverageRows(query, asked);
    case 'absent': {
      const seen = matching(asked.records, query.where).length;
      return seen > 0
        ? answerAlerts({ form: 'alerts', where: query.where, order: 'first', limit: ABSENT_ROWS }, asked)
        : {
            ...coverageRows(
              {
                form: 'coverage',
                ...(query.where.span === undefined ? {} : { span: query.where.span }),
                only: 'all',
                limit: ABSENT_ROWS,
              },
              asked,
            ),
            alerts: 0,
          };
    }
  }
}

const ABSENT_ROWS = 25;

/** Names of the incident's entities as recorded, by key. */
export function labelsOf({ records }: Pick<Asked, 'records'>): (key: string) => string | undefined {
  return key => {
    for (const { alert } of records) {
      for (const { kind, value, label } of alert.entities) if (`${kind}:${value}` === key) return label;
    }
    return undefined;
  };
}

function spanOf(query: Query): AskedSpan | undefined {
  return 'where' in query ? query.where.span : query.form === 'coverage' ? query.span : undefined;
}

function cutOff({ total, rows }: Found): readonly string[] {
  return total > rows.length ? [`${total - rows.length} of ${total} rows are not shown.`] : [];
}

function leftOut(asked: Asked, found: Found): readonly string[] {
  const sentences = [...cutOff({ ...found, total: Math.max(found.rows.length, found.total - found.unsound) })];
  const unread = asked.total - asked.records.length;
  if (unread > 0)
    sentences.unshift(
      `${unread} of ${asked.total} alerts of this incident were not looked at. Those that were are the first, the last and the gravest, and those within the time that is asked about as far as there is room.`,
    );
  if (found.unsound > 0)
    sentences.push(`${found.unsound} rows were left out, because the records do not hold what they would say.`);
  return sentences;
}

/** Gaps that are named with an absence. */
const GAPS_MAX = 20;

function absenceOf({ gaps, coverage, records, total }: Asked, span: AskedSpan | undefined): Answer['absence'] {
  const inTime = gaps.filter(gap => touches(gap, span));
  const unread = total > records.length ? ' Not all alerts were looked at.' : '';
  const worth =
    inTime.length > 0
      ? `The telemetry has ${inTime.length === 1 ? 'a gap' : `${inTime.length} gaps`} in that time, so it may have happened all the same.`
      : coverage.verdict === 'complete'
        ? 'What was expected in that time was heard.'
        : 'Whether all telemetry of that time came in cannot be told.';
  return { text: `Not seen in the telemetry that we have. ${worth}${unread}`, gaps: inTime.slice(0, GAPS_MAX) };
}

function touches(gap: Gap, span: AskedSpan | undefined): boolean {
  return (span?.from === undefined || gap.to >= span.from) && (span?.to === undefined || gap.from < span.to);
}
