import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { IncidentPage, PlaybookVersion, PlaybookView, RunView } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { meQuery, playbookQuery, queryClient } from '../api/queries.ts';
import { Identifier, Inert } from '../parts/inert.tsx';
import { Outcome, PageFailed, PageLoading } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import '../styles/playbooks.css';
import '../styles/policy.css';
import '../styles/review.css';
import { DryRun } from './playbook-dry-run.tsx';
import { Pictures } from './playbook-picture.tsx';
import { Runs } from './playbook-runs.tsx';
import { Verdict } from './playbook-verdict.tsx';
import { Names } from './playbooks.tsx';

const route = getRouteApi('/playbooks/$name');

/** One playbook: what the analysis says, its picture, its runs, what it would have done, its versions and its source. */
export function PlaybookPage() {
  const { name } = route.useParams();
  const { v } = route.useSearch();
  const playbook = useQuery(playbookQuery(name, v));
  if (playbook.isPending) return <PageLoading title="Playbook" what="the playbook" />;
  if (playbook.isError)
    return <PageFailed error={playbook.error} what="this playbook" retry={() => void playbook.refetch()} />;
  const view = playbook.data;
  const { shown } = view;
  return (
    <main className="page playbooks">
      <div className="page-head">
        <h1 className="playbook-title">
          <Inert text={shown.title} form="line" />
        </h1>
        <p className="soft" data-testid="playbook-state">
          {shown.stands ? (
            <>
              This version stands; signed by <Names names={shown.signedBy} />.
            </>
          ) : (
            <>
              This version does not stand: its{' '}
              <Link to="/proposals/$id" params={{ id: shown.proposal }}>
                proposal
              </Link>{' '}
              is {shown.state.replaceAll('_', ' ')}.
            </>
          )}
        </p>
      </div>
      <section className="health-section" aria-label="Analysis">
        <Verdict check={view.check} />
      </section>
      <section className="health-section" aria-label="Runs">
        <h2>Runs</h2>
        {shown.stands && <Start view={view} />}
        <Runs runs={view.runs} />
      </section>
      {view.pictures.length > 0 && (
        <section className="health-section" aria-label="Picture">
          <h2>Picture</h2>
          <Pictures pictures={view.pictures} />
        </section>
      )}
      <section className="health-section" aria-label="Dry run">
        <DryRun file={{ sha256: shown.sha256 }} />
      </section>
      <Versions view={view} />
      <section className="health-section" aria-label="Source">
        <h2>Source</h2>
        <p className="quiet">
          SHA-256 <Identifier text={shown.sha256} head={16} tail={8} />, brought by{' '}
          <Inert text={shown.broughtBy} form="line" /> <MomentText at={shown.broughtAt} />
        </p>
        <details className="act-details">
          <summary>the file, as it was signed</summary>
          <pre className="policy-text" data-testid="playbook-source">
            <Inert text={view.text} form="line" keepLines />
          </pre>
        </details>
      </section>
    </main>
  );
}

function Start({ view: { name, shown } }: { readonly view: PlaybookView }) {
  const me = useQuery(meQuery);
  const navigate = useNavigate();
  const [incident, setIncident] = useState('');
  const open = useQuery({
    queryKey: ['incidents', 'for-a-run'],
    queryFn: () => request<IncidentPage>('GET', '/api/v1/incidents?limit=50'),
  });
  const start = useMutation({
    mutationFn: () => request<RunView>('POST', '/api/v1/playbooks/runs', { name, sha256: shown.sha256, incident }),
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: ['playbooks'] });
      void navigate({ to: '/playbooks/$name', params: { name } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    start.mutate();
  };
  return (
    <form className="actions is-left" onSubmit={submit}>
      <label className="field">
        <span className="label">On the incident</span>
        <select
          className="input run-incident"
          value={incident}
          onChange={event => setIncident(event.target.value)}
          data-testid="run-incident"
        >
          <option value="">{open.isError ? 'the incidents could not be read' : 'choose one'}</option>
          {open.data?.rows.map(row => (
            <option key={row.id} value={row.id}>
              {row.title}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" className="btn" disabled={incident === '' || start.isPending} data-testid="run-start">
        {start.isPending ? 'Starting…' : 'Start a run'}
      </button>
      <span className="quiet">
        {me.data?.person?.name ?? 'Whoever starts it'} then contributes to all that it asks, and others sign.
      </span>
      <Outcome error={start.error} />
    </form>
  );
}

function Versions({ view: { name, versions, shown } }: { readonly view: PlaybookView }) {
  return (
    <section className="health-section" aria-label="Versions">
      <h2>Versions</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label="Versions of this playbook">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Brought</th>
              <th scope="col">Proposal</th>
              <th scope="col">Signed by</th>
            </tr>
          </thead>
          <tbody>
            {versions.map(version => (
              <VersionRow
                key={version.sha256}
                name={name}
                version={version}
                isShown={version.sha256 === shown.sha256}
              />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

interface VersionRowProps {
  readonly name: string;
  readonly version: PlaybookVersion;
  readonly isShown: boolean;
}

function VersionRow({ name, version, isShown }: VersionRowProps) {
  return (
    <tr data-testid="playbook-version">
      <td className="playbook-name">
        {isShown ? (
          <strong>
            <Inert text={version.title} form="line" />
          </strong>
        ) : (
          <Link to="/playbooks/$name" params={{ name }} search={{ v: version.sha256 }}>
            <Inert text={version.title} form="line" />
          </Link>
        )}
        {version.stands && <div className="quiet">stands</div>}
      </td>
      <td>
        <Inert text={version.broughtBy} form="line" />
        <div className="quiet">
          <MomentText at={version.broughtAt} />
        </div>
      </td>
      <td>
        <Link to="/proposals/$id" params={{ id: version.proposal }}>
          {version.state.replaceAll('_', ' ')}
        </Link>
      </td>
      <td>
        {version.signedBy.length === 0 ? <span className="quiet">nobody</span> : <Names names={version.signedBy} />}
      </td>
    </tr>
  );
}
