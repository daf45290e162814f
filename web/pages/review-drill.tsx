import { Link } from '@tanstack/react-router';
import type { DrillFeedback, ProposalView } from '../../src/model/api.ts';

/** That this was a drill, for whoever just decided on it: what was wrong, and the records that show it. */
export function ReviewDrill({ view, drill }: { readonly view: ProposalView; readonly drill: DrillFeedback }) {
  const numberOf = (place: DrillFeedback['places'][number]) =>
    view.presentation.evidence.findIndex(({ id, pointer }) => id === place.evidence && pointer === place.pointer) + 1;
  return (
    <section className="review-section" aria-label="This was a drill" data-testid="drill" role="status">
      <header className="panel-head">
        <h2>{drill.wasNoticed ? 'This was a drill, and you noticed' : 'This was a drill: it was wrong on purpose'}</h2>
        <span className="quiet">only you are told</span>
      </header>
      <div className="stack">
        <p>
          <strong>What was wrong.</strong> {drill.wrong}
        </p>
        <p>
          <strong>What shows it.</strong> {drill.shownBy}
        </p>
        <p className="actions is-left">
          {drill.places.map(place => (
            <Link
              key={`${place.evidence}${place.pointer}`}
              className="btn"
              to="/proposals/$id"
              params={{ id: view.row.id }}
              search={{ e: place.evidence, p: place.pointer }}
            >
              Open record {numberOf(place)}
            </Link>
          ))}
        </p>
        <p className="quiet">
          Nothing was done, and nothing could have been. It counts in your own figures under{' '}
          <Link to="/reliance">Reviewing</Link>, and in the team’s from five people on; there is no list of who missed
          what.
        </p>
      </div>
    </section>
  );
}
