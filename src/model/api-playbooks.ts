import type { Id } from '../base/id.ts';
import type { Bypass, PlaybookProblem } from './playbook.ts';
import type { RunEnd } from './playbook-run.ts';
import type { ProposalState } from './proposal.ts';

/** How many runs of a playbook are where. */
export interface RunCounts {
  readonly running: number;
  /** A human step of them waits for people. */
  readonly waiting: number;
  /** Failed or refused. */
  readonly failed: number;
  /** Done, or stopped as their file or a person said. */
  readonly done: number;
}

/** GET /api/v1/playbooks: every playbook that stands, stood, or is proposed. */
export interface PlaybookRow {
  readonly name: string;
  readonly title: string;
  /** Of the version that stands; of the newest one where none does. */
  readonly sha256: string;
  /** `withdrawn`: a version stood, and people took it back. `lapsed`: proposed, and it came to nothing. */
  readonly state: 'adopted' | 'proposed' | 'withdrawn' | 'lapsed';
  /** Another version waits for signatures. */
  readonly isNextProposed: boolean;
  /** The strictest tier of everything that a run of it can reach; `nothing` where it changes nothing. */
  readonly tier: string;
  readonly steps: number;
  /** Empty where no version stands. */
  readonly adoptedAt: string;
  readonly signedBy: readonly string[];
  readonly runs: RunCounts;
}

/** POST /api/v1/playbooks/check */
export type PlaybookCheck =
  | { readonly ok: true; readonly title: string; readonly tier: string; readonly humanSteps: number }
  | { readonly ok: false; readonly problems: readonly PlaybookProblem[]; readonly bypasses: readonly Bypass[] };

/** One file of a playbook, and what became of proposing it. */
export interface PlaybookVersion {
  readonly sha256: string;
  readonly title: string;
  readonly tier: string;
  readonly steps: number;
  readonly broughtBy: string;
  readonly broughtAt: string;
  readonly stands: boolean;
  readonly proposal: Id<'proposal'>;
  readonly state: ProposalState;
  readonly signedBy: readonly string[];
}

/** One playbook of a file, drawn, and the same in words. */
export interface PlaybookPicture {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly PictureShape[];
  readonly lines: readonly {
    readonly depth: number;
    readonly name: string;
    readonly look: 'human' | 'effect' | 'plain';
    readonly text: string;
  }[];
}

export type PictureShape =
  | {
      readonly kind: 'box';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      /** `human` and `effect` stand out: what is drawn between them is the question that the picture answers. */
      readonly look: 'human' | 'effect' | 'plain' | 'frame' | 'handler' | 'end';
      readonly title: string;
      readonly detail: string;
    }
  | { readonly kind: 'line'; readonly points: readonly (readonly [number, number])[]; readonly isDashed: boolean }
  | { readonly kind: 'label'; readonly x: number; readonly y: number; readonly text: string };

/** GET /api/v1/playbooks/files/:name, of the version that is asked for. */
export interface PlaybookView {
  readonly name: string;
  readonly shown: PlaybookVersion;
  /** The newest first. */
  readonly versions: readonly PlaybookVersion[];
  readonly text: string;
  /** What the analysis says of it now. */
  readonly check: PlaybookCheck;
  /** The main one first; empty where the file does not load. */
  readonly pictures: readonly PlaybookPicture[];
  readonly runs: readonly RunRow[];
}

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
export interface RunRow extends Pick<RunView, 'id' | 'title' | 'incident' | 'startedBy' | 'startedAt' | 'end'> {
  readonly startedByName: string;
  /** What waits for people now. */
  readonly waitsFor: readonly { readonly step: string; readonly proposal: Id<'proposal'> }[];
}
