import type { Id } from '../base/id.ts';
import type { Alert } from '../model/alert.ts';
import type { IncidentEvent, JoinReason } from '../model/incident.ts';

/** Where one alert belongs, and what that means for the incidents. */
export interface Placement {
  readonly incident: Id<'incident'>;
  readonly duplicateOf: Id<'alert'> | undefined;
  readonly because: readonly JoinReason[];
  /** `opened` or `joined`, before it whatever was `merged` on the way. */
  readonly events: readonly IncidentEvent[];
}

/**
 * Finds the incident of each alert. It remembers what it has placed, so one that could not be written after all makes
 * a {@link reload} necessary.
 */
export interface Placer {
  /** One answer for each alert, in order. */
  place(alerts: readonly Alert[]): readonly Placement[];
  /** The incident that stands for this one after all merges. */
  standing(incident: Id<'incident'>): Id<'incident'>;
  /** Starts again from what the database has. */
  reload(): Promise<void>;
}
