import { describe, expect, test } from 'vitest';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, unixMsFrom } from '../../base/time.ts';
import type { StreamCoverage } from '../../model/coverage.ts';
import { createCoverage, type Heard } from './coverage.ts';

/** Streams of known rhythms, with and without spans cut out of them. Monday, 5 January 2026. */
const START = Date.UTC(2026, 0, 5);
const WEEKS = 4;
const SPAN = WEEKS * 7 * MS_PER_DAY;
const SEEDS = [1, 2, 3];
const CUTS = 5;

type Dice = () => number;

function diceOf(seed: number): Dice {
  let state = seed * 2_654_435_761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Records per hour at a time. */
type Rate = (at: number) => number;

/** A Poisson process by thinning. */
function poisson(rate: Rate, most: number, dice: Dice): number[] {
  const times: number[] = [];
  for (let at = 0; ; ) {
    at += (-Math.log(1 - dice()) / most) * MS_PER_HOUR;
    if (at >= SPAN) return times;
    if (dice() < rate(at) / most) times.push(at);
  }
}

const hourOf = (at: number): number => (at % MS_PER_DAY) / MS_PER_HOUR;
const isWeekend = (at: number): boolean => Math.floor(at / MS_PER_DAY) % 7 >= 5;
const daily = (least: number, most: number): Rate => {
  return at => least + (most - least) * Math.max(0, Math.sin(((hourOf(at) - 6) / 24) * 2 * Math.PI));
};

const KINDS: { readonly [kind: string]: (dice: Dice) => number[] } = {
  'a heartbeat every five minutes': dice =>
    Array.from({ length: SPAN / (5 * MS_PER_MINUTE) }, (_, n) => n * 5 * MS_PER_MINUTE + dice() * 20_000),
  'a heartbeat every hour': dice =>
    Array.from({ length: SPAN / MS_PER_HOUR }, (_, n) => n * MS_PER_HOUR + dice() * 60_000),
  'a steady flow': dice => poisson(() => 20, 20, dice),
  'a flow with a daily cycle': dice => poisson(daily(4, 60), 60, dice),
  'a flow that rests at night and on weekends': dice =>
    poisson(at => (isWeekend(at) || hourOf(at) < 8 || hourOf(at) > 18 ? 0 : 40), 40, dice),
  'bursts by day': dice =>
    poisson(daily(0.3, 4), 4, dice)
      .flatMap(at => Array.from({ length: 1 + Math.floor(dice() * 20) }, () => at + dice() * 5 * MS_PER_MINUTE))
      .sort((a, b) => a - b),
  'a flow whose rate halves over the weeks': dice => poisson(at => 30 * 2 ** (-at / SPAN), 30, dice),
  'a sensor that pauses half an hour and delivers': dice => {
    const every = poisson(() => 20, 20, dice);
    return every
      .map(at => (at % MS_PER_DAY < 30 * MS_PER_MINUTE ? at - (at % MS_PER_DAY) + 30 * MS_PER_MINUTE : at))
      .sort((a, b) => a - b);
  },
};

function judged(times: readonly number[]): readonly StreamCoverage[] {
  const learner = createCoverage();
  for (const at of times)
    learner.hear({ host: 'h1', product: 'p', rule: 'r', at: unixMsFrom(START + at) } satisfies Heard);
  return learner.gaps(unixMsFrom(START + SPAN)).filter(gap => gap.status !== 'cannot_tell');
}

interface Cut {
  readonly from: number;
  readonly to: number;
  readonly expected: number;
}

/** A span of the third or fourth week in which at least ten records came. */
function cutOf(times: readonly number[], dice: Dice): Cut {
  for (;;) {
    const length = [2, 3, 6, 12][Math.floor(dice() * 4)] ?? 6;
    const from = SPAN / 2 + dice() * (SPAN / 2 - (length + 1) * MS_PER_HOUR);
    const to = from + length * MS_PER_HOUR;
    const expected = times.filter(at => at >= from && at < to).length;
    if (expected >= 10) return { from, to, expected };
  }
}

const isFound = (cut: Cut, gaps: readonly StreamCoverage[]): boolean =>
  gaps.some(gap => {
    const [from, to] = [gap.from - START, gap.to - START];
    return Math.min(to, cut.to) - Math.max(from, cut.from) >= 0.5 * Math.min(to - from, cut.to - cut.from);
  });

describe('over four weeks', () => {
  for (const [kind, timesOf] of Object.entries(KINDS)) {
    test(`${kind}, undisturbed, is called silent at most once in ten stream-weeks`, () => {
      const alarms = SEEDS.flatMap(seed => judged(timesOf(diceOf(seed))));
      expect(alarms.length / (SEEDS.length * WEEKS)).toBeLessThanOrEqual(0.1);
    });
  }
  test('three of four silences in which ten records or more were due are found', () => {
    let [cuts, found] = [0, 0];
    for (const timesOf of Object.values(KINDS)) {
      for (let seed = 1; seed <= CUTS; seed++) {
        const dice = diceOf(seed + 100);
        const times = timesOf(dice);
        const cut = cutOf(times, dice);
        cuts++;
        if (isFound(cut, judged(times.filter(at => at < cut.from || at >= cut.to)))) found++;
      }
    }
    expect(found / cuts).toBeGreaterThanOrEqual(0.75);
  }, 60_000);
});
