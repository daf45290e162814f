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

test('how a stream stands is how it stands now: a gap that is over is none, and one that lasts is', () => {
  let now: UnixMs = unixMsFrom(Date.UTC(2026, 10, 26, 12));
  const streams = new Streams(() => now);
  const every10Minutes = (fromHour: number, toHour: number, host: string) =>
    Array.from({ length: (toHour - fromHour) * 6 }, (_, index) => {
      const at = now - (72 - fromHour) * 60 * MS_PER_MINUTE + index * 10 * MS_PER_MINUTE;
      const time = new Date(at).toISOString();
      return alertOf({ host, rule: 'Health', time, heard: time }, index);
    });
  const ofHost = (host: string) =>
    streams
      .standing()
      .filter(one => one.stream.startsWith(`${host}|`))
      .map(({ status }) => status);
  streams.hear([
    ...every10Minutes(0, 72, 'well-1'),
    // Five hours in which it said nothing, two days ago.
    ...every10Minutes(0, 20, 'back-1'),
    ...every10Minutes(25, 72, 'back-1'),
    ...every10Minutes(0, 66, 'gone-1'),
  ]);
  now = unixMsFrom(now + 1);
  expect(streams.all().filter(one => one.stream.startsWith('back-1|') && one.status === 'silent')).toHaveLength(1);
  expect([ofHost('well-1'), ofHost('back-1'), ofHost('gone-1')]).toEqual([['heard'], ['heard'], ['silent']]);
  expect(streams.out().map(({ stream }) => stream.split('|')[0])).toEqual(['gone-1']);
});
