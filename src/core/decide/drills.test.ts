import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MS_PER_HOUR, unixMsFrom } from '../../base/time.ts';
import { DRILLS_PER_SHIFT_MAX, type DrillsOfShift, isDrilling, nextDrill, shiftAt } from './drills.ts';

const DRAW = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const morning = unixMsFrom(Date.UTC(2026, 10, 27, 8));
const shift = shiftAt(morning, { shiftHours: 8 });
const quiet: DrillsOfShift = {
  shift,
  now: morning,
  onShift: ['usr_ann'],
  drilled: [],
  made: 0,
  open: 0,
  dueAt: undefined,
};

/** Walks through a shift minute by minute, as the rounds do; whoever is put before a drill decides on it at once. */
function walk(
  onShift: readonly string[],
  draw: () => number,
): { readonly at: readonly number[]; readonly drilled: readonly string[] } {
  const at: number[] = [];
  const drilled: string[] = [];
  let dueAt: DrillsOfShift['dueAt'];
  for (let now = shift.from; now < shift.to; now = unixMsFrom(now + 60_000)) {
    const next = nextDrill({ ...quiet, now, onShift, drilled, made: at.length, dueAt }, draw());
    if (next.kind === 'draw') dueAt = next.dueAt;
    if (next.kind !== 'make') continue;
    at.push(now);
    dueAt = undefined;
    const person = onShift.find(one => !drilled.includes(one));
    if (person !== undefined) drilled.push(person);
  }
  return { at, drilled };
}

describe('in a shift', () => {
  test('in which somebody looks at proposals there is always at least one drill, at whatever moment', () => {
    fc.assert(
      fc.property(DRAW, draw => {
        const { at } = walk(['usr_ann'], () => draw);
        expect(at).toHaveLength(1);
        expect(at[0]).toBeGreaterThanOrEqual(shift.from);
        expect(at[0]).toBeLessThan(shift.to);
      }),
    );
  });

  test('the moment is spread over all of it: no hour has none, none has most of them', () => {
    const hours = Array.from({ length: 800 }, (_, i) => Math.floor((i / 800) * 2 ** 32))
      .map(draw => walk(['usr_ann'], () => draw).at[0] ?? 0)
      .map(at => Math.floor((at - shift.from) / MS_PER_HOUR));
    const each = Array.from({ length: 8 }, (_, hour) => hours.filter(one => one === hour).length);
    expect(Math.min(...each)).toBeGreaterThan(40);
    expect(Math.max(...each)).toBeLessThan(160);
  });

  test('nobody is put before more than one while others have had none', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), DRAW, (count, seed) => {
        let state = seed;
        const draw = () => {
          state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
          // Early in what is left of the shift, so that there is room for all of them.
          return state >>> 4;
        };
        const people = Array.from({ length: count }, (_, i) => `usr_${i}`);
        const { at, drilled } = walk(people, draw);
        expect(at.length).toBeLessThanOrEqual(Math.min(count, DRILLS_PER_SHIFT_MAX));
        expect(new Set(drilled).size).toBe(drilled.length);
      }),
    );
  });

  test('there is none while nobody looks, one is open, or everybody on shift has decided on one', () => {
    for (const so of [{ onShift: [] }, { open: 1 }, { drilled: ['usr_ann'] }, { made: DRILLS_PER_SHIFT_MAX }])
      expect(nextDrill({ ...quiet, ...so, dueAt: shift.from }, 0)).toEqual({ kind: 'none' });
  });

  test('a moment that was drawn is kept, whatever is drawn after it', () => {
    fc.assert(
      fc.property(DRAW, draw => {
        const dueAt = unixMsFrom(morning + MS_PER_HOUR);
        expect(nextDrill({ ...quiet, dueAt }, draw)).toEqual({ kind: 'none' });
        expect(nextDrill({ ...quiet, dueAt, now: dueAt }, draw)).toEqual({ kind: 'make' });
      }),
    );
  });
});

test('nothing is drilled before a policy says so, or after the last day that it names', () => {
  const setting = { team: [], leads: [], shiftHours: 8, until: '2026-11-27' } as const;
  expect(isDrilling(undefined, morning)).toBe(false);
  expect(isDrilling(setting, morning)).toBe(true);
  expect(isDrilling(setting, unixMsFrom(Date.UTC(2026, 10, 28)))).toBe(false);
});
