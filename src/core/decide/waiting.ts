import type { Id } from '../../base/id.ts';
import { MS_PER_HOUR, MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import { SEVERITY_RANK, type Severity } from '../../model/alert.ts';
import type { Waiting, WaitingReason } from '../../model/waiting.ts';

/** Everything that the harm of waiting rests on: closed words, counts and times. There is no text in it, and no model's word. */
export interface WaitingFacts {
  readonly proposal: Id<'proposal'>;
  /** Of the incident; undefined where the proposal is about none. */
  readonly severity: Severity | undefined;
  /** When the incident's records last named the target in a field that its source or a person maps. */
  readonly targetLastSeen: UnixMs | undefined;
  /** `undoes`: what was contained is contained while it waits. `own`: it changes what this installation keeps, and nothing outside. */
  readonly effect: 'contains' | 'undoes' | 'own';
  readonly approvals: number;
  readonly needed: number;
  readonly reviewBy: UnixMs;
  readonly createdAt: UnixMs;
  /** It would release what a lease that ended still holds: people signed that it would be asked about by now. */
  readonly isLeaseOver: boolean;
}

/** A step of severity. What is below adds up to less than two of them. */
export const SEVERITY_STEP = 10;
const POINTS = {
  target_active: 8,
  /** More than everything else adds up to. */
  lease_over: 100,
  contains_nothing_yet: 4,
  expires_soon: 4,
  expires_within_the_hour: 2,
  one_signature_left: 3,
};
/** A target that was named longer ago is not told as active. */
export const ACTIVE_MS = MS_PER_HOUR;
const SOON_MS = 30 * MS_PER_MINUTE;

/**
 * How harmful it is that this one waits. Pure, and it decides nothing: it is an order to look at things in. What is two
 * steps of severity graver always comes first, so no number of small things hides a grave one.
 */
export function harmOfWaiting(facts: WaitingFacts, now: UnixMs): Waiting {
  const left = facts.reviewBy - now;
  const isActive = facts.targetLastSeen !== undefined && now - facts.targetLastSeen < ACTIVE_MS;
  // That an incident is not closed yet harms nobody, however grave it is.
  const severity = facts.effect === 'own' ? undefined : facts.severity;
  const found: (readonly [WaitingReason, number])[] =
    facts.effect === 'own' ? [['changes_nothing_outside', 0]] : [[severityReason(severity), severityPoints(severity)]];
  if (facts.isLeaseOver) found.unshift(['lease_over', POINTS.lease_over]);
  if (isActive) found.push(['target_active', POINTS.target_active]);
  if (facts.effect === 'undoes') found.push(['keeps_contained', 0]);
  else if (severity !== undefined) found.push(['contains_nothing_yet', POINTS.contains_nothing_yet]);
  if (left < SOON_MS) found.push(['expires_soon', POINTS.expires_soon]);
  else if (left < MS_PER_HOUR) found.push(['expires_within_the_hour', POINTS.expires_within_the_hour]);
  if (facts.needed > 1 && facts.needed - facts.approvals === 1)
    found.push(['one_signature_left', POINTS.one_signature_left]);
  return {
    points: found.reduce((sum, [, points]) => sum + points, 0),
    reasons: found.map(([reason]) => reason),
  };
}

/** The same without a word on how many have signed. */
export function withoutSignatures({ points, reasons }: Waiting): Waiting {
  const tells = reasons.includes('one_signature_left');
  return {
    points: points - (tells ? POINTS.one_signature_left : 0),
    reasons: reasons.filter(reason => reason !== 'one_signature_left'),
  };
}

/** One that waits, with the harm of it at one moment. */
export interface RankedFacts {
  readonly facts: WaitingFacts;
  readonly waiting: Waiting;
}

/** The most harmful to wait first; then what runs out first, what is older, and the id. A total order. */
export function byHarmOfWaiting(a: RankedFacts, b: RankedFacts): number {
  return (
    b.waiting.points - a.waiting.points ||
    a.facts.reviewBy - b.facts.reviewBy ||
    a.facts.createdAt - b.facts.createdAt ||
    (a.facts.proposal < b.facts.proposal ? -1 : a.facts.proposal > b.facts.proposal ? 1 : 0)
  );
}

function severityReason(severity: Severity | undefined): WaitingReason {
  switch (severity) {
    case undefined:
      return 'no_incident';
    case 'critical':
      return 'severity_critical';
    case 'high':
      return 'severity_high';
    case 'medium':
      return 'severity_medium';
    case 'unknown':
      return 'severity_unknown';
    case 'low':
    case 'informational':
      return 'severity_low';
  }
}

function severityPoints(severity: Severity | undefined): number {
  return severity === undefined ? 0 : SEVERITY_RANK[severity] * SEVERITY_STEP;
}
