import { MS_PER_SECOND, parseTime } from '../../base/time.ts';

/** Says what is wrong with an entry: a stable code and a sentence. */
export interface Fault {
  readonly code: string;
  readonly detail: string;
}
export const fault = (code: string, detail: string): Fault => ({ code, detail });

/**
 * Between a process's look at the clock, or at what others wrote, and the entry that tells of what it did then. Within
 * it an expiry may pass, and a rejection may cross with a beginning, without anybody having done wrong.
 */
export const CROSSING_MS_MAX = 10 * MS_PER_SECOND;

/** Whether an entry of this time may tell of something that was allowed until then. False where either is not a time. */
export function isInTime(at: string, until: string): boolean {
  const [time, limit] = [parseTime(at), parseTime(until)];
  return time !== undefined && limit !== undefined && time < limit + CROSSING_MS_MAX;
}

/** Whether an entry came so long after another that whoever wrote it must have known of it. */
export function isAfter(at: string, earlier: string | undefined): boolean {
  return earlier !== undefined && !isInTime(at, earlier);
}
