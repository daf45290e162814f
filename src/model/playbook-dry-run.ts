import type { Id } from '../base/id.ts';
import type { PlaybookCheck } from './api-playbooks.ts';
import type { Tier } from './proposal.ts';
import type { Slot } from './quorum.ts';

/** What people are taken to say wherever a run would ask them: nobody knows what they would have said. */
export const PEOPLE_SAY = ['sign', 'reject', 'late'] as const;
export type PeopleSay = (typeof PEOPLE_SAY)[number];

/** Incidents of one dry run. */
export const DRY_RUN_INCIDENTS_MAX = 50;

/** A proposal that a run would make, as far as it can be told without looking at its target. */
export interface WouldPropose {
  readonly what: string;
  readonly system: string;
  readonly targetName: string;
  /** At least: a live look at the target can only raise it. */
  readonly tier: Exclude<Tier, 'TX'>;
  /** Seats of the quorum, with the names of whoever has to take one. No names: whoever may. Whoever starts the run takes none. */
  readonly seats: readonly { readonly slot: Slot; readonly people: readonly string[] }[];
}

/** One place of a dry run. */
export interface DryStep {
  /** The step, after the loops and playbooks that it is in. */
  readonly place: string;
  /** `unknown`: what stands here rests on something that nobody knows from what is stored. */
  readonly is: 'would' | 'reads' | 'fails' | 'unknown';
  readonly text: string;
  readonly proposes: WouldPropose | undefined;
}

/** The path that a run would take with one incident as it is stored. */
export interface DryRunRow {
  readonly incident: Id<'incident'>;
  readonly title: string;
  readonly steps: readonly DryStep[];
  /** How it would end; `unknown` where it was not followed to its end. */
  readonly end: 'done' | 'stopped' | 'failed' | 'refused' | 'unknown';
  readonly why: string;
}

/** POST /api/v1/playbooks/dry-run: what would have been, or what is wrong with the file. */
export type DryRunAnswer = DryRunReport | Extract<PlaybookCheck, { ok: false }>;

export interface DryRunReport {
  readonly ok: true;
  readonly title: string;
  /** Of everything that the playbook can reach; `nothing` where it changes nothing. */
  readonly tier: string;
  readonly people: PeopleSay;
  readonly rows: readonly DryRunRow[];
}

/** Which incidents, and of which file: one that stands here by its digest, or any by its text. */
export interface DryRunRequest {
  readonly text?: string | undefined;
  readonly sha256?: string | undefined;
  readonly incident?: Id<'incident'> | undefined;
  /** The newest, so many. */
  readonly incidents?: number | undefined;
  readonly people?: PeopleSay | undefined;
}
