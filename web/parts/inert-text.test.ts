import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runsOf, shortened } from './inert-text.ts';

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}\p{Cn}]/u;
const aText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 8 }),
      fc.constantFrom('\u202e', '\u200b', '\u0000', '\u2028', '\ufeff', '\u{e0041}', 'plain'),
    ),
  )
  .map(parts => parts.join(''));

describe('text that an attacker may have written', () => {
  test('is shown without any character that hides or reorders', () => {
    fc.assert(
      fc.property(aText, text => {
        for (const run of runsOf(text)) if (run.kind === 'plain') expect(UNSEEN.test(run.text)).toBe(false);
      }),
    );
  });

  test('loses nothing: each character is shown or named', () => {
    fc.assert(
      fc.property(aText, text => {
        const length = runsOf(text).reduce((sum, run) => sum + (run.kind === 'plain' ? [...run.text].length : 1), 0);
        expect(length).toBe([...text].length);
      }),
    );
  });

  test('names what it replaces', () => {
    expect(runsOf('a\u202eb')).toEqual([
      { kind: 'plain', text: 'a' },
      { kind: 'glyph', glyph: 'U+202E', name: 'right-to-left override U+202E' },
      { kind: 'plain', text: 'b' },
    ]);
  });

  test('keeps line breaks only where lines are asked for', () => {
    expect(runsOf('a\nb', true)).toEqual([{ kind: 'plain', text: 'a\nb' }]);
    expect(runsOf('a\nb')).toHaveLength(3);
  });
});

test('an identifier is shortened in the middle, and only where that makes it shorter', () => {
  expect(shortened('evd_01m8abcdefghijk')).toBe('evd_01m8…hijk');
  expect(shortened('evd_01m8abcd')).toBe('evd_01m8abcd');
});
