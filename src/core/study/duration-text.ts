import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, MS_PER_SECOND } from '../../base/time.ts';

/** How long something lasted, rounded to one unit: `90 s`, `12 min`, `5 h`, `3 days`. Never less than a second. */
export function durationText(ms: number): string {
  if (ms < 2 * MS_PER_MINUTE) return `${Math.max(1, Math.round(ms / MS_PER_SECOND))} s`;
  if (ms < 2 * MS_PER_HOUR) return `${Math.round(ms / MS_PER_MINUTE)} min`;
  if (ms < 2 * MS_PER_DAY) return `${Math.round(ms / MS_PER_HOUR)} h`;
  return `${Math.round(ms / MS_PER_DAY)} days`;
}
