import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorTextWithout, NoAnswer, shownText, withinMs } from './wire-text.ts';

describe('text that somebody else wrote', () => {
  test('is well-formed, bounded and free of control and direction marks, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), text => {
        const shown = shownText(text);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown.length).toBeLessThanOrEqual(310);
        expect(shown).not.toMatch(/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u);
      }),
    );
  });

  test('stays as it is where there is nothing to show differently', () => {
    expect(shownText('uid=alice,ou=people, Zoë 東京')).toBe('uid=alice,ou=people, Zoë 東京');
  });

  test('shows what cannot be seen as its code point', () => {
    expect(shownText('ali\u200bce\u202e\n')).toBe('ali\\u{200b}ce\\u{202e}\\u{a}');
  });

  test('an error never says a secret of the call', () => {
    const secret = { reveal: () => 'hunter2-long' };
    expect(errorTextWithout(new Error('login hunter2-long failed, hunter2-long'), [secret])).toBe(
      'login [secret] failed, [secret]',
    );
    expect(errorTextWithout('thrown hunter2-long', [secret])).toBe('thrown [secret]');
    expect(errorTextWithout(new Error('plain'), [{ reveal: () => '' }])).toBe('plain');
  });
});

describe('waiting', () => {
  test('ends with the work, or with NoAnswer when the time is over', async () => {
    await expect(withinMs(1_000, 'work', Promise.resolve(7))).resolves.toBe(7);
    await expect(withinMs(5, 'work', new Promise(() => undefined))).rejects.toBeInstanceOf(NoAnswer);
    await expect(withinMs(1_000, 'work', Promise.reject(new TypeError('no')))).rejects.toBeInstanceOf(TypeError);
  });
});
