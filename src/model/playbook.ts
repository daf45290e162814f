import type { KindId } from './kind.ts';
import type { Tier } from './proposal.ts';

/** Longer files are refused rather than cut: what is signed is what was read. */
export const PLAYBOOK_CHARS_MAX = 256_000;
/** Steps of one file, with those of the playbooks inside it. */
export const PLAYBOOK_STEPS_MAX = 2_000;
/** Turns of one loop. */
export const LOOP_TURNS_MAX = 100;

/** What of an incident a step can be about. Each is a field that a source's schema maps, never a name in a text. */
export const INCIDENT_PARTS = ['user', 'machine', 'host', 'address', 'domain', 'key', 'mail', 'self'] as const;

/** Where a step takes what it acts on from: a part of the incident, or something that an earlier step put a name on. */
export type Subject =
  | { readonly from: 'incident'; readonly part: (typeof INCIDENT_PARTS)[number] }
  | { readonly from: 'name'; readonly name: string };

/** What a branch or a loop asks. It is asked anew each time, of the incident as it then is. */
export type Condition =
  | { readonly asks: 'severity'; readonly atLeast: 'low' | 'medium' | 'high' | 'critical' }
  | { readonly asks: 'has'; readonly part: (typeof INCIDENT_PARTS)[number] }
  | { readonly asks: 'coverage'; readonly is: 'complete' | 'gaps' };

/** Steps that change something, or may: with how each is written in a file. */
export type Effect =
  | { readonly writes: 'act'; readonly kind: KindId; readonly on: Subject }
  /** Something that automation elsewhere may listen to; how strict it is depends on what it starts. */
  | { readonly writes: 'tag' | 'ticket' | 'comment'; readonly namespace: string };

/** What happens after an error or a time-out: end here, go on after the step, or do these steps and then go on. */
export type Handler = 'stop' | 'continue' | readonly Step[];

interface StepCommon {
  readonly name: string;
  /** Undefined: what is around the step handles it, and the run ends where nothing does. */
  readonly onError: Handler | undefined;
  /** A later step with which it goes on instead of with the next. */
  readonly goto: string | undefined;
}

/** What may take too long, and what then. Undefined `onTimeout`: it counts as an error. */
interface Timed {
  readonly timeoutMs: number | undefined;
  readonly onTimeout: Handler | undefined;
}

export type Step = StepCommon &
  (
    | ({ readonly type: 'effect'; readonly effect: Effect } & Timed)
    /** The human step: it proposes the effect of the step that it names, and waits until people have decided. */
    | ({
        readonly type: 'ask';
        readonly releases: string;
        readonly onRejected: Handler | undefined;
      } & Timed)
    | { readonly type: 'read'; readonly subject: Subject; readonly as: string }
    | { readonly type: 'enrich'; readonly subject: Subject }
    | { readonly type: 'branch'; readonly condition: Condition; readonly yes: Steps; readonly no: Steps }
    | {
        readonly type: 'loop';
        readonly over:
          | { readonly kind: 'each'; readonly part: (typeof INCIDENT_PARTS)[number]; readonly as: string }
          | { readonly kind: 'while'; readonly condition: Condition };
        readonly turnsMax: number;
        readonly body: Steps;
      }
    | ({
        readonly type: 'parallel';
        readonly branches: readonly Steps[];
        /** `first`: with the first branch that is through, the others are stopped where they are. */
        readonly join: 'all' | 'first';
      } & Timed)
    | {
        readonly type: 'run';
        readonly playbook: string;
        readonly gives: readonly { readonly name: string; readonly subject: Subject }[];
      }
    | { readonly type: 'notify'; readonly text: string }
    | { readonly type: 'stop' }
  );

export type Steps = readonly Step[];

/** One playbook of a file: the main one, or one that others in the file run. */
export interface Playbook {
  readonly name: string;
  /** Names that whoever runs it puts something on. */
  readonly takes: readonly string[];
  readonly steps: Steps;
  readonly onError: Handler | undefined;
}

/** What automation elsewhere does when it sees something in a namespace. What is not declared is unknown. */
export interface Elsewhere {
  readonly namespace: string;
  readonly starts: readonly KindId[];
  readonly runs: readonly string[];
}

/** The name by which steps run the main playbook of a file. */
export const MAIN = 'main';

/** A whole file: everything that a run of it can reach, so that one digest pins all of it. */
export interface PlaybookFile {
  readonly title: string;
  readonly version: string;
  readonly validFromMs: number | undefined;
  readonly validUntilMs: number | undefined;
  /** The first is the main one. */
  readonly playbooks: readonly Playbook[];
  readonly elsewhere: readonly Elsewhere[];
}

/** What is wrong with a file, and where. */
export interface PlaybookProblem {
  readonly at: string;
  readonly text: string;
}

/** A way through a playbook to an effect that no person was asked about. */
export interface Bypass {
  readonly playbook: string;
  /** The step whose effect it is. */
  readonly step: string;
  readonly tier: Tier;
  /** Names of steps from the start, each with how it was left. */
  readonly path: readonly string[];
  readonly text: string;
}

/** What the analysis says of a file that is well-formed. */
export interface PlaybookVerdict {
  readonly bypasses: readonly Bypass[];
  /** The strictest of everything that a run can reach; undefined where it changes nothing. */
  readonly tier: Tier | undefined;
  readonly effects: number;
  readonly humanSteps: number;
  readonly warnings: readonly PlaybookProblem[];
}
