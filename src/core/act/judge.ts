import type { Result } from '../../base/result.ts';
import type { Failure } from '../../model/failure.ts';
import type { Observation, Receipt } from '../../ports/responder.ts';

export type Conclusion = 'succeeded' | 'failed' | 'in_doubt' | 'verified' | 'not_in_effect';

/** What an executor knows of a write: the receipt, or that it stopped after the intent was recorded. */
export type Sent = Receipt['outcome'] | 'not_known';

/**
 * From what was answered and what is seen to conclusions, in order. What is seen outranks what was said: an error after
 * the change took effect is still a change, and silence is not a refusal.
 *
 * `isSettled` says that no write of ours can arrive any more, so that its absence may be believed.
 */
export function judge(sent: Sent, seen: Result<Observation, Failure>, isSettled: boolean): readonly Conclusion[] {
  if (!seen.ok) return ['in_doubt'];
  if (seen.value.state === 'in_effect') {
    switch (seen.value.effect) {
      case 'in_effect':
        return ['succeeded', 'verified'];
      case 'not_in_effect':
        return ['succeeded', 'not_in_effect'];
      case 'unproven':
        return ['succeeded'];
    }
  }
  const canBeSeen = seen.value.state !== 'not_seen';
  switch (sent) {
    case 'refused':
    case 'refused_drift':
    case 'failed':
      return ['failed'];
    case 'applied':
    case 'already_applied':
      // The target said yes and shows no change.
      return canBeSeen ? ['succeeded', 'not_in_effect'] : ['succeeded'];
    case 'unknown':
    case 'not_known':
      // Of what can be seen nowhere, not even time says that it did not happen.
      return isSettled && canBeSeen ? ['failed'] : ['in_doubt'];
  }
}

/** What a later look adds to what was concluded before; empty where it settles nothing new. */
export function judgeAgain(
  last: Conclusion,
  sent: Sent,
  seen: Result<Observation, Failure>,
  isSettled: boolean,
): readonly Conclusion[] {
  if (!seen.ok) return [];
  const now = judge(sent, seen, isSettled);
  switch (last) {
    case 'in_doubt':
      return now[0] === 'in_doubt' ? [] : now;
    case 'succeeded':
      return now.filter(conclusion => conclusion === 'verified' || conclusion === 'not_in_effect');
    case 'not_in_effect':
      return now.filter(conclusion => conclusion === 'verified');
    case 'failed':
    case 'verified':
      return [];
  }
}
