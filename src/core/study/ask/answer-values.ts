import { MS_PER_HOUR, type UnixMs, unixMsFrom } from '../../../base/time.ts';
import { type Alert, activityTime, SEVERITY_RANK } from '../../../model/alert.ts';
import type { Citation } from '../../../model/claim.ts';
import { type AnswerRow, type Grouping, type Query, ROW_CITATIONS_MAX } from '../../../model/query.ts';
import { predicateOf } from '../predicate.ts';
import { minuteText } from '../render-claim.ts';
import { holds } from '../verify-claim.ts';
import type { Found } from './answer.ts';
import { countCell, statementOf, timeCell } from './answer-alerts.ts';
import type { Asked, AskedRecord } from './asked.ts';
import { matching } from './filter.ts';
import { PREDICATE_TITLES } from './lexicon.ts';
import { groupingTitle } from './query-text.ts';
import { leavesOf } from './record-leaves.ts';

/** A value as one record holds it; without a pointer it is what we say of the whole alert. */
interface Value {
  readonly key: string;
  readonly text: string;
  readonly pointer: string | undefined;
}

interface Tally {
  readonly text: string;
  readonly isOurs: boolean;
  readonly citations: Citation[];
  readonly first: AskedRecord;
  count: number;
  score: number;
  grade: number;
  from: UnixMs;
  to: UnixMs;
}

/**
 * The values that stand in the alerts, each with how many alerts hold it, when first and last, and where. A value counts
 * only where the raw record holds it at its pointer.
 */
export function answerValues(query: Extract<Query, { form: 'values' }>, asked: Asked): Found {
  const { of } = query;
  const found = matching(asked.records, query.where);
  const tallies = new Map<string, Tally>();
  let unsound = 0;
  for (const { one, score } of found) {
    const counted = new Set<string>();
    for (const value of valuesOf(one, of)) {
      const citation = citationOf(value, one, asked);
      if (citation === undefined && value.pointer !== undefined) {
        unsound++;
        continue;
      }
      add(tallies, value, one, score, counted, citation);
    }
  }
  const ordered = [...tallies.values()].sort(comparing(query.order));
  const rows: AnswerRow[] = [];
  for (const tally of ordered) {
    if (rows.length >= query.limit) break;
    const row = rowOf(tally, asked);
    if (row === undefined) unsound++;
    else rows.push(row);
  }
  return {
    columns: [groupingTitle(of), 'Alerts', 'First', 'Last'],
    rows,
    total: tallies.size,
    alerts: found.length,
    unsound,
  };
}

function citationOf({ pointer, text }: Value, { alert }: AskedRecord, { read }: Asked): Citation | undefined {
  if (pointer === undefined) return undefined;
  const citation = { evidence: alert.evidence, pointer, value: text };
  const standing = read(alert.evidence, pointer);
  return standing !== undefined && holds(standing, citation) ? citation : undefined;
}

function add(
  tallies: Map<string, Tally>,
  value: Value,
  one: AskedRecord,
  score: number,
  counted: Set<string>,
  citation: Citation | undefined,
): void {
  const time = activityTime(one.alert);
  const grade = SEVERITY_RANK[one.alert.severity];
  const known = tallies.get(value.key);
  const tally: Tally = known ?? {
    text: value.text,
    isOurs: value.pointer === undefined,
    citations: [],
    first: one,
    count: 0,
    score,
    grade,
    from: time,
    to: time,
  };
  if (known === undefined) tallies.set(value.key, tally);
  if (!counted.has(value.key)) tally.count += 1;
  counted.add(value.key);
  tally.score = Math.max(tally.score, score);
  tally.grade = Math.max(tally.grade, grade);
  if (time < tally.from) tally.from = time;
  if (time > tally.to) tally.to = time;
  if (citation !== undefined && tally.citations.length < ROW_CITATIONS_MAX) tally.citations.push(citation);
}

function comparing(order: Extract<Query, { form: 'values' }>['order']): (a: Tally, b: Tally) => number {
  const last = (a: Tally, b: Tally): number => b.count - a.count || a.from - b.from || (a.text < b.text ? -1 : 1);
  switch (order) {
    case 'first':
      return (a, b) => a.from - b.from || last(a, b);
    case 'last':
      return (a, b) => b.to - a.to || last(a, b);
    case 'gravest':
      return (a, b) => b.grade - a.grade || last(a, b);
    case 'best':
      return (a, b) => b.score - a.score || last(a, b);
    case 'most':
      return last;
  }
}

/** What is ours to say of an alert (its hour, its kind) rests on what the alert itself states. */
function rowOf(tally: Tally, asked: Asked): AnswerRow | undefined {
  const citations = tally.isOurs
    ? (statementOf(tally.first.alert, asked)?.citations.slice(0, ROW_CITATIONS_MAX) ?? [])
    : tally.citations;
  const [citation] = citations;
  if (citation === undefined) return undefined;
  return {
    rests: 'evidence',
    cells: [
      { kind: 'value', text: tally.text, citation },
      countCell(tally.count, asked),
      timeCell(tally.from),
      timeCell(tally.to),
    ],
    citations,
  };
}

function valuesOf(one: AskedRecord, of: Grouping): readonly Value[] {
  const { alert } = one;
  switch (of.by) {
    case 'entity':
      return alert.entities
        .filter(({ kind, role, label }) => of.kinds.includes(kind) && (of.as ?? role) === role && label !== '')
        .map(({ value, label, pointer }) => ({ key: value, text: label, pointer }));
    case 'field':
      return fieldValues(alert, of.field);
    case 'record':
      return leavesOf(one)
        .filter(({ name }) => name === of.name)
        .map(({ value, pointer }) => ({ key: value, text: value, pointer }));
    case 'rule':
      return [alert.fields.rule_name === alert.title ? fieldValues(alert, 'rule_name')[0] : undefined].map(
        value => value ?? said(alert.title),
      );
    case 'product':
      return [said(alert.product)];
    case 'severity':
      return [said(alert.severity)];
    case 'technique':
      return alert.techniques.map(said);
    case 'predicate':
      return [said(PREDICATE_TITLES[predicateOf(alert)] ?? predicateOf(alert))];
    case 'hour': {
      const hour = Math.floor(activityTime(alert) / MS_PER_HOUR) * MS_PER_HOUR;
      return [said(`${minuteText(unixMsFrom(hour))} UTC`)];
    }
  }
}

const said = (text: string): Value => ({ key: text, text, pointer: undefined });

/** A command line stands in its field, and as an entity of its own where a record holds several. */
function fieldValues(alert: Alert, field: Extract<Grouping, { by: 'field' }>['field']): readonly Value[] {
  const text = alert.fields[field];
  const pointer = alert.pointers[field];
  const own = text === undefined || text === '' || pointer === undefined ? [] : [{ key: text, text, pointer }];
  const kind = field === 'command_line' ? 'command_line' : undefined;
  const more = alert.entities
    .filter(entity => entity.kind === kind && entity.label !== text && entity.label !== '')
    .map(({ label, pointer: at }) => ({ key: label, text: label, pointer: at }));
  return [...own, ...more];
}
