/** What is going on at this moment, by what it is about. */
const GOING = new Map<string, Promise<unknown>>();

/**
 * Does `work` when everything that was asked for before about the same thing has ended. For targets that cannot compare before
 * they write: whoever comes second looks again, and sees what the first one did. Other processes are kept off by the claim.
 */
export async function inTurn<T>(about: string, work: () => Promise<T>): Promise<T> {
  const before = GOING.get(about) ?? Promise.resolve();
  const mine = before.then(work, work);
  GOING.set(about, mine);
  try {
    return await mine;
  } finally {
    if (GOING.get(about) === mine) GOING.delete(about);
  }
}
