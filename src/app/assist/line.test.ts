import { expect, test } from 'vitest';
import { AskingLine } from './line.ts';

test('the graver goes first, and where the line is full the least grave is sent away at once', async () => {
  const line = new AskingLine(1, 2);
  const first = await line.enter(1, 1_000);
  const order: string[] = [];
  const enter = (name: string, urgency: number) =>
    line.enter(urgency, 1_000).then(result => {
      order.push(result.ok ? name : `${name} ${result.failure}`);
      if (result.ok) result.value();
    });
  const all = [enter('low', 1), enter('medium', 2), enter('critical', 4), enter('lower', 0)];
  if (first.ok) first.value();
  await Promise.all(all);
  expect(order).toEqual(['low ai.busy', 'lower ai.busy', 'critical', 'medium']);
  expect(line.state()).toEqual({ waiting: 0, running: 0, shed: 2 });
});

test('whoever waits too long is told so, and gives up the place in the line', async () => {
  const line = new AskingLine(1, 2);
  const first = await line.enter(1, 10);
  expect(await line.enter(1, 10)).toEqual({ ok: false, failure: 'ai.timed_out' });
  expect(line.state()).toMatchObject({ waiting: 0, running: 1 });
  if (first.ok) first.value();
  if (first.ok) first.value();
  expect(line.state()).toMatchObject({ running: 0 });
});
