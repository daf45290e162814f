import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { unixMsFrom } from '../../../base/time.ts';
import {
  ANSWER_ROWS_MAX,
  CANDIDATES_MAX,
  type Query,
  type ReadQuestion,
  type Vocabulary,
} from '../../../model/query.ts';
import { alertsOf, type TestRecord, timeOf } from '../testing.ts';
import { answerOf, type WithinQuery } from './answer.ts';
import type { Asked } from './asked.ts';
import { examplesOf } from './examples.ts';
import { ASK_FORMS } from './forms.ts';
import { readQuery } from './query-schema.ts';
import { sentenceOf, sentenceText } from './query-text.ts';
import { readQuestion } from './read-question.ts';
import { NO_NAMES, vocabularyOf } from './vocabulary.ts';

const NOW = timeOf('2026-03-03T09:00:00Z');
const RECORDS: readonly TestRecord[] = [
  {
    time: '2026-03-02T10:00:00Z',
    rule: 'Sign-in failed',
    action: 'login',
    outcome: 'failure',
    actor: 'dana',
    host: 'db1',
  },
  {
    time: '2026-03-02T10:20:00Z',
    rule: 'Sign-in failed',
    action: 'login',
    outcome: 'failure',
    actor: 'dana',
    host: 'db1',
  },
  { time: '2026-03-02T11:00:00Z', rule: 'Sign-in', action: 'login', outcome: 'success', actor: 'dana', host: 'db1' },
  { time: '2026-03-02T11:05:00Z', rule: 'Rights granted', action: 'AttachUserPolicy', actor: 'dana', target: 'erin' },
  { time: '2026-03-02T12:00:00Z', rule: 'Odd tool', host: 'web-2', ip: '10.0.0.9', severity: 'high' },
];

function askedOf(records: readonly TestRecord[] = RECORDS): Asked {
  const alerts = alertsOf(records);
  const byEvidence = new Map(alerts.map((alert, at) => [alert.evidence, records[at]]));
  return {
    records: alerts.map((alert, at) => ({ alert, record: records[at] })),
    total: alerts.length,
    window: { from: timeOf('2026-03-02T10:00:00Z'), to: timeOf('2026-03-02T12:00:00Z') },
    read: (evidence, pointer) => {
      const value = byEvidence.get(evidence)?.[pointer.slice(1) as keyof TestRecord];
      return typeof value === 'string' ? value : undefined;
    },
    coverage: { verdict: 'complete', expected: 1, heard: 1, streams: [] },
    gaps: [],
    missing: [],
    entities: [],
    identified: [],
  };
}

const ASKED = askedOf();
const NAMES = vocabularyOf(ASKED);
const read = (question: string, names: Vocabulary = NAMES): ReadQuestion => readQuestion(question, names, NOW);
const first = (question: string): Query => read(question).queries[0] ?? expect.fail(`${question}: not understood`);
const said = (query: Query): string => sentenceText(sentenceOf(query, () => undefined));

describe('a question', () => {
  test.each([
    [
      'failed logins of dana on db1 between 10 and 11',
      'Sign-ins that failed, of dana, on db1, from 2026-03-02 10:00 to 2026-03-02 11:00 UTC, the earliest first; at most 25',
    ],
    ['who signed in?', 'Accounts in sign-ins that succeeded, the most frequent first; at most 25'],
    ['which hosts?', 'Hosts in alerts, the most frequent first; at most 25'],
    [
      'how many failed logins yesterday',
      'How many sign-ins that failed, from 2026-03-02 00:00 to 2026-03-03 00:00 UTC',
    ],
    ['what did dana do', 'Alerts, done by dana, the earliest first; at most 25'],
    [
      'what changed?',
      'Changes of sign-in factors or grants of rights or new credentials or grants of consent or ended sessions or mail rules or installed services or scheduled tasks, the earliest first; at most 25',
    ],
    ['was anything blocked', 'What was blocked, the earliest first; at most 25'],
    ['what is missing?', 'What is missing; at most 25'],
    ['who held 10.0.0.9', 'Who held 10.0.0.9, or was held by it, over all records; at most 25'],
    [
      'what happened before the first failed login',
      'Alerts, at most 24 h before the first of sign-ins that failed, the nearest first; at most 25',
    ],
    ['is there no T1059 on db1?', 'Whether there is no sign of alerts, on db1, with the technique T1059'],
    ['the last critical alerts', 'Alerts, of severity critical, the latest first; at most 25'],
    ['what was approved about dana?', 'Reviews on dana; at most 25'],
    ['how common is 10.0.0.9?', 'How common 10.0.0.9 is in all that this installation has seen'],
  ])('"%s" is read as: %s', (question, sentence) => {
    expect(said(first(question))).toBe(sentence);
  });

  test('says which of its words were not understood', () => {
    expect(read('failed logins of zxcvb').notUnderstood).toEqual(['zxcvb']);
    expect(read('zxcvb qwertz')).toMatchObject({ queries: [], notUnderstood: ['zxcvb', 'qwertz'] });
  });

  test('of any text never throws, and is read as few queries that pass the validation of everybody', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc
        .array(
          fc.constantFrom(
            ...'what who which how many when failed logins hosts dana db1 before after between 10 and 11:30 first last yesterday "quoted name" T1059.001 10.0.0.9 since 2026-03-02 not there no was blocked missing held address of the user critical'.split(
              ' ',
            ),
          ),
          { maxLength: 40 },
        )
        .map(words => words.join(' ')),
    );
    fc.assert(
      fc.property(text, question => {
        const { queries } = read(question);
        expect(queries.length).toBeLessThanOrEqual(CANDIDATES_MAX);
        for (const query of queries) {
          expect(readQuery(query), JSON.stringify(query)).toEqual({ ok: true, value: query });
          expect(sentenceOf(query, () => undefined).length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('is read the same whatever stands in records that it does not name', () => {
    const label = fc.oneof(
      fc.string({ minLength: 1, maxLength: 60 }),
      fc.constantFrom(
        'failed',
        'how many',
        'what is missing',
        'everything',
        'ignore the filter and show all',
        'db1; drop',
      ),
    );
    const questions = fc.constantFrom(
      'how many failed logins of dana',
      'what happened before the first failed login on db1',
      'what is missing?',
      'who signed in between 10 and 11',
      'is there no sign of dana on db1?',
    );
    fc.assert(
      fc.property(questions, fc.array(label, { minLength: 1, maxLength: 8 }), (question, labels) => {
        const others = labels.filter(text => !question.toLowerCase().includes(text.trim().toLowerCase()));
        const entities = others.map(text => ({
          key: `user:${text.toLowerCase()}`,
          kind: 'user' as const,
          label: text,
        }));
        const with_ = {
          ...NAMES,
          entities: [...entities, ...NAMES.entities],
          products: [...NAMES.products, ...others],
        };
        expect(read(question, with_).queries).toEqual(read(question).queries);
      }),
    );
  });

  test('keeps its form, predicates and time where a name of the incident is made of the words of questions', () => {
    const hostile = [
      'failed',
      'how many',
      'missing',
      'who signed in',
      'before',
      'between 10 and 11',
      'blocked',
      'not there',
    ];
    const entities = hostile.map(label => ({ key: `user:${label}`, kind: 'user' as const, label }));
    for (const question of ['how many failed logins of dana', 'what is missing?', 'who signed in between 10 and 11']) {
      expect(read(question, { ...NAMES, entities: [...entities, ...NAMES.entities] })).toEqual(read(question));
    }
    const quoted = read('how many logins of "failed"', { ...NAMES, entities }).queries[0];
    expect(quoted).toMatchObject({ form: 'count', where: { entities: [{ key: 'user:failed' }] } });
  });

  test('needs no incident to have a grammar', () => {
    expect(read('how many failed logins', NO_NAMES).queries[0]).toEqual(first('how many failed logins'));
  });
});

describe('an answer', () => {
  const answer = (question: string, asked = ASKED) => answerOf(first(question) as WithinQuery, asked);

  test('rests on records that hold what it says, or leaves it out and says so', () => {
    expect(answer('failed logins').rows).toHaveLength(2);
    const lied = { ...ASKED, read: () => 'something else' };
    const { rows, leftOut } = answer('failed logins', lied);
    expect(rows).toEqual([]);
    expect(leftOut.join()).toContain('2 rows were left out');
  });

  test('that is empty is worth what the telemetry is worth', () => {
    expect(answer('was anything blocked').absence?.text).toBe(
      'Not seen in the telemetry that we have. What was expected in that time was heard.',
    );
    const gap = { stream: 'db1|Testwatch', from: NOW, to: NOW, isRequired: true, because: 'silent' };
    expect(answer('was anything blocked', { ...ASKED, gaps: [gap] }).absence?.text).toContain(
      'may have happened all the same',
    );
  });

  test('says how many alerts were not looked at', () => {
    const large = { ...ASKED, total: 90_000 };
    expect(answer('failed logins', large).leftOut[0]).toContain('89995 of 90000 alerts');
    expect(answer('how many failed logins', large).rows[0]?.cells[0]?.text).toBe('at least 2');
  });

  test('has no more rows than any query may ask for, every one with what it rests on', () => {
    const many = Array.from({ length: 400 }, (_, at) => ({
      ...(RECORDS[0] as TestRecord),
      actor: `u${at}`,
      rule: `Rule ${at}`,
    }));
    const asked = askedOf(many);
    for (const { begin } of ASK_FORMS.forms) {
      if (begin.form === 'prevalence' || begin.form === 'decisions') continue;
      const query = 'limit' in begin ? { ...begin, limit: ANSWER_ROWS_MAX } : begin;
      const { rows, totals } = answerOf(query, asked);
      expect(rows.length).toBeLessThanOrEqual(ANSWER_ROWS_MAX);
      expect(totals.looked).toBe(400);
      for (const row of rows) if (row.rests === 'evidence') expect(row.citations.length).toBeGreaterThan(0);
    }
  });
});

describe('what is offered', () => {
  test('passes the validation of everybody', () => {
    for (const { begin, title } of ASK_FORMS.forms) {
      const filled = 'entity' in begin ? { ...begin, entity: 'ip:10.0.0.9' } : begin;
      expect(readQuery(filled), title).toMatchObject({ ok: true });
    }
  });

  test('is read back as a query about the name that it was made from', () => {
    const entity = {
      key: 'user:luca moss',
      kind: 'user',
      label: 'Luca Moss',
      role: 'actor' as const,
      because: '',
      alertCount: 1,
      firstSeen: unixMsFrom(0),
      lastSeen: unixMsFrom(0),
      saidBy: [],
      inventory: undefined,
    };
    const [example = ''] = examplesOf({ records: [], entities: [entity], gaps: [] });
    const names = { ...NAMES, entities: [{ key: entity.key, kind: 'user' as const, label: entity.label }] };
    expect(readQuestion(example, names, NOW).queries[0]).toMatchObject({
      form: 'alerts',
      where: { entities: [{ key: 'user:luca moss', as: 'actor' }] },
    });
  });
});
