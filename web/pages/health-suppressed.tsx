import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import type { ProposalView } from '../../src/model/api-proposals.ts';
import type { SuppressionRow } from '../../src/model/suppression.ts';
import { request } from '../api/client.ts';
import { suppressionsQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { SeverityMark } from '../parts/marks.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';

/** Which rules are set aside where, until when, by whom, and what that hid. */
export function SuppressedSection() {
  const list = useQuery(suppressionsQuery);
  return (
    <section className="health-section" aria-label="Suppressed rules">
      <h2>Suppressed rules</h2>
      {list.isPending && <Loading what="what is suppressed" rows={2} />}
      {list.isError && <Failed error={list.error} what="what is suppressed" retry={() => void list.refetch()} />}
      {list.data?.length === 0 && (
        <p className="quiet">No rule was suppressed. On an incident’s page “Suppress…” proposes it, for one entity.</p>
      )}
      {list.data?.map(one => (
        <Suppressed key={`${one.since} ${one.scope.rule} ${one.scope.value}`} one={one} />
      ))}
    </section>
  );
}

function Suppressed({ one }: { readonly one: SuppressionRow }) {
  const { scope, proposal } = one;
  const navigate = useNavigate();
  const lift = useMutation({
    mutationFn: () => request<ProposalView>('POST', '/api/v1/proposals', { kind: 'undo', of: proposal }),
    onSuccess: made => void navigate({ to: '/proposals/$id', params: { id: made.row.id } }),
  });
  return (
    <div className="close-form" data-testid="suppressed">
      <p>
        <strong>
          <Inert text={scope.rule} form="line" />
        </strong>{' '}
        <span className="soft">
          of {scope.source}, for the {scope.kind} <Inert text={scope.value} form="line" />
        </span>
      </p>
      <p className="soft">
        {one.isInForce ? 'Until ' : one.endedAt === '' ? 'It ended ' : 'People ended it '}
        <MomentText at={one.endedAt === '' ? one.until : one.endedAt} />
        {one.by !== '' && (
          <>
            , proposed by <Inert text={one.by} form="line" />
          </>
        )}
        {proposal !== undefined && (
          <>
            {' '}
            (
            <Link to="/proposals/$id" params={{ id: proposal }}>
              the decision
            </Link>
            )
          </>
        )}
        . Why: <Inert text={one.why} form="line" />
      </p>
      <p>
        {one.hidden === 1 ? '1 alert was' : `${one.hidden.toLocaleString('en')} alerts were`} set aside
        {one.counted > 0 && `; ${one.counted.toLocaleString('en')} that matched counted, as graver or critical`}.
      </p>
      {one.missed.length > 0 && (
        <details>
          <summary>Missed while suppressed</summary>
          <ul>
            {one.missed.map(missed => (
              <li key={missed.alert}>
                <SeverityMark severity={missed.severity} />{' '}
                <Link to="/incidents/$id" params={{ id: missed.incident }}>
                  <Inert text={missed.title} form="line" />
                </Link>
              </li>
            ))}
          </ul>
          {one.hidden > one.missed.length && <p className="quiet">The last {one.missed.length} are listed.</p>}
        </details>
      )}
      <Outcome error={lift.error} />
      {one.isInForce && proposal !== undefined && (
        <button type="button" className="btn" disabled={lift.isPending} onClick={() => lift.mutate()}>
          Let its alerts count again…
        </button>
      )}
    </div>
  );
}
