import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { IncidentDetail } from '../../src/model/api.ts';
import type { ProposalView } from '../../src/model/api-proposals.ts';
import { CLOSE_OUTCOMES, type CloseOutcome } from '../../src/model/incident.ts';
import { request } from '../api/client.ts';
import { Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';

const OUTCOME_TEXT: { readonly [O in CloseOutcome]: { readonly name: string; readonly means: string } } = {
  handled: { name: 'Handled', means: 'It was what it looked like, and what had to be done about it was done.' },
  benign: {
    name: 'Benign',
    means: 'It happened as reported and was allowed: a test, an administrator, a scanner of ours.',
  },
  false_alarm: { name: 'False alarm', means: 'What was reported did not happen.' },
  cannot_tell: { name: 'Cannot tell', means: 'What there is does not suffice to say, and more will not come.' },
};

/** What was decided last about whether the incident is over. */
export function ClosureLine({ closure }: Pick<IncidentDetail, 'closure'>) {
  if (closure === undefined) return null;
  const { name } = OUTCOME_TEXT[closure.outcome];
  const decision =
    closure.proposal === undefined ? (
      'a decision'
    ) : (
      <Link to="/proposals/$id" params={{ id: closure.proposal }}>
        a decision
      </Link>
    );
  return (
    <p className="notice" data-testid="closure">
      {closure.isClosed ? 'Closed' : 'It was closed'} as <strong>{name.toLowerCase()}</strong> by {decision},{' '}
      <MomentText at={closure.at} />.{' '}
      {closure.isClosed
        ? 'An alert that joins it opens it again.'
        : `Since then ${closure.alertsSince} ${closure.alertsSince === 1 ? 'alert' : 'alerts'} joined it, so it is open again.`}
    </p>
  );
}

/** Asks what it turned out to be, and proposes to close it as that. */
export function CloseForm({ id, close }: { readonly id: string; readonly close: () => void }) {
  const [outcome, setOutcome] = useState<CloseOutcome>();
  const navigate = useNavigate();
  const propose = useMutation({
    mutationFn: () => request<ProposalView>('POST', '/api/v1/proposals', { kind: 'close', incident: id, outcome }),
    onSuccess: made => void navigate({ to: '/proposals/$id', params: { id: made.row.id } }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (outcome !== undefined) propose.mutate();
  };
  return (
    <form className="close-form" onSubmit={submit} data-testid="close-form">
      <fieldset>
        <legend>What did it turn out to be?</legend>
        {CLOSE_OUTCOMES.map(one => (
          <label key={one} className="close-outcome">
            <input type="radio" name="outcome" value={one} checked={outcome === one} onChange={() => setOutcome(one)} />
            <span>
              <strong>{OUTCOME_TEXT[one].name}</strong> <span className="soft">{OUTCOME_TEXT[one].means}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <p className="quiet">
        Closing is a decision that somebody signs: one signature up to medium severity, and yours will do; a responder
        who did not propose it above that; two people while something that was done about it is still in place.
      </p>
      <Outcome error={propose.error} />
      <div className="actions is-left">
        <button
          type="submit"
          className="btn btn-primary"
          disabled={outcome === undefined || propose.isPending}
          data-testid="close-propose"
        >
          Go to the decision
        </button>
        <button type="button" className="btn-link" onClick={close}>
          Leave it open
        </button>
      </div>
    </form>
  );
}
