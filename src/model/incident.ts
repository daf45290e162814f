import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { Severity } from './alert.ts';

/** Why two alerts stand in one incident, as a person reads it. */
export interface JoinReason {
  /** `not_joined` and `kept_apart` say why it does not stand with another: too little in common, or a person parted them. */
  readonly kind:
    | 'first'
    | 'duplicate'
    | 'shared_entity'
    | 'vendor_link'
    | 'attack_order'
    | 'adjacent'
    | 'person'
    | 'not_joined'
    | 'kept_apart';
  readonly text: string;
  /** The alert that it was joined to; undefined for the first. */
  readonly to: Id<'alert'> | undefined;
}

/**
 * What an incident turned out to be, when people close it: dealt with; real and allowed; not what was reported; or it cannot be
 * told from what there is.
 */
export const CLOSE_OUTCOMES = ['handled', 'benign', 'false_alarm', 'cannot_tell'] as const;

export type CloseOutcome = (typeof CLOSE_OUTCOMES)[number];

/** The last decision about whether an incident is over. */
export interface IncidentClosure {
  readonly isClosed: boolean;
  readonly outcome: CloseOutcome;
  readonly at: string;
  readonly proposal: Id<'proposal'> | undefined;
  /** Alerts that joined it since, which is why it is open again. */
  readonly alertsSince: number;
}

/** What happened to an incident. Append-only; `state` is a fold over these. Every structural event can be undone. */
export type IncidentEvent =
  | { readonly kind: 'opened'; readonly incident: Id<'incident'>; readonly alert: Id<'alert'> }
  | {
      readonly kind: 'joined';
      readonly incident: Id<'incident'>;
      /** Those of one batch; why stands with each alert. */
      readonly alerts: readonly Id<'alert'>[];
    }
  /** Alerts that were placed already, and that belong elsewhere in the light of one that came late. */
  | {
      readonly kind: 'moved';
      readonly incident: Id<'incident'>;
      readonly from: Id<'incident'>;
      readonly alerts: readonly Id<'alert'>[];
      readonly because: string;
      readonly by: string;
    }
  | {
      readonly kind: 'merged';
      readonly incident: Id<'incident'>;
      readonly from: Id<'incident'>;
      readonly because: string;
      readonly by: string;
    }
  | {
      readonly kind: 'split';
      readonly incident: Id<'incident'>;
      readonly into: Id<'incident'>;
      readonly alerts: readonly Id<'alert'>[];
      readonly by: string;
    }
  | {
      readonly kind: 'detached';
      readonly incident: Id<'incident'>;
      readonly alert: Id<'alert'>;
      readonly into: Id<'incident'>;
      readonly by: string;
    }
  | { readonly kind: 'undone'; readonly incident: Id<'incident'>; readonly event: number; readonly by: string }
  | { readonly kind: 'owned'; readonly incident: Id<'incident'>; readonly owner: string; readonly by: string }
  | { readonly kind: 'noted'; readonly incident: Id<'incident'>; readonly text: string; readonly by: string };

/** A row of the queue. */
export interface IncidentRow {
  readonly id: Id<'incident'>;
  readonly title: string;
  readonly severity: Severity;
  readonly alertCount: number;
  readonly sources: readonly string[];
  readonly entities: readonly { readonly kind: string; readonly label: string }[];
  readonly firstSeen: UnixMs;
  readonly lastSeen: UnixMs;
  readonly updatedAt: UnixMs;
  readonly coverage: 'complete' | 'gaps' | 'unknown';
  readonly coverageText: string;
  readonly owner: string;
  readonly openProposals: number;
}
