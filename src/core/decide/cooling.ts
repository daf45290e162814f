import { MS_PER_HOUR, type UnixMs } from '../../base/time.ts';
import type { Person } from '../../model/review.ts';

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

/** What has an age by which somebody's signatures are too new: their credentials, and the changes that gave them a role. */
export function agedOf({ credentials, news }: Person): readonly string[] {
  return [...credentials.map(({ id }) => id), ...(news ?? [])];
}

/** As {@link coolingOf} for credentials alone: each as long as the youngest of what its holder has. */
export function coolingCredentialsOf(
  people: Iterable<Person>,
  cooling: ReadonlyMap<string, UnixMs>,
): ReadonlyMap<string, UnixMs> {
  const until = new Map<string, UnixMs>();
  for (const person of people) {
    const news = (person.news ?? []).map(change => cooling.get(change) ?? 0);
    for (const { id } of person.credentials) {
      const last = Math.max(cooling.get(id) ?? 0, ...news);
      if (last > 0) until.set(id, last as UnixMs);
    }
  }
  return until;
}
