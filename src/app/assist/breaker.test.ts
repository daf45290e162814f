import { expect, test } from 'vitest';
import { unixMsFrom } from '../../base/time.ts';
import { Breakers } from './breaker.ts';

test('three failures in a row open it; after the rest one is let through, and what becomes of it decides', () => {
  let now = 1_000;
  const breakers = new Breakers(() => unixMsFrom(now));
  for (let n = 0; n < 2; n++) breakers.failed('p', 'ai.timed_out');
  expect(breakers.mayAsk('p')).toBe(true);
  breakers.failed('p', 'ai.timed_out');
  expect(breakers.mayAsk('p')).toBe(false);
  expect(breakers.mayAsk('other')).toBe(true);
  now += 30_000;
  expect(breakers.mayAsk('p')).toBe(true);
  expect(breakers.mayAsk('p')).toBe(false);
  breakers.failed('p', 'ai.timed_out');
  now += 59_999;
  expect(breakers.state('p')).toMatchObject({ state: 'open', failures: 4 });
  now += 1;
  expect(breakers.mayAsk('p')).toBe(true);
  breakers.answered('p');
  expect(breakers.state('p')).toMatchObject({ state: 'closed', failures: 0 });
});
