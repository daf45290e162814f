import type { ProposalView } from '../../src/model/api.ts';
import { Changes } from '../parts/changes.tsx';
import { Identifier, Inert } from '../parts/inert.tsx';

/** What changes, and the exact act as it is signed. */
export function ReviewChanges({ view }: { readonly view: ProposalView }) {
  const { presentation, act } = view;
  return (
    <section className="review-section" aria-label="What changes">
      <header className="panel-head">
        <h2>What changes</h2>
        <span className="quiet">
          {presentation.dryRun === 'native'
            ? 'tried out by the target system itself, without effect'
            : 'predicted from what was read; the target system has no dry run'}
        </span>
      </header>
      <Changes presentation={presentation} act={act} />
      <details className="act-details">
        <summary>the exact act, as it is signed</summary>
        <dl className="facts">
          <dt>responder</dt>
          <dd className="mono">
            {act.responder} · {act.operation} · version {act.operationVersion}
          </dd>
          {Object.entries(act.params).map(([name, value]) => (
            <div key={name} className="facts-row">
              <dt>{name}</dt>
              <dd>
                <Inert text={value} />
              </dd>
            </div>
          ))}
          <dt>act digest</dt>
          <dd>
            <Identifier text={view.actDigest} head={16} tail={8} />
          </dd>
          <dt>plan digest</dt>
          <dd>
            <Identifier text={act.planDigest} head={16} tail={8} />
          </dd>
          <dt>starts within</dt>
          <dd>{act.startWithinSeconds} s of the last approval, or not at all</dd>
          <dt>asked by</dt>
          <dd>{originText(view)}</dd>
        </dl>
      </details>
    </section>
  );
}

function originText({ origin, contributors, agent }: ProposalView): string {
  const nameOf = (id: string) => contributors.find(person => person.id === id)?.name ?? id;
  switch (origin.kind) {
    case 'option':
      return `${nameOf(origin.chosenBy)} chose an option that the planner had offered, unedited`;
    case 'person':
      return nameOf(origin.by);
    case 'undo':
      return `${nameOf(origin.chosenBy)} chose the undo that was planned with the act`;
    case 'lease':
      return 'Countersign itself, because a lease ended: the undo that was planned with the act';
    case 'ai':
      return `an AI that ${nameOf(origin.askedBy)} asked`;
    case 'playbook':
      return `step ${origin.step} of a playbook that ${nameOf(origin.askedBy)} started (${origin.run})`;
    case 'agent':
      return `the agent ${agent ?? origin.agent}, for which ${nameOf(origin.askedBy)} answers`;
  }
}
