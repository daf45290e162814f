import { describe, expect, test } from 'vitest';
import { oncePer } from './once.ts';

describe('what is worked out once', () => {
  test('is worked out once for each value, and anew for one that only looks the same', () => {
    const asked: object[] = [];
    const nameOf = oncePer((value: { readonly name: string }) => {
      asked.push(value);
      return value.name;
    });
    const [one, other] = [{ name: 'a' }, { name: 'a' }];
    expect([nameOf(one), nameOf(one), nameOf(other)]).toEqual(['a', 'a', 'a']);
    expect(asked).toEqual([one, other]);
  });

  test('is remembered where it is nothing, too', () => {
    let times = 0;
    const nothing = oncePer((): undefined => void times++);
    const value = {};
    expect([nothing(value), nothing(value), times]).toEqual([undefined, undefined, 1]);
  });
});
