import type { Id } from '../../base/id.ts';
import { MS_PER_MINUTE, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { Unexplained } from '../../model/trail.ts';
import type { TrailEntry, TrailPage } from '../../ports/responder.ts';

/** How often each target's own log is read. */
export const TRAIL_EVERY_MS = MS_PER_MINUTE;
/** Within this a change with our credential that nobody signed is told (AUD-04): the interval, a look that takes long, some that fail. */
export const TRAIL_DETECTED_MS_MAX = 10 * MS_PER_MINUTE;
/** How far the target's clock may be from ours, where it does not tell its own; and what two executors may be apart where it does. */
export const CLOCKS_APART_MS_MAX = 2 * MS_PER_MINUTE;
/** A write of which no answer came may arrive so long after it was begun. */
const WRITE_LATEST_MS = MS_PER_MINUTE;
/** How long what we did may take to stand in the target's own log. */
export const SHOWN_THERE_MS_MAX = 5 * MS_PER_MINUTE;

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
  /** Whether this call made the change, as the target said; `perhaps` where it gave no answer that settles it. */
  readonly did: 'change' | 'perhaps' | 'nothing';
}

/** An entry of the target's log with the act that it shows, or why it is nobody's that signed. */
export type MatchedEntry =
  | { readonly entry: TrailEntry; readonly execution: Id<'execution'> }
  | { readonly entry: TrailEntry; readonly execution: undefined; readonly because: Unexplained };

/** A page with its times by our clock, where the target tells its own. Where it tells none, they stay as they are. */
export function byOurClock({ entries, clock }: TrailPage, now: UnixMs): readonly TrailEntry[] {
  return clock === undefined
    ? entries
    : entries.map(entry => ({ ...entry, at: unixMsFrom(Math.max(0, entry.at + now - clock)) }));
}

/**
 * Holds what a target says was done with our write credential against what was done for people who signed.
 *
 * An act that may have changed something explains an entry of its operation, on its target, at its time. Where the target keeps our key, it has to be that of the
 * act, and several lines may be of one act. Where it keeps none, an act explains one entry and no second one: `taken` are those
 * that explained an entry before. So whoever uses the credential beside an act of ours, on its very target, leaves one too many.
 */
export function matchTrail(
  entries: readonly TrailEntry[],
  acts: readonly OwnAct[],
  taken: ReadonlySet<string>,
): readonly MatchedEntry[] {
  const used = new Set(taken);
  // Of those that fit, the one whose time is over first: then no other choice would explain more.
  const byEnd = acts.filter(({ did }) => did !== 'nothing').sort((a, b) => latest(a) - latest(b));
  return [...entries]
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    .map(entry => {
      const alike = byEnd.filter(act => isAlike(entry, act));
      const inTime = alike.filter(act => isInTime(entry, act));
      const act = inTime.find(({ execution }) => entry.key !== '' || !used.has(execution));
      if (act === undefined) return { entry, execution: undefined, because: whyNot(entry, alike, inTime) };
      used.add(act.execution);
      return { entry, execution: act.execution };
    });
}

function whyNot(entry: TrailEntry, alike: readonly OwnAct[], inTime: readonly OwnAct[]): Unexplained {
  if (entry.operation === '') return 'not_ours';
  if (inTime.length > 0) return 'one_too_many';
  return alike.length > 0 ? 'other_time' : 'no_act';
}

function isAlike(entry: TrailEntry, act: OwnAct): boolean {
  const isSame = entry.operation !== '' && entry.operation === act.operation && entry.target === act.target;
  return isSame && (entry.key === '' || entry.key === act.key);
}

function isInTime(entry: TrailEntry, act: OwnAct): boolean {
  return entry.at >= act.begunAt - CLOCKS_APART_MS_MAX && entry.at <= latest(act) + CLOCKS_APART_MS_MAX;
}

/** When a write of this act can have arrived at the latest. */
function latest({ begunAt, endedAt }: OwnAct): number {
  return endedAt ?? begunAt + WRITE_LATEST_MS;
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
    ({ execution, begunAt, endedAt, did }) =>
      did === 'change' &&
      endedAt !== undefined &&
      endedAt + SHOWN_THERE_MS_MAX < trail.readAt &&
      begunAt > trail.begunAt + CLOCKS_APART_MS_MAX &&
      !taken.has(execution),
  );
}
