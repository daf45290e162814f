import { describe, expect, test } from 'vitest';
import { MS_PER_HOUR, MS_PER_SECOND, unixMsFrom } from '../../base/time.ts';
import type { NoticeFact, QuietHours } from '../../model/notice.ts';
import { GATHER_MS, isQuiet, PER_HOUR_MAX, PRESSING_PER_HOUR_MAX, paceOf } from './pace.ts';

const NO_QUIET: QuietHours = { from: 0, to: 0, zone: 'UTC' };

describe('the pace', () => {
  const at = (ms: number) => unixMsFrom(1_700_000_000_000 + ms);
  const fact = (changed: Partial<NoticeFact> = {}): NoticeFact => ({
    key: 'k',
    kind: 'review_waits',
    subject: 'prp_1',
    tier: 'T2',
    until: '',
    missing: undefined,
    count: 1,
    name: '',
    ...changed,
  });

  test('never passes its bound, whatever happens how fast', () => {
    for (const tier of ['T2', 'T3'] as const) {
      const told: number[] = [];
      for (let ms = 0; ms < 3 * MS_PER_HOUR; ms += MS_PER_SECOND) {
        const lastHour = told.filter(one => one > ms - MS_PER_HOUR).length;
        const lastAt = told.at(-1);
        const untold = [{ fact: fact({ kind: 'review_expires', tier }), since: at(ms - GATHER_MS) }];
        const pace = paceOf(
          untold,
          { lastHour, lastAt: lastAt === undefined ? undefined : at(lastAt) },
          NO_QUIET,
          at(ms),
        );
        if (pace.kind === 'now') told.push(ms);
      }
      const most = tier === 'T3' ? PER_HOUR_MAX + PRESSING_PER_HOUR_MAX : PER_HOUR_MAX;
      expect(told.length).toBeLessThanOrEqual(3 * most);
      expect(told.length).toBeGreaterThanOrEqual(2 * most);
    }
  });

  test('keeps the quiet of a zone, over midnight and over a change of clocks', () => {
    const quiet = { from: 22 * 60, to: 6 * 60, zone: 'Europe/Berlin' };
    expect(isQuiet(quiet, unixMsFrom(Date.parse('2026-07-01T20:30:00Z')))).toBe(true);
    expect(isQuiet(quiet, unixMsFrom(Date.parse('2026-07-01T19:30:00Z')))).toBe(false);
    expect(isQuiet(quiet, unixMsFrom(Date.parse('2026-12-01T20:30:00Z')))).toBe(false);
    expect(isQuiet(quiet, unixMsFrom(Date.parse('2026-12-01T04:59:00Z')))).toBe(true);
    expect(isQuiet(NO_QUIET, at(0))).toBe(false);
  });
});
