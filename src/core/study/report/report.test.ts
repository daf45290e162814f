import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { codeSpans, readCsv } from '../../../../test/redteam/read-back.ts';
import { UNSEEN } from '../../../base/inert.ts';
import { csvOf } from './csv.ts';
import { markdownCode } from './markdown.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({
    unit: fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', '"', "'", ',', ';', '`', ' ', 'a', '|', '\uff1d'),
  }),
);

describe('csvOf', () => {
  test('whatever its texts are, every cell is one cell of one line, no formula, and all of it is seen', () => {
    fc.assert(
      fc.property(fc.array(fc.array(anyText, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 5 }), rows => {
        const text = csvOf(rows);
        const read = readCsv(text);
        expect(read.map(row => row.length)).toEqual(rows.map(() => 3));
        for (const cell of read.flat()) {
          expect(cell).not.toMatch(/^\s*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]/u);
          expect(cell.match(UNSEEN)).toBeNull();
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('says what it was given, but for what would be a formula', () => {
    expect(csvOf([['=1+1', 'a "b"', ' -2', 'plain, text']])).toBe(`"'=1+1","a ""b""","' -2","plain, text"\r\n`);
  });

  test('a cell that is too long for a spreadsheet is cut and says so', () => {
    expect(csvOf([['x'.repeat(40_000)]])).toMatch(/^"x{32000}…"\r\n$/);
  });
});

describe('markdownCode', () => {
  test('whatever the text is, it is one code span of one line, and says what was seen', () => {
    fc.assert(
      fc.property(anyText, anyText, (a, b) => {
        const { rest, codes } = codeSpans(`- said: ${markdownCode(a)}, then ${markdownCode(b)}.`);
        expect(rest.replaceAll('(empty)', '')).toBe('- said: , then .');
        expect(codes.length).toBe([a, b].filter(text => markdownCode(text) !== '(empty)').length);
        for (const code of codes) expect(code.match(UNSEEN)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['a link', '[click](https://example.org)'],
    ['an image', '![](https://example.org/a.png)'],
    ['HTML', '<img src=x onerror=alert(1)>'],
    ['ticks that would end it', 'a `` b ``` c ` d'],
    ['a mention and an address', '@somebody www.example.org'],
  ])('%s is text', (_, text) => {
    expect(codeSpans(`x ${markdownCode(text)}`)).toEqual({ rest: 'x ', codes: [text] });
  });
});
