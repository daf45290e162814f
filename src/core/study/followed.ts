import type { Stream } from './stream.ts';

/** Bins in which the other was heard, that what follows it is learnt from. */
const LEARNT_MIN = 12;
/** The stream was heard in at least this share of them. */
const FOLLOWED_SHARE_MIN = 0.8;
/** Expected by chance at most. */
const BY_CHANCE_MAX = 0.01;
/** A quiet is this many times as long as any that is not itself in question. */
const LONGER_THAN_USUAL = 3;
/** And they are a small part of what is learnt from. */
const EXCLUDED_SHARE_MAX = 0.25;
/** Runs that may be in question at once. */
const IN_QUESTION_MAX = 1;

/**
 * Why the bins from `from` to before `to` would not have been empty, by what else was heard on the host: a rule of another
 * product that this stream used to be heard with. Undefined where nothing says so. `end` is the present.
 */
export function followedQuiet(
  stream: Stream,
  from: number,
  to: number,
  end: number,
  sameHost: readonly Stream[],
): string | undefined {
  for (const other of sameHost) {
    if (other === stream) continue;
    for (const rhythm of other.rules.values()) {
      const heard = rhythm.marks.occupied().filter(bin => bin >= stream.first / 600_000 && bin < end);
      const verdict = judge(heard, bin => stream.bins.at(bin) > 0, from, to);
      if (verdict !== undefined)
        return `nothing in ${verdict.missed} spans of 10 min in which ${other.product} on the same host had "${rhythm.rule}", with which it was heard in ${Math.round(100 * verdict.share)} % before`;
    }
  }
  return undefined;
}

function judge(
  heard: readonly number[],
  follows: (bin: number) => boolean,
  from: number,
  to: number,
): { readonly missed: number; readonly share: number } | undefined {
  let [missed, learnt, followed, run] = [0, 0, 0, 0];
  const runs: number[] = [];
  for (const bin of heard) {
    if (bin >= from && bin < to) {
      missed++;
      continue;
    }
    learnt++;
    if (follows(bin)) {
      followed++;
      if (run > 0) runs.push(run);
      run = 0;
    } else run++;
  }
  if (run > 0) runs.push(run);
  if (followed < LEARNT_MIN || missed < 3) return undefined;
  runs.sort((a, b) => b - a);
  // Longer gaps of the same stream are no measure of what is usual: the first clear break in length divides them.
  let usual = runs[0] ?? 0;
  let excluded = 0;
  for (let index = 0; index < Math.min(IN_QUESTION_MAX, runs.length); index++) {
    const [length = 0, next = 0] = [runs[index], runs[index + 1]];
    if (length >= LONGER_THAN_USUAL * Math.max(1, next) && length > 3) {
      usual = next;
      excluded = runs.slice(0, index + 1).reduce((sum, one) => sum + one, 0);
    }
  }
  if (excluded > EXCLUDED_SHARE_MAX * learnt) return undefined;
  const share = (followed + 0.5) / (learnt - excluded + 1);
  if (share < FOLLOWED_SHARE_MIN || missed < LONGER_THAN_USUAL * Math.max(1, usual)) return undefined;
  return (1 - share) ** missed * Math.max(1, learnt) <= BY_CHANCE_MAX ? { missed, share } : undefined;
}
