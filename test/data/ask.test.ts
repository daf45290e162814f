import { expect, test } from 'vitest';
import { asKept } from '../../src/app/offline-alerts.ts';
import { fieldReader } from '../../src/app/record-fields.ts';
import { unixMsFrom } from '../../src/base/time.ts';
import { answerOf, type WithinQuery } from '../../src/core/study/ask/answer.ts';
import type { Asked } from '../../src/core/study/ask/asked.ts';
import { readQuestion } from '../../src/core/study/ask/read-question.ts';
import { vocabularyOf } from '../../src/core/study/ask/vocabulary.ts';
import { entitiesInvolved } from '../../src/core/study/entity-roles.ts';
import { activityTime } from '../../src/model/alert.ts';
import type { AnswerRow, Query } from '../../src/model/query.ts';
import { dataFile } from './present.ts';
import { readAlerts, readLines } from './read.ts';

const ALERTS = dataFile('secrl-alerts/alerts.ndjson');
const QUESTIONS = dataFile('secrl-alerts/qa.ndjson');
const LABELS = dataFile('secrl-alerts/labels.ndjson');
interface Asking {
  readonly incident: string;
  readonly question: string;
  readonly answer: string;
}

/** A person reads so many rows before giving up. */
const TOP_ROWS = 10;

const NOTHING_HEARD = { verdict: 'unknown', expected: 0, heard: 0, streams: [] } as const;

/** The incidents of the corpus as its own products grouped them, each as it can be asked. */
async function incidents(): Promise<ReadonlyMap<string, Asked>> {
  const incidentOf = new Map(readLines(LABELS ?? '').map(({ id, incident }) => [String(id), String(incident)]));
  const byIncident = new Map<string, Asked['records'][number][]>();
  for (const [number, item] of (await readAlerts(ALERTS ?? '')).entries()) {
    const { SystemAlertId } = item.value as { readonly SystemAlertId: string };
    const incident = incidentOf.get(SystemAlertId) ?? '';
    byIncident.set(incident, [
      ...(byIncident.get(incident) ?? []),
      { alert: asKept(item, number), record: item.value },
    ]);
  }
  return new Map(
    [...byIncident].map(([incident, unordered]) => {
      const records = unordered.toSorted((a, b) => activityTime(a.alert) - activityTime(b.alert));
      const alerts = records.map(({ alert }) => alert);
      const asked: Asked = {
        records,
        total: records.length,
        window: {
          from: activityTime(alerts[0] ?? expect.fail('no alert')),
          to: activityTime(alerts.at(-1) ?? expect.fail('no alert')),
        },
        read: fieldReader(new Map(records.map(({ alert, record }) => [alert.evidence, record]))),
        coverage: NOTHING_HEARD,
        gaps: [],
        missing: [],
        entities: entitiesInvolved(alerts, undefined).entities,
        identified: [],
      };
      return [incident, asked];
    }),
  );
}

/** What an incident's own alerts answer. */
const isWithin = (query: Query): query is WithinQuery => query.form !== 'decisions' && query.form !== 'prevalence';

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[`"]/g, '')
    .replace(/\\\\/g, '\\')
    .replace(/[.\s]+$/, '')
    .trim();

const holds = (row: AnswerRow, gold: string): boolean =>
  [...row.cells.map(({ text }) => text), ...row.citations.map(({ value }) => value)].some(text =>
    plain(text).includes(gold),
  );

test.skipIf(ALERTS === undefined || QUESTIONS === undefined)(
  'questions about real incidents are answered by rows that hold the answer (skipped where ../shared/data is absent)',
  { timeout: 120_000 },
  async () => {
    const all = await incidents();
    const ranks: number[] = [];
    let answerable = 0;
    let unread = 0;
    const names = new Map([...all].map(([incident, asked]) => [incident, vocabularyOf(asked)]));
    for (const { incident, question, answer } of readLines(QUESTIONS ?? '') as unknown as readonly Asking[]) {
      const asked = all.get(incident) ?? expect.fail('no such incident');
      const vocabulary = names.get(incident) ?? expect.fail('no such incident');
      const gold = plain(answer);
      const isInAlerts = asked.records.some(({ record }) => plain(JSON.stringify(record)).includes(gold));
      if (gold === '' || !isInAlerts) continue;
      answerable += 1;
      const { queries } = readQuestion(question, vocabulary, unixMsFrom(Date.UTC(2026, 0, 1)));
      if (queries.length === 0) unread += 1;
      const answers = queries.filter(isWithin).map(query => answerOf(query, asked));
      const first = answers.find(({ rows }) => rows.length > 0);
      ranks.push(first?.rows.findIndex(row => holds(row, gold)) ?? -1);
    }
    const within = (rows: number): number => ranks.filter(rank => rank >= 0 && rank < rows).length;
    const share = (count: number): string => `${count} of ${answerable} (${Math.round((100 * count) / answerable)} %)`;
    console.log(
      `ask: the value is in the first row for ${share(within(1))}, in the first five for ${share(within(5))}, in the first ten for ${share(within(TOP_ROWS))}; not read at all ${unread}`,
    );
    expect(within(TOP_ROWS) / answerable).toBeGreaterThan(0.75);
  },
);
