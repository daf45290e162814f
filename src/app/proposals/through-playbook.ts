import type { Id } from '../../base/id.ts';
import type { Tier } from '../../model/proposal.ts';
import type { Person } from '../../model/review.ts';
import type { Draft } from './draft.ts';

/** The human step of a run that asks. */
export interface RunStep {
  readonly run: Id<'run'>;
  readonly step: string;
  /** Of everything that the playbook can reach. */
  readonly chainTier: Tier | undefined;
  /** The id that the run wrote down before it asked: asked twice, there is still one proposal. */
  readonly proposal: Id<'proposal'>;
}

/** What a playbook chose is nobody's unprompted choice: whoever started it contributed, and signs none of its steps of T2 and T3. */
export function throughPlaybook(draft: Draft, starter: Person, { run, step, chainTier }: RunStep): Draft {
  const option = 'option' in draft.origin ? draft.origin.option : '';
  const contributors = [...new Set([...draft.contributors, starter.id])].sort();
  const origin = { kind: 'playbook', run, step, option, askedBy: starter.id } as const;
  return { ...draft, origin, contributors, chainTier };
}
