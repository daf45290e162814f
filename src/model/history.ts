/** What became of proposals of one kind, as counts. Undos are not counted among them. */
export interface OutcomeCounts {
  /** Decided by people: accepted or refused. What expired, was withdrawn or denied was not decided. */
  readonly decided: number;
  readonly accepted: number;
  /** Of the accepted, those that were undone later. */
  readonly undone: number;
}

/**
 * The calibrated history of an option: counts with an interval, or nothing but how many there are. It lowers no tier and
 * opens no gate.
 */
export type OptionHistory =
  | { readonly kind: 'not_enough'; readonly decided: number; readonly text: string }
  | {
      readonly kind: 'counted';
      readonly counts: OutcomeCounts;
      /** Between these lies the share that is accepted, nine times in ten. */
      readonly interval: { readonly from: number; readonly to: number };
      /** The share of proposals like this one that is accepted, drawn towards all others where there are few. */
      readonly share: number;
      /** By all proposals of this place, from two hundred on; undefined before. */
      readonly calibrated: number | undefined;
      readonly text: string;
    };
