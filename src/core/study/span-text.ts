import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from '../../base/time.ts';

/** A span of time as a person says it: `40 s`, `35 min`, `7 h`, `3 days`. */
export function spanText(ms: number): string {
  if (ms < 2 * MS_PER_MINUTE) return `${Math.max(1, Math.round(ms / 1000))} s`;
  if (ms < 2 * MS_PER_HOUR) return `${Math.round(ms / MS_PER_MINUTE)} min`;
  if (ms < 2 * MS_PER_DAY) return `${Math.round(ms / MS_PER_HOUR)} h`;
  return `${Math.round(ms / MS_PER_DAY)} days`;
}
