import type { Id } from '../base/id.ts';
import type { Alert } from '../model/alert.ts';
import type { IncidentEvent, JoinReason } from '../model/incident.ts';

/** Where one alert belongs. */
export interface Placement {
  readonly incident: Id<'incident'>;
  readonly duplicateOf: Id<'alert'> | undefined;
  readonly because: readonly JoinReason[];
}

/** An alert that was written already, and that one which came late puts in another light. */
export interface Replacement extends Placement {
  readonly alert: Id<'alert'>;
  /** What it was a duplicate of until now. */
  readonly wasDuplicateOf: Id<'alert'> | undefined;
}

/** What a batch means for the incidents. */
export interface Placing {
  /** One for each alert, in the order given. */
  readonly placed: readonly Placement[];
  readonly replaced: readonly Replacement[];
  /** Merges that the correlator takes back: nothing holds `from` and `incident` together any more. */
  readonly unmerged: readonly { readonly incident: Id<'incident'>; readonly from: Id<'incident'> }[];
  /** What was `merged`, then what was `opened`, `joined` and `moved`. */
  readonly events: readonly IncidentEvent[];
}

/**
 * Finds the incident of each alert. It remembers what it has placed, so one that could not be written after all makes
 * a {@link reload} necessary.
 */
export interface Placer {
  place(alerts: readonly Alert[]): Placing;
  /** Starts again from what the database has. */
  reload(): Promise<void>;
}
