import { expect, test } from 'vitest';
import { MS_PER_MINUTE, type UnixMs, unixMsFrom } from '../base/time.ts';
import { alertOf } from '../core/study/testing.ts';
import { Streams } from './coverage.ts';

test('a host that was heard since the streams were last judged is never called one that nobody heard', () => {
  let now: UnixMs = unixMsFrom(Date.UTC(2026, 10, 26, 12));
  const streams = new Streams(() => now);
  expect(streams.all()).toEqual([]);

  const began = now - 6 * 60 * MS_PER_MINUTE;
  streams.hear(
    Array.from({ length: 36 }, (_, index) =>
      alertOf(
        { host: 'db-1', rule: 'Health', time: new Date(began + index * 10 * MS_PER_MINUTE).toISOString() },
        index,
      ),
    ),
  );
  now = unixMsFrom(now + 1);
  expect(streams.all().map(({ stream }) => stream.split('|')[0])).toContain('db-1');
});
