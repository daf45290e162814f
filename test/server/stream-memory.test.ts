import { afterAll, beforeAll, expect, test } from 'vitest';
import { learnStreams, Streams } from '../../src/app/coverage.ts';
import { StreamMemories } from '../../src/app/stream-memory.ts';
import { MS_PER_DAY, MS_PER_HOUR } from '../../src/base/time.ts';
import { alertOf } from '../../src/core/study/testing.ts';
import { type Installation, startInstallation } from '../harness/installation.ts';

let world: Installation;
beforeAll(async () => {
  world = await startInstallation();
});
afterAll(() => world.stop());

/** Alerts of a day, each hour, heard when they happened. */
function beats(host: string, daysAgo: number) {
  return Array.from({ length: 48 }, (_, n) => {
    const at = new Date(world.context.now() - daysAgo * MS_PER_DAY - n * MS_PER_HOUR);
    const alert = alertOf({ time: at.toISOString(), rule: 'heartbeat', host }, n);
    return { ...alert, receivedAt: alert.occurredAt ?? alert.receivedAt };
  });
}

const silent = (streams: Streams) =>
  streams
    .all()
    .filter(one => one.status === 'silent')
    .map(({ stream, from }) => [stream, from]);

test('a stream that fell silent a month ago is silent after a start that no longer learns from its records', async () => {
  const before = new Streams(world.context.now);
  before.hear([...beats('db1', 30), ...beats('web1', 0)]);
  expect(silent(before).length).toBe(1);
  const written = new StreamMemories(world.context, before);
  await written.remember();
  await written.remember();

  const after = new Streams(world.context.now);
  await learnStreams(world.context, after);
  after.hear(beats('web1', 0));
  expect(silent(after)).toEqual([]);
  await new StreamMemories(world.context, after).recall();
  expect(silent(after)).toEqual(silent(before));
  const { rows } = await world.database.ownerPool.query('SELECT stream FROM stream_memory');
  expect(rows.length).toBe(1);
});
