import { MS_PER_SECOND } from '../../../base/time.ts';
import type { DecisionRecord } from '../../../model/reliance.ts';
import { isApproval } from './truth.ts';

/** Two fifths of what a person needs to read one statement with its target: nobody reads faster. */
const SECONDS_PER_CLAIM_MIN = 2;
/** The act itself, its target and its undo, by the same measure. */
const SECONDS_OF_ACT_MIN = 4;
/** Longer than anybody reads: the page stood open. */
export const DWELL_SECONDS_MAX = 3_600;

/** Seconds from shown to decided; undefined where it was not recorded. */
export function secondsOf({ shownAt, decidedAt }: DecisionRecord): number | undefined {
  return shownAt === undefined || decidedAt < shownAt ? undefined : (decidedAt - shownAt) / MS_PER_SECOND;
}

/**
 * Whether an approval came faster than its statements can be read, with no record opened beyond what must be opened.
 * Undefined where time, statements or records were not recorded, and for anything but an approval.
 */
export function isRubberStamp(record: DecisionRecord): boolean | undefined {
  const seconds = secondsOf(record);
  const { claims, evidenceOpened, evidenceRequired, evidenceCited } = record;
  if (!isApproval(record) || seconds === undefined || claims === undefined || evidenceCited === undefined)
    return undefined;
  const isFast = seconds < SECONDS_OF_ACT_MIN + claims * SECONDS_PER_CLAIM_MIN;
  return isFast && evidenceOpened <= evidenceRequired && evidenceOpened < evidenceCited;
}
