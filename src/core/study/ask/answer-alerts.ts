import { type Alert, activityTime, SEVERITY_RANK } from '../../../model/alert.ts';
import type { Citation, Claim } from '../../../model/claim.ts';
import {
  type AnswerCell,
  type AnswerRow,
  type AskedOrder,
  type Query,
  ROW_CITATIONS_MAX,
} from '../../../model/query.ts';
import { durationText } from '../duration-text.ts';
import { extractClaims } from '../facts.ts';
import { minuteText } from '../render-claim.ts';
import { createClaimVerifier } from '../verify-claim.ts';
import type { Found } from './answer.ts';
import type { Asked, AskedRecord } from './asked.ts';
import { matching } from './filter.ts';

type Matched = ReturnType<typeof matching>;

export const timeCell = (at: ReturnType<typeof activityTime>): AnswerCell => ({
  kind: 'time',
  text: `${minuteText(at)} UTC`,
  at,
});
/** Of an incident that was not read whole there may be more. */
export const countCell = (count: number, { records, total }: Pick<Asked, 'records' | 'total'>): AnswerCell => ({
  kind: 'count',
  text: records.length < total ? `at least ${count}` : String(count),
});
export const ours = (text: string): AnswerCell => ({ kind: 'ours', text });

/** What one alert states, recomputed from its record; undefined where the record does not bear it out. */
export function statementOf(alert: Alert, { read }: Pick<Asked, 'read'>): Claim | undefined {
  const [claim] = extractClaims([alert]);
  const settled = claim === undefined ? undefined : createClaimVerifier([alert], read).settle(claim);
  return settled?.verdict.kind === 'verified' ? settled : undefined;
}

export function answerAlerts(query: Extract<Query, { form: 'alerts' }>, asked: Asked): Found {
  const found = inOrder(matching(asked.records, query.where), query.order);
  const rows: AnswerRow[] = [];
  let unsound = 0;
  for (const { one } of found) {
    if (rows.length >= query.limit) break;
    const row = rowOf(one, asked);
    if (row === undefined) unsound++;
    else rows.push(row);
  }
  return { columns: COLUMNS, rows, total: found.length, alerts: found.length, unsound };
}

const COLUMNS = ['When', 'What the record says', 'Severity', 'Product'];

function rowOf({ alert }: AskedRecord, asked: Asked): AnswerRow | undefined {
  const claim = statementOf(alert, asked);
  if (claim === undefined) return undefined;
  const [first] = claim.citations;
  return {
    rests: 'evidence',
    cells: [
      timeCell(activityTime(alert)),
      { kind: 'value', text: claim.text, ...(first === undefined ? {} : { citation: first }) },
      ours(alert.severity),
      { kind: 'value', text: alert.product },
    ],
    citations: claim.citations.slice(0, ROW_CITATIONS_MAX),
  };
}

export function inOrder(found: Matched, order: AskedOrder): Matched {
  const time = ({ one }: Matched[number]): number => activityTime(one.alert);
  const rank = ({ one }: Matched[number]): number => SEVERITY_RANK[one.alert.severity];
  const all = [...found];
  switch (order) {
    case 'first':
    case 'most':
      return all.sort((a, b) => time(a) - time(b));
    case 'last':
      return all.sort((a, b) => time(b) - time(a));
    case 'gravest':
      return all.sort((a, b) => rank(b) - rank(a) || time(a) - time(b));
    case 'best':
      return all.sort((a, b) => b.score - a.score || time(a) - time(b));
  }
}

/** How many, resting on the first and the last of them. */
export function answerCount(query: Extract<Query, { form: 'count' }>, asked: Asked): Found {
  const found = inOrder(matching(asked.records, query.where), 'first');
  const columns = ['Alerts', 'First', 'Last'];
  const ends = [found[0], found.at(-1)].filter(one => one !== undefined);
  const [first, last] = ends;
  if (first === undefined || last === undefined) return { columns, rows: [], total: 0, alerts: 0, unsound: 0 };
  const citations = new Map<string, Citation>();
  for (const { one } of ends) {
    for (const citation of statementOf(one.alert, asked)?.citations.slice(0, 2) ?? [])
      citations.set(`${citation.evidence}${citation.pointer}`, citation);
  }
  const cells = [
    countCell(found.length, asked),
    timeCell(activityTime(first.one.alert)),
    timeCell(activityTime(last.one.alert)),
  ];
  const isSound = citations.size > 0;
  const rows: readonly AnswerRow[] = isSound ? [{ rests: 'evidence', cells, citations: [...citations.values()] }] : [];
  return { columns, rows, total: 1, alerts: found.length, unsound: isSound ? 0 : 1 };
}

/** What was before or after a moment, the nearest first. */
export function answerAround(query: Extract<Query, { form: 'around' }>, asked: Asked): Found {
  const columns = ['When', 'How far', ...COLUMNS.slice(1)];
  const anchor = anchorOf(query, asked);
  if (anchor === undefined) return { columns, rows: [], total: 0, alerts: 0, unsound: 0 };
  const { at, alert } = anchor;
  const near = matching(asked.records, query.where)
    .filter(({ one }) => one.alert.id !== alert)
    .map(({ one }) => ({ one, distance: activityTime(one.alert) - at }))
    .filter(({ distance }) => Math.abs(distance) <= query.withinMs)
    .filter(({ distance }) => query.side === 'both' || (query.side === 'before' ? distance < 0 : distance > 0))
    .sort((a, b) => Math.abs(a.distance) - Math.abs(b.distance) || a.distance - b.distance);
  const rows: AnswerRow[] = [];
  let unsound = 0;
  for (const { one, distance } of near) {
    if (rows.length >= query.limit) break;
    const row = rowOf(one, asked);
    const [when, ...rest] = row?.cells ?? [];
    if (row === undefined || when === undefined) unsound++;
    else rows.push({ ...row, cells: [when, ours(distanceText(distance)), ...rest] });
  }
  return { columns, rows, total: near.length, alerts: near.length, unsound };
}

function distanceText(ms: number): string {
  return ms === 0 ? 'at the same time' : `${durationText(Math.abs(ms))} ${ms < 0 ? 'before' : 'after'}`;
}

function anchorOf(
  { anchor }: Extract<Query, { form: 'around' }>,
  { records }: Asked,
): { readonly at: number; readonly alert: string | undefined } | undefined {
  switch (anchor.kind) {
    case 'time':
      return { at: anchor.at, alert: undefined };
    case 'alert': {
      const found = records.find(({ alert }) => alert.id === anchor.alert);
      return found === undefined ? undefined : { at: activityTime(found.alert), alert: found.alert.id };
    }
    case 'first':
    case 'last': {
      const all = inOrder(matching(records, anchor.where), anchor.kind);
      const [found] = all;
      return found === undefined ? undefined : { at: activityTime(found.one.alert), alert: found.one.alert.id };
    }
  }
}
