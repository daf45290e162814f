import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { ProposalRow } from '../../src/model/api.ts';
import { proposalsQuery } from '../api/queries.ts';
import { useKeys } from '../parts/keys.ts';
import { Failed, Loading } from '../parts/states.tsx';
import { msOf, useNow } from '../parts/time.tsx';
import { FloodBanner } from './attention.tsx';
import { ProposalList } from './proposal-list.tsx';
import { OwedGlassReviews } from './review-glass.tsx';
import { StuckLeases } from './review-lease.tsx';
import { OwedSecondLooks } from './review-second-look.tsx';
import { AskedOfMe } from './review-tasks.tsx';
import { TogetherBar } from './together-bar.tsx';
import '../styles/review.css';
import '../styles/together.css';

const VIEWS = [
  { state: 'in_review', name: 'In review' },
  { state: 'approved', name: 'Approved' },
  { state: 'in_doubt', name: 'In doubt' },
  { state: 'verified', name: 'Verified' },
  { state: 'all', name: 'All' },
] as const;

const SOON_MS = 4 * 3_600_000;

/** What waits for people, by the harm of waiting as the server ranks it. Each row says why it is there and what blocks it. */
export function DecisionsPage() {
  const search: { readonly state?: string } = useSearch({ from: '/decisions' });
  const navigate = useNavigate();
  const state = search.state ?? 'in_review';
  const proposals = useInfiniteQuery(proposalsQuery(state === 'all' ? undefined : state));
  const rows = useMemo(() => proposals.data?.pages.flatMap(page => page.rows) ?? [], [proposals.data]);
  const total = proposals.data?.pages[0]?.total;
  const [at, setAt] = useState(0);
  const current = rows[Math.min(at, rows.length - 1)];
  const [selected, setSelected] = useState<readonly string[]>([]);
  const toggle = (id: string) =>
    setSelected(selected.includes(id) ? selected.filter(one => one !== id) : [...selected, id]);
  const chosen = selected.flatMap(id => rows.find(row => row.id === id && row.state === 'in_review') ?? []);
  useKeys([
    { keys: 'j', label: 'Next row', run: () => setAt(Math.min(rows.length - 1, at + 1)) },
    { keys: 'k', label: 'Row before', run: () => setAt(Math.max(0, at - 1)) },
    {
      keys: 'x',
      label: 'Select, to sign it together with others',
      run: () => current?.mySeat === 'can_review' && current.tier !== 'T3' && toggle(current.id),
    },
    {
      keys: 'enter',
      label: 'Open the proposal',
      run: () => current !== undefined && void navigate({ to: '/proposals/$id', params: { id: current.id } }),
    },
  ]);
  return (
    <main className="page decisions">
      <div className="page-head">
        <h1>Decisions</h1>
        {state === 'in_review' && proposals.isSuccess && <LoadText rows={rows} total={total ?? rows.length} />}
        <span className="spacer" />
        <Link to="/tasks">Tasks</Link>
        <Link to="/reliance">How reviewing goes</Link>
        <fieldset className="segmented" aria-label="Which proposals">
          {VIEWS.map(view => (
            <button
              key={view.state}
              type="button"
              aria-pressed={state === view.state}
              onClick={() =>
                void navigate({ to: '/decisions', search: view.state === 'in_review' ? {} : { state: view.state } })
              }
            >
              {view.name}
            </button>
          ))}
        </fieldset>
      </div>
      <AskedOfMe />
      <StuckLeases />
      <OwedGlassReviews />
      <OwedSecondLooks />
      {state === 'in_review' && <FloodBanner />}
      {proposals.isPending && <Loading what="the proposals" />}
      {proposals.isError && rows.length === 0 && (
        <Failed error={proposals.error} what="the proposals" retry={() => void proposals.refetch()} />
      )}
      {state === 'in_review' && chosen.length > 0 && <TogetherBar rows={chosen} onClear={() => setSelected([])} />}
      {proposals.isSuccess && (
        <ProposalList
          rows={rows}
          current={Math.min(at, rows.length - 1)}
          {...(state === 'in_review' ? { selected: new Set(selected), onSelect: toggle } : {})}
          empty={state === 'in_review' ? 'Nothing waits for a review' : 'No proposal is in this state'}
        />
      )}
      {proposals.hasNextPage && (
        <button
          type="button"
          className="btn"
          onClick={() => void proposals.fetchNextPage()}
          disabled={proposals.isFetchingNextPage}
        >
          More
        </button>
      )}
    </main>
  );
}

function LoadText({ rows, total }: { readonly rows: readonly ProposalRow[]; readonly total: number }) {
  const now = useNow();
  const mine = rows.filter(row => row.mySeat === 'can_review').length;
  const soon = rows.filter(row => (msOf(row.reviewBy) ?? Number.POSITIVE_INFINITY) - now < SOON_MS).length;
  const of = rows.length < total ? `of the first ${rows.length}: ` : '';
  return (
    <p className="soft">
      {total} in review, the most harmful to leave waiting first · {of}
      {mine} for you · {soon} expire within 4 h
    </p>
  );
}
