import { expect, test } from 'vitest';
import { inTurn } from './in-turn.ts';

test('what is about the same thing happens one after the other, also where one fails; what is not does not wait', async () => {
  const order: string[] = [];
  let finish: () => void = () => undefined;
  const first = inTurn('a', async () => {
    order.push('first begins');
    await new Promise<void>(resolve => {
      finish = resolve;
    });
    order.push('first ends');
    throw new Error('it failed');
  });
  const second = inTurn('a', async () => void order.push('second'));
  await inTurn('b', async () => void order.push('another'));
  finish();
  await expect(first).rejects.toThrow('it failed');
  await second;
  expect(order).toEqual(['first begins', 'another', 'first ends', 'second']);
});
