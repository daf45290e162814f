import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ProposalView, SecondLook } from '../../src/model/api.ts';
import { secondLooksQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { FindForm } from './review-glass.tsx';

/** One of the acts that chance chose for somebody else to look at again: whether it should have been done. */
export function ReviewSecondLook({ view, look }: { readonly view: ProposalView; readonly look: SecondLook }) {
  return (
    <section className="review-section" aria-label="Second look" data-testid="second-look">
      <header className="panel-head">
        <h2>Looked at again</h2>
        <span className="quiet">one in ten acts of one person is, chosen by chance once it was done</span>
      </header>
      {look.found.length === 0 && look.mine === 'none' && <p className="soft">Nobody has yet.</p>}
      {look.found.length > 0 && (
        <ul className="notes">
          {look.found.map(({ by, finds }) => (
            <li key={by}>
              <Inert text={by} form="line" /> found that it {finds === 'justified' ? 'should' : 'should not'} have been
              done
            </li>
          ))}
        </ul>
      )}
      {look.mine === 'can_find' && (
        <>
          <p>
            You had no part in it. Should it have been done, by what was known then? It changes nothing about the act.
          </p>
          <FindForm view={view} />
        </>
      )}
    </section>
  );
}

/** The acts that I am asked to look at again. Nothing where there is none. */
export function OwedSecondLooks() {
  const looks = useQuery(secondLooksQuery);
  const mine = (looks.data?.rows ?? []).filter(row => row.mine === 'can_find');
  if (mine.length === 0) return null;
  return (
    <section className="review-section" aria-label="Acts to look at again" data-testid="second-looks">
      <header className="panel-head">
        <h2>To look at again</h2>
        <span className="quiet">done on one person’s signature, chosen by chance; you had no part in them</span>
      </header>
      <ul className="notes">
        {mine.map(row => (
          <li key={row.proposal}>
            <Link to="/proposals/$id" params={{ id: row.proposal }}>
              <Inert text={row.sentence} form="line" />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
