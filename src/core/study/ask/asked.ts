import type { UnixMs } from '../../../base/time.ts';
import type { Alert } from '../../../model/alert.ts';
import type { EntityInvolved, Gap } from '../../../model/claim.ts';
import type { Coverage } from '../../../model/coverage.ts';
import type { Identified } from '../identify.ts';
import type { ReadField } from '../verify-claim.ts';

/** An alert with its raw record as a value. */
export interface AskedRecord {
  readonly alert: Alert;
  readonly record: unknown;
}

/** One incident as it can be asked: what was read of it, and how much there is. */
export interface Asked {
  /** By activity time. */
  readonly records: readonly AskedRecord[];
  /** Alerts that there are; the others were not looked at. */
  readonly total: number;
  readonly window: { readonly from: UnixMs; readonly to: UnixMs };
  readonly read: ReadField;
  readonly coverage: Coverage;
  readonly gaps: readonly Gap[];
  /** Sentences about what is known to be missing. */
  readonly missing: readonly string[];
  readonly entities: readonly EntityInvolved[];
  /** Who held what, with recomputed verdicts. */
  readonly identified: readonly Identified[];
}
