import type { Id } from '../base/id.ts';

/** Longest name of an agent. */
export const AGENT_NAME_CHARS_MAX = 80;
/** A token that is not renewed ends; nobody has to remember to take it away. */
export const AGENT_DAYS_MAX = 90;

/** A program that reads and proposes, as the page lists it. Its token is shown once and kept nowhere. */
export interface AgentRow {
  readonly id: Id<'machine'>;
  readonly name: string;
  readonly owner: Id<'person'>;
  readonly ownerName: string;
  readonly admittedAt: string;
  readonly until: string;
  /** Empty while it is not ended. */
  readonly endedAt: string;
  /** Whether its token counts now. */
  readonly isAdmitted: boolean;
  readonly proposed: number;
}

/** Body of POST /api/v1/agents. */
export interface AgentRequest {
  readonly name: string;
  readonly days: number;
}

/** The only time that the token is told. */
export interface AgentAdmitted {
  readonly agent: AgentRow;
  readonly token: string;
}
