import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import { createCoverage, type Heard } from './coverage.ts';
import { BINS_REMEMBERED_MAX } from './stream-memory.ts';

const START = Date.UTC(2026, 0, 5);
const day = (n: number) => unixMsFrom(START + n * MS_PER_DAY);

function beats(host: string, periodMs: number, from: number, to: number): readonly Heard[] {
  return Array.from({ length: Math.floor((to - from) / periodMs) }, (_, n) => ({
    host,
    product: 'edr',
    rule: 'heartbeat',
    at: unixMsFrom(from + n * periodMs),
  }));
}

describe('a stream that fell silent before the records that a start learns from', () => {
  const old = [
    ...beats('db1', MS_PER_HOUR, START, day(5)),
    ...beats('db2', 10 * MS_PER_MINUTE, START, day(5)),
    ...[0, 7].map(h => ({ host: 'db3', product: 'dlp', rule: 'finding', at: unixMsFrom(START + h * MS_PER_HOUR) })),
  ];
  const recent = beats('web1', 30 * MS_PER_MINUTE, day(46), day(60));
  const before = createCoverage();
  for (const one of [...old, ...beats('web1', 30 * MS_PER_MINUTE, START, day(60))].sort((a, b) => a.at - b.at))
    before.hear(one);
  const memories = before.memories(before.streams(day(60)), day(60));
  const started = () => {
    const learner = createCoverage();
    for (const one of recent) learner.hear(one);
    for (const one of memories) learner.recall(JSON.parse(JSON.stringify(one)));
    return learner;
  };

  test('is silent after the start as it was before it', () => {
    const told = (of: ReturnType<typeof createCoverage>) =>
      of
        .gaps(day(60))
        .filter(gap => gap.status === 'silent')
        .map(({ stream, from, to }) => [stream, from, to]);
    expect(told(started())).toEqual(told(before));
    expect(told(started()).map(([stream]) => stream)).toEqual(['db1|edr', 'db2|edr']);
  });

  test('is no more silent where it never could be judged', () => {
    const [sparse] = started()
      .gaps(day(60))
      .filter(gap => gap.stream === 'db3|dlp');
    expect(sparse?.status).toBe('cannot_tell');
  });

  test('takes little to remember, and only where it is silent', () => {
    expect(memories.map(({ host }) => host).sort()).toEqual(['db1', 'db2', 'db3']);
    for (const one of memories) {
      expect(one.bins.length).toBeLessThanOrEqual(BINS_REMEMBERED_MAX);
      expect(JSON.stringify(one).length).toBeLessThan(2_000);
    }
  });

  test('is silent at the next start and the one after, until it is heard again', () => {
    const again = started();
    expect(again.memories(again.streams(day(60)), day(60))).toEqual(JSON.parse(JSON.stringify(memories)));
    for (const one of beats('db1', MS_PER_HOUR, day(60), day(61))) again.hear(one);
    const ofDb1 = again.gaps(day(61)).filter(gap => gap.stream === 'db1|edr');
    expect(ofDb1.map(({ status, to }) => [status, to])).toEqual([['silent', day(60)]]);
    expect(again.memories([], unixMsFrom(day(61) - 30 * MS_PER_MINUTE)).some(({ host }) => host === 'db1')).toBe(false);
  });

  test('is not recalled over what was heard of it since', () => {
    const learner = createCoverage();
    for (const one of beats('db1', MS_PER_HOUR, day(46), day(60))) learner.hear(one);
    for (const one of memories) learner.recall(one);
    expect(learner.gaps(day(60)).filter(gap => gap.stream === 'db1|edr')).toEqual([]);
  });
});
