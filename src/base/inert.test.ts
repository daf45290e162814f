import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inertLine, inertText, UNSEEN } from './inert.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 200 });

describe('inertText', () => {
  test('leaves no character that is unseen, whatever the text', () => {
    fc.assert(
      fc.property(anyText, text => {
        expect(inertText(text).replaceAll('\n', '').match(UNSEEN)).toBeNull();
        expect(inertLine(text).match(UNSEEN)).toBeNull();
      }),
      { numRuns: 2_000 },
    );
  });

  test('leaves a JSON document meaning what it meant', () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: 'binary' }), document => {
        expect(JSON.parse(inertText(document))).toEqual(JSON.parse(document));
      }),
      { numRuns: 2_000 },
    );
  });

  test.each([
    ['an escape sequence of a terminal', '\u001b[2J', '\\u001b[2J'],
    ['a control character of eight bits', '\u009b31m', '\\u009b31m'],
    ['a change of direction', 'a\u202egpj.exe', 'a\\u202egpj.exe'],
    ['a tag', 'a\u{e0041}', 'a\\udb40\\udc41'],
    ['a variation selector', 'a\ufe0f', 'a\\ufe0f'],
    ['a carriage return that would write over the line', 'real\rfake', 'real\\u000dfake'],
    ['half of a pair', 'a\ud800', 'a\\ud800'],
    ['a space that is none', 'a\u00a0b', 'a\\u00a0b'],
  ])('writes %s as an escape', (_, text, shown) => {
    expect(inertText(text)).toBe(shown);
  });

  test('leaves what can be seen as it is, in any script', () => {
    for (const text of ['plain', 'zwei\nZeilen', 'Grüße, 世界', 'שלום', 'مرحبا', '🙂'])
      expect(inertText(text)).toBe(text);
  });
});
