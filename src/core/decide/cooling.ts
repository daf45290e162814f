import { MS_PER_HOUR, type UnixMs } from '../../base/time.ts';

/** How long a new passkey counts for no act of two people, so that whoever sees the notice has time to say that it is wrong. */
export const COOLING_MS = 24 * MS_PER_HOUR;

/**
 * Credentials that do not count for two-person acts yet, each with until when (controls AUT-07). `since` is when each was seen
 * first, by whoever asks. Those of an installation's first day do not cool: whoever sets it up is there, and before them
 * there is nobody whose second signature a new one could stand in for.
 */
export function coolingOf(since: ReadonlyMap<string, UnixMs>, now: UnixMs): ReadonlyMap<string, UnixMs> {
  const first = Math.min(...since.values());
  return new Map(
    [...since]
      .filter(([, at]) => at - first >= COOLING_MS && now < at + COOLING_MS)
      .map(([credential, at]) => [credential, (at + COOLING_MS) as UnixMs]),
  );
}
