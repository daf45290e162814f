import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { GlassView, ProposalView } from '../../src/model/api.ts';
import { glassQuery } from '../api/queries.ts';
import { signFinding } from '../crypto/finding.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Outcome } from '../parts/states.tsx';
import { Moment, msOf } from '../parts/time.tsx';

/** An act that one person started alone: who, when, and what two others make of it. */
export function ReviewGlass({ view, glass }: { readonly view: ProposalView; readonly glass: GlassView }) {
  return (
    <section className="review-section" aria-label="Emergency" data-testid="glass" data-state={glass.state}>
      <header className="panel-head">
        <h2>Started on one person's word</h2>
      </header>
      <p>
        <strong>
          <Inert text={glass.by} form="line" />
        </strong>{' '}
        broke the glass <Moment at={msOf(glass.at) ?? 0} withDay />. <ReviewState glass={glass} />
      </p>
      {glass.found.length > 0 && (
        <ul className="notes">
          {glass.found.map(({ by, finds }) => (
            <li key={by}>
              <Inert text={by} form="line" /> found that it was {finds === 'justified' ? 'right' : 'not right'}
            </li>
          ))}
        </ul>
      )}
      {glass.mine === 'can_find' && <FindForm view={view} />}
    </section>
  );
}

function ReviewState({ glass }: { readonly glass: GlassView }) {
  const { state, missing, wasRight } = glass;
  const until = <Moment at={msOf(glass.reviewBy) ?? 0} withDay />;
  if (state === 'started') return 'It has not begun yet; one reject stops it.';
  if (state === 'reviewed')
    return wasRight ? 'Two others found that it was right.' : 'It was found not to have been right.';
  const people = missing === 1 ? 'one more person' : `${missing} other people`;
  if (state === 'due')
    return (
      <>
        Until {until} {people} {missing === 1 ? 'has' : 'have'} to say whether it was right.
      </>
    );
  return (
    <>
      By {until} {people} should have said whether it was right. Until they do, whoever broke the glass cannot do so
      again.
    </>
  );
}

/** Asks how it was found, and whether it was right. Signed. */
export function FindForm({ view }: { readonly view: ProposalView }) {
  const cache = useQueryClient();
  const [reason, setReason] = useState('');
  const find = useMutation({
    mutationFn: (finds: 'justified' | 'unjustified') => signFinding(view.row.id, finds, reason.trim()),
    onSuccess: next => {
      cache.setQueryData(['proposal', view.row.id], next);
      void cache.invalidateQueries({ queryKey: ['break-glass'] });
      void cache.invalidateQueries({ queryKey: ['second-looks'] });
    },
  });
  const isReady = reason.trim() !== '' && !find.isPending;
  return (
    <form className="stack glass-form" onSubmit={event => event.preventDefault()}>
      <label className="field">
        <span className="label">How you found it</span>
        <textarea
          className="input"
          rows={2}
          value={reason}
          maxLength={2_000}
          onChange={event => setReason(event.target.value)}
          data-testid="glass-reason"
        />
      </label>
      <Outcome error={find.error} />
      <div className="actions">
        <button
          type="button"
          className="btn"
          disabled={!isReady}
          onClick={() => find.mutate('unjustified')}
          data-testid="glass-unjustified"
        >
          It was not right
        </button>
        <button
          type="button"
          className="btn"
          disabled={!isReady}
          onClick={() => find.mutate('justified')}
          data-testid="glass-justified"
        >
          It was right
        </button>
      </div>
    </form>
  );
}

/** The reviews that are owed after emergencies, above everything else that waits. Nothing where none is. */
export function OwedGlassReviews() {
  const glass = useQuery(glassQuery);
  if (glass.isError) return <Failed error={glass.error} what="the emergencies" retry={() => void glass.refetch()} />;
  const owed = (glass.data?.rows ?? []).filter(({ state }) => state === 'due' || state === 'overdue');
  if (owed.length === 0) return null;
  return (
    <section className="review-section" aria-label="Emergencies to look at again" data-testid="glass-owed">
      <header className="panel-head">
        <h2>Emergencies to look at again</h2>
      </header>
      <ul className="notes">
        {owed.map(row => (
          <li key={row.proposal}>
            <Link to="/proposals/$id" params={{ id: row.proposal }}>
              <Inert text={row.sentence} form="line" />
            </Link>{' '}
            <span className={row.state === 'overdue' ? 'gap-text' : 'soft'}>
              <Inert text={row.by} form="line" /> broke the glass. <ReviewState glass={row} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
