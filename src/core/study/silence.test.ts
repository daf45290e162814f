import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import { createCoverage, type Heard } from './coverage.ts';
import { type CoverageQuestion, coverageFor } from './coverage-for.ts';

const END = Date.UTC(2026, 2, 2, 12);
const CUTS = [1, 2, 4, 8, 12, 16, 20, 30, 48, 80, 200, 400, 600];

/** The same figures each time. */
function dice(n: number): number {
  const x = Math.sin(n * 12.9898) * 43758.5453;
  return x - Math.floor(x);
}

interface Shape {
  readonly name: string;
  readonly days: number;
  readonly periodMs: number;
  /** Share of a period by which a record comes early or late. */
  readonly jitter: number;
  readonly isOn: (at: Date) => boolean;
  readonly rules: number;
}

const always = () => true;
const byDay = (at: Date) => at.getUTCHours() >= 7 && at.getUTCHours() < 19;
const onWeekdays = (at: Date) => byDay(at) && at.getUTCDay() % 6 !== 0;

const SHAPES: readonly Shape[] = [
  { name: 'an hourly beat of one day', days: 1, periodMs: MS_PER_HOUR, jitter: 0.1, isOn: always, rules: 1 },
  {
    name: 'a beat of ten minutes, of one day',
    days: 1,
    periodMs: 10 * MS_PER_MINUTE,
    jitter: 0.1,
    isOn: always,
    rules: 1,
  },
  {
    name: 'half-hourly, a rule at random',
    days: 1,
    periodMs: 30 * MS_PER_MINUTE,
    jitter: 0.1,
    isOn: always,
    rules: 7,
  },
  { name: 'at random, of one day', days: 1, periodMs: 12 * MS_PER_MINUTE, jitter: 1.9, isOn: always, rules: 5 },
  { name: 'an hourly beat of a month', days: 30, periodMs: MS_PER_HOUR, jitter: 0.1, isOn: always, rules: 1 },
  { name: 'at random, of a week', days: 7, periodMs: 6 * MS_PER_MINUTE, jitter: 1.9, isOn: always, rules: 5 },
  { name: 'by day, of three weeks', days: 21, periodMs: 5 * MS_PER_MINUTE, jitter: 1.5, isOn: byDay, rules: 5 },
  { name: 'on weekdays, of a month', days: 30, periodMs: 5 * MS_PER_MINUTE, jitter: 1.5, isOn: onWeekdays, rules: 5 },
];

function records({ days, periodMs, jitter, isOn, rules }: Shape, host: string, seed: number): readonly Heard[] {
  const first = END - days * MS_PER_DAY;
  return Array.from({ length: Math.floor((days * MS_PER_DAY) / periodMs) }, (_, n) => {
    const at = first + (n + 0.5 + (dice(seed + n) - 0.5) * jitter) * periodMs;
    return {
      host,
      product: 'sensor',
      rule: `r${Math.floor(dice(seed + n * 3) * rules)}`,
      at: unixMsFrom(Math.round(at)),
    };
  })
    .filter(({ at }) => at < END && isOn(new Date(at)))
    .sort((a, b) => a.at - b.at);
}

/** A web server that goes on, so that time does. */
const beside = (days: number): readonly Heard[] =>
  Array.from({ length: days * 288 }, (_, n) => ({
    host: 'web1',
    product: 'waf',
    rule: `w${n % 3}`,
    at: unixMsFrom(Math.round(END - days * MS_PER_DAY + (n + dice(n)) * 5 * MS_PER_MINUTE)),
  }));

const question: CoverageQuestion = {
  hosts: new Set(['h1']),
  products: new Set(['waf']),
  from: unixMsFrom(END - 70 * MS_PER_MINUTE),
  to: unixMsFrom(END - 10 * MS_PER_MINUTE),
};

const RANK = { complete: 0, unknown: 1, gaps: 2 } as const;

/** How bad it stands: nothing amiss, cannot be told, a gap, and one that raises the tier. */
function badness(heard: readonly Heard[], asked = question): number {
  const learner = createCoverage();
  for (const one of heard.toSorted((a, b) => a.at - b.at)) learner.hear(one);
  const { coverage, gaps } = coverageFor(asked, learner.streams(unixMsFrom(END)), undefined);
  return gaps.some(gap => gap.isRequired) ? 3 : RANK[coverage.verdict];
}

describe.each(SHAPES)('a stream that sends $name', shape => {
  for (const others of [0, 2]) {
    const hosts = ['h1', 'h2', 'h3'].slice(0, 1 + others);
    const all = hosts.flatMap((host, n) => records(shape, host, 1 + n * 1000));
    const rest = beside(shape.days);
    const cuts = CUTS.filter(hours => hours * MS_PER_HOUR < shape.days * MS_PER_DAY - 3 * shape.periodMs);

    test(`stands no better the longer it is silent until now${others > 0 ? ', as do its peers' : ''}`, () => {
      const found = cuts.map(hours => badness([...rest, ...all.filter(({ at }) => at < END - hours * MS_PER_HOUR)]));
      expect(found).toEqual(found.toSorted((a, b) => a - b));
      expect(found.at(-1)).toBe(3);
    });

    test(`stands no better the longer it was silent before it came back${others > 0 ? ', as do its peers' : ''}`, () => {
      const back = END - 6 * MS_PER_HOUR;
      const then = { ...question, from: unixMsFrom(back - 2 * MS_PER_HOUR), to: unixMsFrom(back - MS_PER_HOUR) };
      const long = cuts.filter(hours => hours * MS_PER_HOUR < shape.days * MS_PER_DAY - 9 * MS_PER_HOUR);
      const found = long.map(hours =>
        badness([...rest, ...all.filter(({ at }) => at < back - hours * MS_PER_HOUR || at > back)], then),
      );
      expect(found).toEqual(found.toSorted((a, b) => a - b));
    });
  }
});
