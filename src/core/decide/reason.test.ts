import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isBoilerplate } from './reason.ts';

test.each([
  'ok',
  '',
  '        ',
  '\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b',
  'aaaaaaaaaaaaaaa',
  'LGTM!!!',
  'Looks good to me.',
  '…………………………',
  'L o o k s   g o o d',
])('"%s" is no reason', text => {
  expect(isBoilerplate(text)).toBe(true);
});

test.each([
  'the login came from a network that nobody of ours uses',
  'Kein VPN um diese Zeit',
  '該当する通信がありません',
])('"%s" is one', text => {
  expect(isBoilerplate(text)).toBe(false);
});

test('signs, spaces and what cannot be seen make no reason of none', () => {
  const unseen = fc.constantFrom(' ', '\u200b', '.', '!', '\u00ad', '\n', '\u2060', '-');
  fc.assert(
    fc.property(fc.constantFrom('ok', 'lgtm', 'approved', 'urgent', 'aaaaaaaaaa'), fc.array(unseen), (word, signs) => {
      const spread = [...word].map((letter, index) => letter + (signs[index] ?? '')).join('') + signs.join('');
      expect(isBoilerplate(spread)).toBe(true);
    }),
  );
});
