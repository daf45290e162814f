import { Link } from '@tanstack/react-router';
import type { PolicyCheck, ReplayedDecision } from '../../src/model/api-policy.ts';
import type { PolicyProblem } from '../../src/model/policy.ts';
import type { Tier } from '../../src/model/proposal.ts';
import { Inert } from '../parts/inert.tsx';
import { MomentText } from '../parts/time.tsx';

/** Everything that is wrong with a file, each where it stands. */
export function PolicyProblems({ problems }: { readonly problems: readonly PolicyProblem[] }) {
  return (
    <div className="failed" role="alert" data-testid="policy-problems">
      <p>
        <strong>{problems.length === 1 ? 'It does not hold.' : `${problems.length} things are wrong with it.`}</strong>
      </p>
      <ul className="rule-list">
        {problems.map(({ at, text }) => (
          <li key={`${at} ${text}`}>
            <span className="mono soft">{at === '' ? 'the file' : at}</span>
            <Inert text={text} form="line" />
          </li>
        ))}
      </ul>
    </div>
  );
}

/** What it changes from now on, and what it would have done. */
export function PolicyEffect({ check }: { readonly check: Extract<PolicyCheck, { ok: true }> }) {
  const { replay, changes, tests } = check;
  return (
    <div className="stack" data-testid="policy-effect">
      <p>
        <strong>It holds.</strong> <span className="soft">Each rule is needed by one of {tests} tests.</span>
      </p>
      <div className="changes is-list">
        {changes.map(change => (
          <div key={change.path} className="change">
            <span className="mono soft">{change.path}</span>
            <span className="change-values">
              <del>
                <Inert text={change.from} />
              </del>
              <span aria-hidden="true"> → </span>
              <span className="visually-hidden">becomes</span>
              <ins>
                <Inert text={change.to} />
              </ins>
            </span>
          </div>
        ))}
      </div>
      <h3>
        The last {replay.days} days under it: {replay.isPartial ? 'the newest ' : ''}
        {replay.decisions} decisions
      </h3>
      <p className="soft" data-testid="policy-replay">
        {replay.stricter} would have taken more people, {replay.never} of them would not have been done at all.{' '}
        {replay.looser} would take fewer than they took. In {replay.unsigned} a signature would not have counted.
      </p>
      {replay.rows.length > 0 && <ReplayTable rows={replay.rows} />}
    </div>
  );
}

function ReplayTable({ rows }: { readonly rows: readonly ReplayedDecision[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll is-tall" tabIndex={0} aria-label="Decisions that would have been others">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Proposed</th>
            <th scope="col">Act</th>
            <th scope="col">Came to</th>
            <th scope="col">Tier</th>
            <th scope="col">By</th>
            <th scope="col">Signatures</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <tr key={row.proposal} data-testid="policy-replayed">
              <td>
                <MomentText at={row.at} />
              </td>
              <td>
                <Link to="/proposals/$id" params={{ id: row.proposal }}>
                  {row.operation}
                </Link>{' '}
                <Inert text={row.targetName} form="line" />
              </td>
              <td className="soft">{row.state.replaceAll('_', ' ')}</td>
              <td>{row.from === row.to ? row.from : `${row.from} → ${shown(row.to)}`}</td>
              <td className="mono soft">{row.rules.join(', ')}</td>
              <td>{row.lost.length === 0 ? '' : `${row.lost.length} would not have counted`}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function shown(tier: Tier): string {
  return tier === 'TX' ? 'never' : tier;
}
