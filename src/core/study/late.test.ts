import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import { believable } from './claimed-time.ts';
import { type CoverageLearner, createCoverage } from './coverage.ts';

const START = Date.UTC(2026, 2, 2);
const say = (learner: CoverageLearner, at: number, heardAt: number, host = 'db1') =>
  learner.hear({
    host,
    product: 'edr',
    rule: 'beat',
    at: unixMsFrom(START + at),
    heardAt: unixMsFrom(START + heardAt),
  });

describe('a stream that arrives late', () => {
  const learner = () => {
    const made = createCoverage();
    for (let at = 0; at < MS_PER_DAY; at += 5 * MS_PER_MINUTE) say(made, at, at + 20_000);
    return made;
  };

  test('is late and not silent while its records come long after their usual lag, and says how late', () => {
    const late = learner();
    // A spool: what happened until one o'clock arrives between two and three.
    const arrivals = Array.from({ length: 12 }, (_, n) => MS_PER_DAY + n * 5 * MS_PER_MINUTE);
    for (const at of arrivals) say(late, at, at + 2 * MS_PER_HOUR);
    const now = unixMsFrom(START + MS_PER_DAY + 3 * MS_PER_HOUR);
    const gaps = late.gaps(now);
    expect(gaps.map(gap => gap.status)).toEqual(['late']);
    expect(gaps[0]?.because).toBe(
      'the latest records arrived 2 h after they happened; usually it takes 32 s, nineteen of twenty within 32 s',
    );
  });

  test('is silent where nothing comes at all', () => {
    const gaps = learner().gaps(unixMsFrom(START + MS_PER_DAY + 3 * MS_PER_HOUR));
    expect(gaps.map(gap => gap.status)).toEqual(['silent']);
  });

  test('has no gap left once its spool was delivered', () => {
    const filled = learner();
    for (let at = MS_PER_DAY + 2 * MS_PER_HOUR; at < MS_PER_DAY + 5 * MS_PER_HOUR; at += 5 * MS_PER_MINUTE)
      say(filled, at, at + 20_000);
    const now = unixMsFrom(START + MS_PER_DAY + 5 * MS_PER_HOUR);
    expect(filled.gaps(now).map(gap => gap.status)).toEqual(['silent']);
    for (let at = MS_PER_DAY; at < MS_PER_DAY + 2 * MS_PER_HOUR; at += 5 * MS_PER_MINUTE)
      say(filled, at, MS_PER_DAY + 5 * MS_PER_HOUR);
    expect(filled.gaps(now).filter(gap => gap.status === 'silent')).toEqual([]);
  });

  test('that always takes a day is not late', () => {
    const slow = createCoverage();
    for (let at = 0; at < 3 * MS_PER_DAY; at += 5 * MS_PER_MINUTE) say(slow, at, at + MS_PER_DAY);
    const clock = unixMsFrom(START + 4 * MS_PER_DAY);
    expect(slow.gaps(unixMsFrom(START + 3 * MS_PER_DAY), clock)).toEqual([]);
  });
});

describe('a clock that is wrong', () => {
  test('in 2099 or 1970 is not learnt from, counted, and makes nothing else silent', () => {
    const learner = createCoverage();
    for (let at = 0; at < MS_PER_DAY; at += 5 * MS_PER_MINUTE) say(learner, at, at + 1_000);
    const honest = learner.streams(unixMsFrom(START + MS_PER_DAY));
    say(learner, Date.UTC(2099, 0, 1) - START, MS_PER_DAY);
    say(learner, 1_000 - START, MS_PER_DAY, 'db2');
    expect(learner.unbelievableCount).toBe(2);
    expect(learner.streams(unixMsFrom(START + MS_PER_DAY))).toEqual(honest);
  });

  test('is left out of a file beside the others, where no clock of ours saw it arrive', () => {
    const day = Array.from({ length: 200 }, (_, n) => ({ at: unixMsFrom(START + n * 5 * MS_PER_MINUTE) }));
    const wrong = [{ at: unixMsFrom(1_000) }, { at: unixMsFrom(Date.UTC(2099, 0, 1)) }];
    expect(believable([...wrong, ...day])).toEqual(day);
    const few = day.slice(0, 3);
    expect(believable([...few, ...wrong])).toEqual(few);
    expect(believable([])).toEqual([]);
  });
});
