import type { ResponseOption, Summary } from '../../model/claim.ts';

/** What is known of an incident when an act is proposed: computed from evidence, now. */
export interface IncidentStudy {
  readonly summary: Summary;
  readonly options: readonly ResponseOption[];
}

/** Undefined where there is no such incident. */
export type ReadStudy = (incident: string) => Promise<IncidentStudy | undefined>;
