import type { Id } from '../../base/id.ts';
import { MS_PER_HOUR, type UnixMs } from '../../base/time.ts';
import type { Severity } from '../../model/alert.ts';

/**
 * What a proposal is counted with. Each pool has room of its own, so no number of small things takes the room of a grave
 * one. Undos are counted nowhere: there is at most one for each act that people signed.
 */
export type AttentionPool = 'critical' | 'high' | 'other';

/** Proposals of one pool that one person may have in review. */
export const WAITING_PER_PROPOSER_MAX = 20;
/** Proposals of one pool in review for each person who may review. */
export const WAITING_PER_REVIEWER_MAX = 20;
/** Proposals of one pool that one person may make in an hour. */
export const MADE_PER_HOUR_MAX = 30;
/** Decisions that one person can give their attention in an hour: of one pool no more are asked for. */
export const DECISIONS_PER_HOUR_MAX = 20;

export interface CountedProposal {
  readonly proposer: Id<'person'> | '';
  readonly pool: AttentionPool;
  readonly isWaiting: boolean;
  readonly createdAt: UnixMs;
  readonly reviewBy: UnixMs;
}

export type ThrottleReason = 'yours_waiting' | 'all_waiting' | 'yours_per_hour' | 'all_per_hour';

export interface Throttle {
  readonly reason: ThrottleReason;
  readonly count: number;
  readonly most: number;
  /** When there is room at the latest, if nobody asks meanwhile. */
  readonly until: UnixMs;
}

/** The pool of a proposal, from the severity that its incident has by rules. An act on ourselves is never grave. */
export function poolOf(severity: Severity | undefined, isOwn: boolean): AttentionPool {
  if (isOwn) return 'other';
  return severity === 'critical' || severity === 'high' ? severity : 'other';
}

/**
 * Whether people have attention left for one proposal more; undefined where they have. It keeps proposers waiting and
 * nothing else: it approves nothing, and no proposal that is in review is touched by it.
 */
export function throttleOf(
  asked: { readonly proposer: Id<'person'>; readonly pool: AttentionPool },
  known: readonly CountedProposal[],
  reviewers: number,
  now: UnixMs,
): Throttle | undefined {
  const people = Math.max(1, reviewers);
  const same = known.filter(one => one.pool === asked.pool);
  const waiting = same.filter(one => one.isWaiting);
  const made = same.filter(one => now - one.createdAt < MS_PER_HOUR);
  const ofMine = (one: CountedProposal) => one.proposer === asked.proposer;
  const rules: readonly (readonly [ThrottleReason, readonly CountedProposal[], number])[] = [
    ['yours_waiting', waiting.filter(ofMine), WAITING_PER_PROPOSER_MAX],
    ['all_waiting', waiting, WAITING_PER_REVIEWER_MAX * people],
    ['yours_per_hour', made.filter(ofMine), MADE_PER_HOUR_MAX],
    ['all_per_hour', made, DECISIONS_PER_HOUR_MAX * people],
  ];
  for (const [reason, counted, most] of rules) {
    if (counted.length < most) continue;
    const ends = counted.map(one => (reason.endsWith('waiting') ? one.reviewBy : one.createdAt + MS_PER_HOUR));
    // So many have to leave until there is room again; the soonest ones do.
    const until = ends.sort((a, b) => a - b)[counted.length - most] ?? now;
    return { reason, count: counted.length, most, until: until as UnixMs };
  }
  return undefined;
}
