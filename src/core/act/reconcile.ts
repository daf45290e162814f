import type { Id } from '../../base/id.ts';
import { MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import type { TrailEntry } from '../../ports/responder.ts';

/** How often each target's own log is read. */
export const TRAIL_EVERY_MS = MS_PER_MINUTE;
/** Within this a change with our credential that nobody signed is told (AUD-04): the interval, a look that takes long, one that fails. */
export const TRAIL_DETECTED_MS_MAX = 10 * MS_PER_MINUTE;
/** How far the target's clock may be from ours where only time tells two acts of one kind on one target apart. */
export const CLOCKS_APART_MS_MAX = 2 * MS_PER_MINUTE;
/** A write of which no answer came may arrive so long after it was begun. */
const WRITE_LATEST_MS = MS_PER_MINUTE;
/** How long what we did may take to stand in the target's own log. */
const SHOWN_THERE_MS_MAX = 5 * MS_PER_MINUTE;

/** What an executor of this installation wrote that it did to a system. */
export interface OwnAct {
  readonly execution: Id<'execution'>;
  readonly operation: string;
  /** The target's immutable id. */
  readonly target: string;
  readonly key: string;
  readonly begunAt: UnixMs;
  /** When the answer came; undefined where none did. */
  readonly endedAt: UnixMs | undefined;
  /** The target said that this call made the change. */
  readonly isApplied: boolean;
}

/** An entry of the target's log, and the act that it shows; undefined where nobody signed for it. */
export interface MatchedEntry {
  readonly entry: TrailEntry;
  readonly execution: Id<'execution'> | undefined;
}

/**
 * Holds what a target says was done with our write credential against what was done for people who signed.
 *
 * Where the target keeps our key, the key decides, together with target and operation. Where it keeps none, an act explains one
 * entry and no second one: of the same operation on the same target, at its time. `taken` are the acts that explained an
 * entry before. So whoever uses the credential beside an act of ours, on its very target, leaves one entry too many.
 */
export function matchTrail(
  entries: readonly TrailEntry[],
  acts: readonly OwnAct[],
  taken: ReadonlySet<string>,
): readonly MatchedEntry[] {
  const used = new Set(taken);
  return [...entries]
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    .map(entry => {
      const act = acts.find(
        candidate => isOf(entry, candidate) && (entry.key !== '' || !used.has(candidate.execution)),
      );
      if (act !== undefined) used.add(act.execution);
      return { entry, execution: act?.execution };
    });
}

function isOf(entry: TrailEntry, act: OwnAct): boolean {
  if (entry.operation === '' || entry.operation !== act.operation || entry.target !== act.target) return false;
  if (entry.key !== '') return entry.key === act.key;
  const latest = Math.max(act.endedAt ?? 0, act.begunAt + WRITE_LATEST_MS);
  return entry.at >= act.begunAt - CLOCKS_APART_MS_MAX && entry.at <= latest + CLOCKS_APART_MS_MAX;
}

/** How far back acts have to be known to explain these entries. */
export function actsFrom(entries: readonly TrailEntry[]): number {
  return Math.min(...entries.map(({ at }) => at)) - 2 * CLOCKS_APART_MS_MAX - WRITE_LATEST_MS;
}

/**
 * Acts that the target said it carried out and that its own log does not have. Only of what was begun since the log is read,
 * and once it has had its time to show it.
 */
export function notShownThere(
  acts: readonly OwnAct[],
  taken: ReadonlySet<string>,
  trail: { readonly begunAt: number; readonly readAt: number },
): readonly OwnAct[] {
  return acts.filter(
    ({ execution, begunAt, endedAt, isApplied }) =>
      isApplied &&
      endedAt !== undefined &&
      endedAt + SHOWN_THERE_MS_MAX < trail.readAt &&
      begunAt > trail.begunAt + CLOCKS_APART_MS_MAX &&
      !taken.has(execution),
  );
}
