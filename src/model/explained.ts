import type { Tier } from './proposal.ts';

/**
 * What is measured of how well an option is explained. `claims`: of the statements that name its target the share that was
 * recomputed · `told`: of what has to be told the share that a verified claim tells · `completeness`: of the sources that
 * it rests on the share that was there and fresh · `resolution`: whether the target is one thing · `consistency`: of its
 * claims the share that nothing contradicts · `freshness`: of its claims the share whose time can be meant, read now.
 */
export const GATE_NUMBERS = ['claims', 'told', 'completeness', 'resolution', 'consistency', 'freshness'] as const;
export type GateNumber = (typeof GATE_NUMBERS)[number];

/** As a page names them. */
export const GATE_NUMBER_TEXT: { readonly [N in GateNumber]: string } = {
  claims: 'Statements recomputed',
  told: 'What has to be told',
  completeness: 'Sources present and fresh',
  resolution: 'Target is one thing',
  consistency: 'Nothing contradicts it',
  freshness: 'Times can be meant',
};

/** One number between 0 and 1, with what it was counted from and what would raise it. */
export interface GateMeasure {
  readonly number: GateNumber;
  readonly value: number;
  /** A sentence with the figures. */
  readonly because: string;
  /** The query, the source or the record that would raise it; empty where it is 1. */
  readonly fixes: readonly string[];
}

/** How well an option is explained, before anybody says how much is asked for. */
export interface Explained {
  readonly measures: readonly GateMeasure[];
  /** Streams on which the option rests and that were not there, as people say them. */
  readonly requiredAbsent: readonly string[];
}

/** What an act may do where it is wrong: by its tier, which is the floor of code. */
export type Consequence = 'low' | 'medium' | 'high';

/** A number that is too low, and by how much. */
export interface GateShortfall extends GateMeasure {
  readonly least: number;
}

/** The gate's word on one option. It blocks or it does not; it can approve nothing and lowers no tier. */
export interface GateVerdict {
  readonly isOpen: boolean;
  readonly tier: Tier;
  readonly consequence: Consequence;
  /** The least of all numbers. */
  readonly explained: number;
  /** What every number has to reach. */
  readonly least: number;
  readonly shortfalls: readonly GateShortfall[];
}
