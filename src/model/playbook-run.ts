import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';
import type { Condition, Subject } from './playbook.ts';

/** How a run ended. `refused`: something was not as it was signed, so it does nothing more. */
export type RunEnd = 'done' | 'stopped' | 'failed' | 'refused';

/** One thing that happened in a run. Each place in it has at most one, and none is ever changed. */
export type RunFactBody =
  /** What a subject was when it was read. Empty where there was none. */
  | { readonly kind: 'values'; readonly values: readonly string[] }
  | { readonly kind: 'answer'; readonly holds: boolean }
  /** A human step is about to ask, with the id that its proposal will have. */
  | { readonly kind: 'claimed'; readonly proposal: Id<'proposal'>; readonly on: string }
  | { readonly kind: 'decided'; readonly verdict: 'approved' | 'rejected' | 'late' | 'failed'; readonly why: string }
  | { readonly kind: 'outcome'; readonly is: 'done' | 'failed' | 'late'; readonly why: string }
  /** Steps that run at once came together, or had begun to. */
  | { readonly kind: 'begun' }
  | { readonly kind: 'joined'; readonly is: 'done' | 'failed' | 'late'; readonly winner: number }
  | { readonly kind: 'ended'; readonly as: RunEnd; readonly why: string };

export interface RunFact {
  readonly key: string;
  readonly body: RunFactBody;
  readonly at: UnixMs;
}

/** What a run waits for, at one place of it. Whoever carries it out adds the fact of that key. */
export type RunCommand =
  | {
      readonly do: 'read';
      readonly key: string;
      readonly subject: Subject;
      readonly named: string | undefined;
      readonly valuesMax: number;
      /** What for: to put a name on it, to look it up, or for a turn for each. */
      readonly use: 'name' | 'look_up' | 'turns';
    }
  | { readonly do: 'answer'; readonly key: string; readonly condition: Condition }
  | {
      readonly do: 'claim';
      readonly key: string;
      readonly step: string;
      readonly subject: Subject;
      readonly named: string | undefined;
    }
  | {
      readonly do: 'decide';
      readonly key: string;
      readonly step: string;
      readonly releases: string;
      readonly playbook: string;
      readonly proposal: Id<'proposal'>;
      readonly on: string;
      readonly lateAt: number | undefined;
    }
  | {
      readonly do: 'await';
      readonly key: string;
      readonly proposal: Id<'proposal'>;
      readonly timeoutMs: number | undefined;
    }
  | { readonly do: 'begin'; readonly key: string }
  | { readonly do: 'deadline'; readonly key: string; readonly at: number }
  /** Nothing outside has to be asked: the fact is this. */
  | { readonly do: 'note'; readonly key: string; readonly body: RunFactBody };

/** Where a run stands, computed from its file and its facts alone. */
export interface RunState {
  readonly commands: readonly RunCommand[];
  /** Set once nothing is left to do. */
  readonly end: { readonly as: RunEnd; readonly why: string } | undefined;
  /** The steps that were reached, in their order. */
  readonly trail: readonly {
    readonly key: string;
    readonly step: string;
    readonly is: 'done' | 'waiting' | 'failed';
  }[];
}
