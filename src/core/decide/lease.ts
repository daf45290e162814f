import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, parseTime, type UnixMs } from '../../base/time.ts';
import type { KindId } from '../../model/kind.ts';
import { LEASE_HOURS_MAX } from '../../model/lease.ts';
import type { ProposalState } from '../../model/proposal.ts';
import type { Operation } from '../../ports/responder.ts';

/** A release that people rejected or took back is asked for again after this: what is kept is never forgotten. */
export const LEASE_ASKED_AGAIN_MS = MS_PER_DAY;
/** Where no release can be proposed it is tried again so often: the target may be as it was, or answer again. */
export const LEASE_TRIED_EVERY_MS = MS_PER_MINUTE;

/** Why an act may not have a lease that ends then; undefined where it may. */
export function leaseTrouble(
  operation: Pick<Operation, 'kind' | 'undo'>,
  endsAt: string,
  now: UnixMs,
): string | undefined {
  const most = LEASE_HOURS_MAX[operation.kind as KindId];
  const ends = parseTime(endsAt);
  if (most === undefined || operation.undo === undefined) return 'an act of this kind has no lease';
  if (ends === undefined || ends <= now) return `it ended at ${endsAt}`;
  return ends > now + most * MS_PER_HOUR ? `it would last longer than the ${most} hours that its kind may` : undefined;
}

/** One line, as it is signed. */
export function leaseSentence(endsAt: string): string {
  return `Its lease ends at ${endsAt.slice(0, 16).replace('T', ' ')} UTC. Nothing is undone then: a release is proposed, marked urgent, and what is contained stays contained until people sign it.`;
}

/** What came of the last time that people were asked to release, or could not be. */
export interface LeaseTurn {
  readonly number: number;
  readonly at: UnixMs;
  /** The state of the release that was proposed; undefined where none could be. */
  readonly release: ProposalState | undefined;
}

/** States in which a release goes on, or is done. */
const GOING_ON: readonly ProposalState[] = [
  'drafted',
  'in_review',
  'approved',
  'emergency',
  'checking',
  'executing',
  'in_doubt',
  'succeeded',
  'not_in_effect',
  'verified',
  'undone',
];
/** States into which people brought it, who want to keep what is contained for now. */
const KEPT: readonly ProposalState[] = ['rejected', 'revoked', 'withdrawn'];

/**
 * When a release is to be proposed next, for a lease that ended; undefined while one goes on. At once the first time, and where
 * the last one came to nothing without anybody saying no; a day later where somebody did.
 */
export function askedNext(endsAt: UnixMs, last: LeaseTurn | undefined): UnixMs | undefined {
  if (last === undefined || last.release === undefined) return last?.at ?? endsAt;
  if (GOING_ON.includes(last.release)) return undefined;
  return KEPT.includes(last.release) ? ((last.at + LEASE_ASKED_AGAIN_MS) as UnixMs) : last.at;
}
