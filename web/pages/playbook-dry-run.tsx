import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { DryRunAnswer, DryRunReport, DryRunRow, DryStep } from '../../src/model/api.ts';
import { PEOPLE_SAY, type PeopleSay } from '../../src/model/playbook-dry-run.ts';
import { SLOT_TEXT } from '../../src/model/quorum.ts';
import { request } from '../api/client.ts';
import { Inert } from '../parts/inert.tsx';
import { Empty, Outcome } from '../parts/states.tsx';
import { Verdict } from './playbook-verdict.tsx';

const COUNTS = [5, 20, 50] as const;
const SAYS: { readonly [P in PeopleSay]: string } = {
  sign: 'signed',
  reject: 'rejected it',
  late: 'did not answer in time',
};

/** What a playbook would have done with past incidents. It reaches nobody and leaves nothing behind. */
export function DryRun({ file }: { readonly file: { readonly text: string } | { readonly sha256: string } }) {
  const [incidents, setIncidents] = useState<number>(COUNTS[1]);
  const [people, setPeople] = useState<PeopleSay>('sign');
  const ran = useMutation({
    mutationFn: () => request<DryRunAnswer>('POST', '/api/v1/playbooks/dry-run', { ...file, incidents, people }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ran.mutate();
  };
  return (
    <div className="stack">
      <h3>What would it have done?</h3>
      <p className="soft">
        Worked out from incidents as they are stored now. No target is asked, nobody is told, nothing is written.
      </p>
      <form className="actions is-left" onSubmit={submit}>
        <label className="field">
          <span className="label">Incidents</span>
          <select
            className="input"
            value={incidents}
            onChange={event => setIncidents(Number(event.target.value))}
            data-testid="dry-run-incidents"
          >
            {COUNTS.map(count => (
              <option key={count} value={count}>
                the newest {count}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="label">As if people</span>
          <select
            className="input"
            value={people}
            onChange={event => setPeople(PEOPLE_SAY.find(one => one === event.target.value) ?? 'sign')}
            data-testid="dry-run-people"
          >
            {PEOPLE_SAY.map(one => (
              <option key={one} value={one}>
                {SAYS[one]}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" className="btn" disabled={ran.isPending} data-testid="dry-run">
          {ran.isPending ? 'Working it out…' : 'Dry run'}
        </button>
      </form>
      <Outcome error={ran.error} />
      {ran.data?.ok === false && <Verdict check={ran.data} />}
      {ran.data?.ok === true && <Report report={ran.data} />}
    </div>
  );
}

function Report({ report: { rows } }: { readonly report: DryRunReport }) {
  if (rows.length === 0) return <Empty title="No incident is stored." />;
  const steps = rows.flatMap(row => row.steps);
  const asks = steps.filter(step => step.proposes !== undefined).length;
  const unknown = steps.filter(step => step.is === 'unknown').length;
  return (
    <>
      <p className="soft" role="status" data-testid="dry-run-sum">
        {rows.length === 1 ? '1 incident' : `${rows.length} incidents`}: {asks} proposals would have been made,{' '}
        {unknown} {unknown === 1 ? 'place rests' : 'places rest'} on something that nobody knows.
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll is-tall" tabIndex={0} aria-label="What it would have done">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Incident</th>
              <th scope="col">Path</th>
              <th scope="col">End</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(row => (
              <Row key={row.incident} row={row} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Row({ row }: { readonly row: DryRunRow }) {
  return (
    <tr data-testid="dry-run-row">
      <td className="playbook-name">
        <Link to="/incidents/$id" params={{ id: row.incident }}>
          <Inert text={row.title} form="line" />
        </Link>
      </td>
      <td>
        <ol className="dry-steps">
          {row.steps.map((step, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity but their place
            <Step key={at} step={step} />
          ))}
        </ol>
      </td>
      <td>
        {row.end === 'unknown' ? 'not known' : row.end}
        {row.why !== '' && <div className="quiet">{row.why}</div>}
      </td>
    </tr>
  );
}

function Step({ step: { place, is, text, proposes } }: { readonly step: DryStep }) {
  return (
    <li className={`is-${is}`}>
      <span className="mono soft">
        <Inert text={place} form="line" />
      </span>
      : {is === 'unknown' && <strong>not known: </strong>}
      <Inert text={text} form="line" />
      {proposes !== undefined && (
        <div data-testid="dry-run-proposes">
          <strong>{proposes.what}</strong>: <Inert text={proposes.targetName} form="line" /> on{' '}
          <Inert text={proposes.system} form="line" />, at least <strong>{proposes.tier}</strong>
          <div className="quiet">
            signs:{' '}
            {proposes.seats.map(({ slot, people }, at) => (
              <span key={slot}>
                {at > 0 && '; '}
                {SLOT_TEXT[slot]}
                {people.length > 0 && ` (${people.join(', ')})`}
              </span>
            ))}
            ; never whoever started the run
          </div>
        </div>
      )}
    </li>
  );
}
