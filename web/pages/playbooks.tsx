import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { PlaybookCheck, PlaybookRow, ProposalView } from '../../src/model/api.ts';
import { PLAYBOOK_CHARS_MAX } from '../../src/model/playbook.ts';
import { request } from '../api/client.ts';
import { playbooksQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Empty, Failed, Outcome, PageLoading } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import '../styles/playbooks.css';
import '../styles/policy.css';
import '../styles/review.css';
import { DryRun } from './playbook-dry-run.tsx';
import { Verdict } from './playbook-verdict.tsx';

/** Every playbook with what stands of it and how its runs are, and the way to another version. */
export function PlaybooksPage() {
  const playbooks = useQuery(playbooksQuery);
  if (playbooks.isPending) return <PageLoading title="Playbooks" what="the playbooks" />;
  if (playbooks.isError)
    return <Failed error={playbooks.error} what="the playbooks" retry={() => void playbooks.refetch()} />;
  return (
    <main className="page playbooks">
      <div className="page-head">
        <h1>Playbooks</h1>
        <p className="soft">
          A playbook reads, asks and waits by itself. Each effect of it is a proposal that people sign.
        </p>
      </div>
      <section className="health-section" aria-label="All playbooks">
        {playbooks.data.length === 0 ? (
          <Empty title="There is no playbook.">
            Try a file below, and propose it: two people sign it who did not bring it.
          </Empty>
        ) : (
          <Rows rows={playbooks.data} />
        )}
      </section>
      <Bring />
    </main>
  );
}

const STATES: { readonly [S in PlaybookRow['state']]: string } = {
  adopted: 'adopted',
  proposed: 'proposed: waits for signatures',
  withdrawn: 'withdrawn',
  lapsed: 'was proposed, and did not come to stand',
};

function Rows({ rows }: { readonly rows: readonly PlaybookRow[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label="Playbooks">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Playbook</th>
            <th scope="col">State</th>
            <th scope="col">Takes</th>
            <th scope="col">Signed by</th>
            <th scope="col">Runs</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.name} data-testid="playbook-row">
              <td className="playbook-name">
                <Link to="/playbooks/$name" params={{ name: row.name }}>
                  <Inert text={row.title} form="line" />
                </Link>
                <div className="quiet">{row.steps} steps</div>
              </td>
              <td>
                {STATES[row.state]}
                {row.adoptedAt !== '' && (
                  <div className="quiet">
                    <MomentText at={row.adoptedAt} />
                  </div>
                )}
                {row.isNextProposed && <div className="quiet">another version waits for signatures</div>}
              </td>
              <td>{row.tier}</td>
              <td>
                {row.signedBy.length === 0 ? <span className="quiet">nobody yet</span> : <Names names={row.signedBy} />}
              </td>
              <td>
                <RunsText runs={row.runs} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Names({ names }: { readonly names: readonly string[] }) {
  return names.map((name, at) => (
    <span key={name}>
      {at > 0 && ', '}
      <Inert text={name} form="line" />
    </span>
  ));
}

function RunsText({ runs }: { readonly runs: PlaybookRow['runs'] }) {
  const parts = [
    [runs.waiting, 'waiting for people'],
    [runs.running, 'running'],
    [runs.failed, 'failed'],
    [runs.done, 'done or stopped'],
  ] as const;
  const told = parts.filter(([count]) => count > 0);
  if (told.length === 0) return <span className="quiet">none</span>;
  return (
    <ul className="dry-steps is-narrow">
      {told.map(([count, what]) => (
        <li key={what}>
          {count} {what}
        </li>
      ))}
    </ul>
  );
}

const PLACEHOLDER = `playbook: Lock an account that was taken over
version: "1"
steps:
  - { step: ask-lock, ask: lock }
  - { step: lock, act: disable_account, on: incident.user }`;

function Bring() {
  const [text, setText] = useState('');
  const navigate = useNavigate();
  const tried = useMutation({
    mutationFn: () => request<PlaybookCheck>('POST', '/api/v1/playbooks/check', { text }),
  });
  const propose = useMutation({
    mutationFn: () => request<ProposalView>('POST', '/api/v1/proposals', { kind: 'playbook', text }),
    onSuccess: made => void navigate({ to: '/proposals/$id', params: { id: made.row.id } }),
  });
  const change = (next: string) => {
    setText(next);
    tried.reset();
    propose.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    tried.mutate();
  };
  const check = tried.data;
  return (
    <section className="health-section" aria-label="Another playbook or version">
      <h2>Another playbook or version</h2>
      <p className="soft">
        Trying a file changes nothing. A file with the title of a playbook above is the next version of it. Proposing it
        makes an act of two people, neither of whom brought it.
      </p>
      <form className="stack policy-form" onSubmit={submit}>
        <label className="field">
          <span className="label">The file, YAML</span>
          <textarea
            className="input mono"
            rows={12}
            maxLength={PLAYBOOK_CHARS_MAX}
            value={text}
            onChange={event => change(event.target.value)}
            spellCheck={false}
            placeholder={PLACEHOLDER}
            data-testid="playbook-text"
          />
        </label>
        <div className="actions is-left">
          <button
            type="submit"
            className="btn"
            disabled={text.trim() === '' || tried.isPending}
            data-testid="playbook-try"
          >
            {tried.isPending ? 'Trying…' : 'Try it'}
          </button>
        </div>
        <Outcome error={tried.error} />
        {check !== undefined && <Verdict check={check} />}
        {check?.ok === true && (
          <>
            <Outcome error={propose.error} />
            <div className="actions is-left">
              <button
                type="button"
                className="btn btn-primary"
                disabled={propose.isPending}
                onClick={() => propose.mutate()}
                data-testid="playbook-propose"
              >
                {propose.isPending ? 'Proposing…' : 'Propose it'}
              </button>
            </div>
          </>
        )}
      </form>
      {check?.ok === true && <DryRun file={{ text }} />}
    </section>
  );
}
