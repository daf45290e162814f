import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ProposalView } from '../../src/model/api.ts';
import type { LeaseView } from '../../src/model/lease.ts';
import { leasesQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed } from '../parts/states.tsx';
import { Moment, msOf } from '../parts/time.tsx';

/** How the lease of what was done stands. Nothing where it has none, or where it is over. */
export function ReviewLease({ view }: { readonly view: ProposalView }) {
  const { lease, origin } = view;
  if (origin.kind === 'lease' && view.row.state === 'in_review')
    return (
      <Banner state="asked">
        <strong>Urgent: its lease ended.</strong> Countersign proposed this by itself, because people signed that it
        would be asked about by now. Nothing is undone until people sign it; to keep it contained, reject it with the
        reason, and it is asked about again a day later.
      </Banner>
    );
  if (lease === undefined || lease.state === 'over' || lease.state === 'pending') return null;
  return (
    <Banner state={lease.state}>
      <LeaseText lease={lease} />
    </Banner>
  );
}

function Banner({ state, children }: { readonly state: LeaseView['state']; readonly children: ReactNode }) {
  const isGrave = state === 'stuck' || state === 'asked';
  return (
    <p className={isGrave ? 'lease-note is-due' : 'lease-note'} data-testid="lease" data-state={state}>
      {children}
    </p>
  );
}

function LeaseText({ lease }: { readonly lease: LeaseView }) {
  const at = <Moment at={msOf(lease.endsAt) ?? 0} withDay />;
  const release = lease.release === undefined ? null : <ReleaseLink id={lease.release} />;
  switch (lease.state) {
    case 'running':
      return <>Contained with a lease until {at}. Its end undoes nothing: a release is proposed then.</>;
    case 'asked':
      return (
        <>
          <strong>Its lease ended</strong> at {at}. It stays contained until people sign {release ?? 'its release'}.
        </>
      );
    case 'kept':
      return (
        <>
          Its lease ended at {at}, and people kept it contained: {release}.{' '}
          {lease.againAt !== undefined && (
            <>
              They are asked again at <Moment at={msOf(lease.againAt) ?? 0} withDay />.
            </>
          )}
        </>
      );
    case 'stuck':
      return (
        <>
          <strong>Its lease ended</strong> at {at}, and its release cannot be proposed as things are:{' '}
          <Inert text={lease.because ?? ''} form="line" /> It stays as it is; somebody has to look at the target. It is
          tried again every minute.
        </>
      );
    case 'pending':
    case 'over':
      return null;
  }
}

function ReleaseLink({ id }: { readonly id: `prp_${string}` }) {
  return (
    <Link to="/proposals/$id" params={{ id }}>
      its release
    </Link>
  );
}

/** Ended leases for which no release could be proposed, above everything else that waits. Nothing where none is. */
export function StuckLeases() {
  const leases = useQuery(leasesQuery);
  if (leases.isError) return <Failed error={leases.error} what="the leases" retry={() => void leases.refetch()} />;
  const rows = leases.data?.rows ?? [];
  if (rows.length === 0) return null;
  return (
    <section className="review-section" aria-label="Ended leases that need somebody" data-testid="leases-stuck">
      <header className="panel-head">
        <h2>Ended leases that need somebody</h2>
      </header>
      <ul className="notes">
        {rows.map(row => (
          <li key={row.proposal}>
            <Link to="/proposals/$id" params={{ id: row.proposal }}>
              <Inert text={row.sentence} form="line" />
            </Link>{' '}
            <span className="gap-text">
              <span>
                <LeaseText lease={row} />
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
