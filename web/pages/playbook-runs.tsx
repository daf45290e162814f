import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { RunRow, RunView } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { queryClient, runQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Empty, Failed, Loading, Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';

/** The newest runs: where each is, what it waits for, and the way to end it. */
export function Runs({ runs }: { readonly runs: readonly RunRow[] }) {
  if (runs.length === 0) return <Empty title="It was never run." />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll is-tall" tabIndex={0} aria-label="Runs of this playbook">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">Incident</th>
            <th scope="col">State</th>
            <th scope="col">Steps</th>
          </tr>
        </thead>
        <tbody>
          {runs.map(run => (
            <Run key={run.id} run={run} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Run({ run }: { readonly run: RunRow }) {
  const [isOpen, setOpen] = useState(false);
  const stop = useMutation({
    mutationFn: () => request<RunView>('POST', `/api/v1/playbooks/runs/${run.id}/stop`, {}),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['playbooks'] }),
  });
  return (
    <tr data-testid="run-row" data-state={stateOf(run)}>
      <td>
        <MomentText at={run.startedAt} />
        <div className="quiet">
          <Inert text={run.startedByName} form="line" />
        </div>
      </td>
      <td>
        <Link to="/incidents/$id" params={{ id: run.incident }}>
          the incident
        </Link>
      </td>
      <td>
        <RunState run={run} />
        {run.end === undefined && (
          <>
            <button
              type="button"
              className="btn-link"
              disabled={stop.isPending}
              onClick={() => stop.mutate()}
              data-testid="run-stop"
            >
              {stop.isPending ? 'Stopping…' : 'Stop it'}
            </button>
            <Outcome error={stop.error} />
          </>
        )}
      </td>
      <td>
        <details onToggle={event => setOpen(event.currentTarget.open)}>
          <summary data-testid="run-steps">each step</summary>
          {isOpen && <Steps id={run.id} />}
        </details>
      </td>
    </tr>
  );
}

function stateOf({ end, waitsFor }: RunRow): string {
  if (end !== undefined) return end.as;
  return waitsFor.length > 0 ? 'waiting' : 'running';
}

function RunState({ run }: { readonly run: RunRow }) {
  const { end, waitsFor } = run;
  if (end !== undefined)
    return (
      <>
        {end.as}
        {end.why !== '' && (
          <div className="quiet">
            <Inert text={end.why} form="line" />
          </div>
        )}
      </>
    );
  if (waitsFor.length === 0) return <div>running</div>;
  return (
    <ul className="dry-steps is-narrow">
      {waitsFor.map(({ step, proposal }) => (
        <li key={proposal}>
          waits for people at{' '}
          <Link to="/proposals/$id" params={{ id: proposal }} data-testid="run-waits-for">
            <Inert text={step} form="line" />
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Steps({ id }: { readonly id: RunRow['id'] }) {
  const run = useQuery(runQuery(id));
  if (run.isPending) return <Loading what="the steps" rows={2} />;
  if (run.isError) return <Failed error={run.error} what="the steps" retry={() => void run.refetch()} />;
  if (run.data.steps.length === 0) return <p className="quiet">No step was reached.</p>;
  return (
    <ol className="run-steps" data-testid="run-step-list">
      {run.data.steps.map(({ step, is, proposal }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step may be reached again, and each time is a line
        <li key={at}>
          <Inert text={step} form="line" />: {is}
          {proposal !== undefined && (
            <>
              {', '}
              <Link to="/proposals/$id" params={{ id: proposal }}>
                what it asked
              </Link>
            </>
          )}
        </li>
      ))}
    </ol>
  );
}
