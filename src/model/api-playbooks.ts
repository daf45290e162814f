import type { Id } from '../base/id.ts';
import type { Bypass, PlaybookProblem } from './playbook.ts';
import type { RunEnd } from './playbook-run.ts';

/** GET /api/v1/playbooks: every playbook of which a version stands. */
export interface PlaybookRow {
  readonly name: string;
  readonly title: string;
  readonly sha256: string;
  /** The strictest tier of everything that a run of it can reach; `nothing` where it changes nothing. */
  readonly tier: string;
  readonly steps: number;
  readonly adoptedAt: string;
}

/** POST /api/v1/playbooks/check */
export type PlaybookCheck =
  | { readonly ok: true; readonly title: string; readonly tier: string; readonly humanSteps: number }
  | { readonly ok: false; readonly problems: readonly PlaybookProblem[]; readonly bypasses: readonly Bypass[] };

/** POST /api/v1/playbooks/runs */
export interface RunRequest {
  readonly name: string;
  /** The version that whoever starts it has seen: refused where another one stands. */
  readonly sha256: string;
  readonly incident: Id<'incident'>;
}

/** GET /api/v1/playbooks/runs/:id */
export interface RunView {
  readonly id: Id<'run'>;
  readonly title: string;
  readonly sha256: string;
  readonly incident: Id<'incident'>;
  readonly startedBy: Id<'person'>;
  readonly startedAt: string;
  readonly end: { readonly as: RunEnd; readonly why: string } | undefined;
  readonly steps: readonly {
    readonly step: string;
    readonly is: 'done' | 'waiting' | 'failed';
    /** What it asks people, where it is a human step. */
    readonly proposal: Id<'proposal'> | undefined;
  }[];
}

/** GET /api/v1/playbooks/runs: the newest. */
export type RunRow = Pick<RunView, 'id' | 'title' | 'incident' | 'startedBy' | 'startedAt' | 'end'>;
