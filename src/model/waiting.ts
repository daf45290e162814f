/** How a proposal that waits for people is told: why it stands where it stands, and what blocks it. */

export type WaitingReason =
  | 'severity_critical'
  | 'severity_high'
  | 'severity_medium'
  | 'severity_unknown'
  | 'severity_low'
  | 'no_incident'
  | 'changes_nothing_outside'
  | 'target_active'
  | 'lease_over'
  | 'contains_nothing_yet'
  | 'keeps_contained'
  | 'expires_soon'
  | 'expires_within_the_hour'
  | 'one_signature_left';

/** The reasons of a place in the inbox, as a person reads them. */
export const WAITING_TEXT: { readonly [R in WaitingReason]: string } = {
  severity_critical: 'critical incident',
  severity_high: 'high incident',
  severity_medium: 'medium incident',
  severity_unknown: 'incident of unknown severity',
  severity_low: 'low incident',
  no_incident: 'about no incident',
  changes_nothing_outside: 'changes nothing outside of Countersign',
  target_active: 'target active within the hour',
  lease_over: 'urgent: its lease ended',
  contains_nothing_yet: 'nothing is contained while it waits',
  keeps_contained: 'undoes: stays contained while it waits',
  expires_soon: 'expires within half an hour',
  expires_within_the_hour: 'expires within the hour',
  one_signature_left: 'one signature is left',
};

export interface Waiting {
  /** Compares with those of others and means nothing by itself. */
  readonly points: number;
  /** Every reason that applies, heaviest first. */
  readonly reasons: readonly WaitingReason[];
}

/** What stands between a proposal in review and its decision, or between it and one person's signature. */
export type BlockReason =
  | 'policy_changed'
  | 'nobody_left'
  | 'second_person'
  | 'owner'
  | 'no_seat_for_you'
  | 'responder'
  | 'one_person'
  | 'inventory'
  | 'you_are_subject'
  | 'you_contributed'
  | 'you_reviewed'
  | 'not_your_role'
  | 'evidence_unopened'
  | 'task'
  | 'your_task'
  | 'gaps';

export interface Block {
  readonly reason: BlockReason;
  readonly text: string;
  /** Whether it is about whoever is looking. */
  readonly isMine: boolean;
}
