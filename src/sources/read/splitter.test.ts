import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Piece } from './record.ts';
import { createSplitter } from './splitter.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function split(bytes: Uint8Array, chunkBytes = bytes.length || 1): readonly Piece[] {
  const splitter = createSplitter();
  const pieces: Piece[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) pieces.push(...splitter.push(bytes.slice(at, at + chunkBytes)));
  pieces.push(...splitter.end());
  return pieces;
}

const values = (text: string): readonly unknown[] =>
  split(utf8(text)).map(piece => (piece.ok ? piece.record.value : piece.refusal.detail));
const texts = (text: string): readonly string[] =>
  split(utf8(text)).map(piece => (piece.ok ? piece.record.text : '(refused)'));

describe('createSplitter', () => {
  it('keeps each line of NDJSON with its exact bytes, and takes the last without a line break', () => {
    expect(texts('{"a":1}\n\n{"b": 2 }\r\n{"c":3}')).toEqual(['{"a":1}', '{"b": 2 }', '{"c":3}']);
  });

  it('refuses a line that is not JSON and loses none of its neighbours', () => {
    expect(values('{"a":1}\n{"b":\n{"c":3}\n')).toEqual([{ a: 1 }, 'the record is not valid JSON', { c: 3 }]);
  });

  it('keeps the exact text of each element of an array, however it is laid out', () => {
    expect(texts('[{"a": "x,]}"},\n {"b":[1,{"c":"\\""}]} , {"d":1}]')).toEqual([
      '{"a": "x,]}"}',
      '{"b":[1,{"c":"\\""}]}',
      '{"d":1}',
    ]);
  });

  it('reads an object over several lines, and several of them', () => {
    expect(values('{\n "a": 1,\n "b": {"c": "}"}\n}\n{\n "a": 2\n}\n')).toEqual([{ a: 1, b: { c: '}' } }, { a: 2 }]);
  });

  it('takes the elements of a CloudTrail delivery for the records', () => {
    expect(values('{"Records":[{"eventID":"1"},{"eventID":"2"}]}')).toEqual([{ eventID: '1' }, { eventID: '2' }]);
  });

  it('reads rows of CSV by header, with quotes, commas, line breaks and empty cells', () => {
    expect(values('id,name,host\n1,"a, ""b""\nc",h1\n2,,h2\n')).toEqual([
      { id: '1', name: 'a, "b"\nc', host: 'h1' },
      { id: '2', host: 'h2' },
    ]);
  });

  it('refuses a row of another length instead of shifting its cells', () => {
    expect(values('id,name\n1,a,b\n2,c\n')).toEqual([
      'the row has 3 cells where the header has 2',
      { id: '2', name: 'c' },
    ]);
  });

  it('keeps a column called __proto__ as a cell', () => {
    const [piece] = split(utf8('id,__proto__\n1,x\n'));
    expect(piece?.ok === true && Object.keys(piece.record.value as object)).toEqual(['id', '__proto__']);
  });

  it('takes each line of any other text as a record, and JSON objects among them as objects', () => {
    expect(values('<13>Mar  2 01:00:00 h app: x, y\n{"a":1}\n')).toEqual(['<13>Mar  2 01:00:00 h app: x, y', { a: 1 }]);
  });

  it('refuses bytes that are not UTF-8, with their bytes', () => {
    const [, second] = split(Uint8Array.of(0x7b, 0x7d, 0x0a, 0xff, 0xfe, 0x0a));
    expect(second?.ok === false && [second.refusal.detail, [...second.bytes]]).toEqual([
      'the record is not valid JSON, and not valid UTF-8 either',
      [0xff, 0xfe],
    ]);
  });

  it('passes over a record above the size cap, keeping one refusal and everything after it', () => {
    const long = `{"a":"${'x'.repeat(1_200_000)}"}`;
    for (const text of [`{"a":0}\n${long}\n{"b":2}\n`, `[{"a":0},${long},{"b":2}]`]) {
      const pieces = split(utf8(text), 65_536);
      expect(pieces.map(piece => (piece.ok ? piece.record.value : 'refused'))).toEqual([{ a: 0 }, 'refused', { b: 2 }]);
    }
  });

  it('refuses what is nested without end, and a file that ends inside a record', () => {
    expect(values(`[{"a":${'['.repeat(1_000)}${']'.repeat(1_000)}}]`)).toEqual([
      'the record is nested deeper than 128 levels',
    ]);
    expect(values('[{"a":1},{"b":')).toEqual([{ a: 1 }, 'the file ends inside the record']);
  });

  it('drops a byte-order mark and nothing else', () => {
    expect(values('\ufeff{"a":1}\n')).toEqual([{ a: 1 }]);
  });

  it('gives the same pieces however the file is cut into chunks', () => {
    const file = fc.oneof(
      fc.array(fc.jsonValue(), { maxLength: 6 }).map(list => JSON.stringify(list)),
      fc
        .array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 })
        .map(list => list.map(one => JSON.stringify(one)).join('\n')),
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc
        .array(fc.array(fc.string({ maxLength: 6 }), { minLength: 2, maxLength: 3 }), { maxLength: 5 })
        .map(rows => `id,name,host\n${rows.map(row => row.join(',')).join('\n')}`),
    );
    fc.assert(
      fc.property(file, fc.integer({ min: 1, max: 40 }), (text, chunkBytes) => {
        expect(split(utf8(text), chunkBytes)).toEqual(split(utf8(text)));
      }),
      { numRuns: 300 },
    );
  });

  it('gives back every object that was written as NDJSON or as an array', () => {
    const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(objects, list => {
        const written = list.map(one => JSON.stringify(one));
        expect(texts(written.join('\n'))).toEqual(written);
        expect(texts(`[${written.join(',')}]`)).toEqual(written);
      }),
      { numRuns: 200 },
    );
  });
});
