import { MS_PER_MINUTE, rfc3339, type UnixMs, unixMsFrom } from '../../base/time.ts';
import type { TrailHealth } from '../../model/trail.ts';

/** So long a trail may go unread before people are told: some looks fail, and every target is restarted now and then. */
export const TRAIL_SILENT_MS = 5 * MS_PER_MINUTE;

/** What is kept of the looks at one system's trail. Undefined members: never. */
export interface TrailLooks {
  /** When it was first tried. */
  readonly triedAt: number;
  readonly begunAt: number | undefined;
  readonly readAt: number | undefined;
  /** Code of why the last look failed; empty where it did not. */
  readonly failure: string;
  /** The failure in words. */
  readonly because: string;
  readonly lastUnknownAt: number | undefined;
  readonly unknownChanges: number;
  readonly notShown: number;
  readonly cutAt: number | undefined;
}

/** How the trail of a system is. `kept` is what its responder says of where the target keeps it; empty of one that has none. */
export function trailHealth(
  { system, responder, kept }: { readonly system: string; readonly responder: string; readonly kept: string },
  looks: TrailLooks | undefined,
  now: UnixMs,
): TrailHealth {
  return {
    system,
    responder,
    kept: kept === '' || hasNone(looks) ? '' : kept,
    state: stateOf(kept, looks, now),
    begunAt: textOf(looks?.begunAt),
    readAt: textOf(looks?.readAt),
    because: looks?.because ?? '',
    lastUnknownAt: textOf(looks?.lastUnknownAt),
    unknownChanges: looks?.unknownChanges ?? 0,
    notShown: looks?.notShown ?? 0,
    cutAt: textOf(looks?.cutAt),
  };
}

/** A log that was read once and is said not to be there any more was taken away: that is a silence. */
function hasNone(looks: TrailLooks | undefined): boolean {
  return looks?.failure === 'responder.no_trail' && looks.begunAt === undefined;
}

function stateOf(kept: string, looks: TrailLooks | undefined, now: UnixMs): TrailHealth['state'] {
  if (kept === '' || hasNone(looks)) return 'none';
  if (looks === undefined) return 'awaited';
  if (now - (looks.readAt ?? looks.triedAt) > TRAIL_SILENT_MS) return 'silent';
  return looks.readAt === undefined ? 'awaited' : 'read';
}

function textOf(at: number | undefined): string {
  return at === undefined ? '' : rfc3339(unixMsFrom(at));
}
