import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FILTER_LIST_MAX, type Vocabulary } from '../../../model/query.ts';
import { timeOf } from '../testing.ts';
import { pickListsOf, withIds } from './pick-lists.ts';
import { type PickLists, pickSchema, readPicked } from './query-pick.ts';
import { readQuery } from './query-schema.ts';
import { NO_NAMES } from './vocabulary.ts';

const NAMES: Vocabulary = {
  ...NO_NAMES,
  entities: [
    { key: 'user:dana', kind: 'user', label: 'dana' },
    { key: 'host:db1', kind: 'host', label: 'db1' },
  ],
  window: { from: timeOf('2026-03-02T10:00:00Z'), to: timeOf('2026-03-02T12:00:00Z') },
};

describe('what a model may ask', () => {
  const lists: PickLists = {
    entities: [
      { id: 'N1', key: 'user:dana' },
      { id: 'N2', key: 'host:db1' },
    ],
    rules: [{ id: 'D1', rule: 'Sign-in failed' }],
    products: [],
    streams: [{ id: 'W1', stream: 'db1|Testwatch' }],
    times: [{ id: 'T1', at: timeOf('2026-03-02T10:00:00Z') }],
    techniques: [],
  };
  const blank = {
    form: 'alerts',
    of: '',
    entities: [],
    predicates: [],
    rules: [],
    products: [],
    techniques: [],
    severities: [],
    outcome: '',
    stream: '',
    from: '',
    to: '',
    order: 'first',
  };
  const pick = (more: object) => readPicked(JSON.stringify({ ...blank, ...more }), lists);

  test('is a query of listed ids, and becomes the query that a person would have made', () => {
    expect(pick({ form: 'count', entities: ['N1', 'N2'], predicates: ['auth_failed'], from: 'T1' })).toEqual({
      kind: 'query',
      query: {
        form: 'count',
        where: {
          entities: [{ key: 'user:dana' }, { key: 'host:db1' }],
          predicates: ['auth_failed'],
          span: { from: timeOf('2026-03-02T10:00:00Z') },
        },
      },
    });
    expect(pick({ form: 'none' })).toEqual({ kind: 'none' });
  });

  test('is refused whole where it names what it was not given', () => {
    for (const wrong of [
      { entities: ['N1', 'N9'] },
      { entities: ['user:dana'] },
      { rules: ['Sign-in failed'] },
      { from: '2026' },
    ])
      expect(pick(wrong)).toMatchObject({ kind: 'refused', dropped: [{ code: 'reference.unknown_id' }] });
    for (const text of ['', '{}', 'null', '[]', '{"form":"alerts"}', JSON.stringify({ ...blank, sql: '1' })])
      expect(readPicked(text, lists).kind).toBe('refused');
  });

  test('is, of any bytes, nothing but a query that passes the validation of everybody', () => {
    const ids = fc.constantFrom(
      '',
      'N1',
      'N2',
      'N3',
      'D1',
      'W1',
      'T1',
      'auth_failed',
      'high',
      'success',
      'user+nhi',
      '__proto__',
    );
    const list = fc.array(ids, { maxLength: FILTER_LIST_MAX + 1 });
    const form = fc.constantFrom(
      'alerts',
      'values',
      'count',
      'held',
      'absent',
      'gaps',
      'reviews',
      'before_first',
      'none',
      'drop',
    );
    const shaped = fc.record({
      form,
      of: ids,
      entities: list,
      predicates: list,
      rules: list,
      products: list,
      techniques: list,
      severities: list,
      outcome: ids,
      stream: ids,
      from: ids,
      to: ids,
      order: fc.constantFrom('first', 'last', 'gravest', 'most', 'best'),
    });
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      shaped.map(value => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(texts, text => {
        const picked = readPicked(text, lists);
        if (picked.kind === 'query') expect(readQuery(picked.query)).toEqual({ ok: true, value: picked.query });
      }),
      { numRuns: 3_000 },
    );
  });

  test('is told of names by ids alone where names are withheld, and the lists hold whatever the question names', () => {
    const question = 'what did dana do on db1 between 10 and 11?';
    const made = pickListsOf(question, NAMES, timeOf('2026-03-03T09:00:00Z'));
    expect(
      made.entities
        .map(({ key }) => key)
        .slice(0, 2)
        .sort(),
    ).toEqual(['host:db1', 'user:dana']);
    expect(made.times.map(({ at }) => at)).toContain(timeOf('2026-03-02T11:00:00Z'));
    expect(withIds(question, NAMES, made)).toMatch(/^what did N[12] do on N[12] between 10 and 11\?$/);
  });

  test('has a schema that is closed, and lists every id that it may hold', () => {
    const text = JSON.stringify(pickSchema(lists));
    expect(text).toContain('"additionalProperties":false');
    for (const hidden of ['dana', 'db1', 'Testwatch', 'Sign-in failed']) expect(text).not.toContain(hidden);
  });
});
