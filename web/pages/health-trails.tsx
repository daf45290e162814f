import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useId, useState } from 'react';
import {
  SEEN_WHY_CHARS_MAX,
  type TrailFinding,
  type TrailFindingKind,
  type TrailHealth,
  type TrailsView,
  type Unexplained,
} from '../../src/model/trail.ts';
import { request } from '../api/client.ts';
import { trailsQuery } from '../api/power-queries.ts';
import { meQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';
import { Age, MomentText, msOf } from '../parts/time.tsx';

/** Findings that are listed without being asked for. */
const LISTED = 5;

const FOUND: { readonly [K in TrailFindingKind]: string } = {
  unknown_change: 'A change that nobody signed',
  not_shown: 'An act that is not shown there',
  cut: 'The log was cut',
  unread: 'The log could not be read',
};
const BECAUSE: { readonly [U in Unexplained]: string } = {
  no_act: 'No act of ours did this there.',
  one_too_many: 'An act of ours did this once; this is one more.',
  other_time: 'An act of ours did this, at another time.',
  not_ours: 'No operation of ours does this, or its record is missing.',
};

/** What targets' own logs say was done with our credentials, held against what people signed. */
export function TrailsSection() {
  const trails = useQuery(trailsQuery);
  const { systems = [], findings: all = [] } = trails.data ?? {};
  // What nobody has looked at stands in front, however old it is.
  const findings = all.filter(({ seen }) => seen === undefined);
  const seen = all.filter(one => one.seen !== undefined);
  return (
    <section className="health-section" aria-label="What targets say">
      <h2>What targets say was done in our name</h2>
      <p className="soft">
        Each minute a target’s own log of our write credential is held against what people signed. Whoever uses that
        credential by hand shows here.
      </p>
      {trails.isPending && <Loading what="what targets say" rows={2} />}
      {trails.isError && <Failed error={trails.error} what="what targets say" retry={() => void trails.refetch()} />}
      {trails.data !== undefined && systems.length === 0 && <p className="quiet">No system is connected.</p>}
      {systems.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label="Logs of targets">
          <table className="table trail-table">
            <thead>
              <tr>
                <th scope="col">System</th>
                <th scope="col">Its own log</th>
                <th scope="col">Last read</th>
                <th scope="col">In 30 days</th>
              </tr>
            </thead>
            <tbody>
              {systems.map(one => (
                <Trail key={one.system} one={one} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {findings.length > 0 && (
        <ul className="trail-findings">
          {findings.slice(0, LISTED).map(one => (
            <Finding key={`${one.system}/${one.number}`} one={one} />
          ))}
        </ul>
      )}
      {seen.length > 0 && (
        <details data-testid="trail-seen">
          <summary>{counted(seen.length, 'finding')} that somebody looked at</summary>
          <ul className="trail-findings">
            {seen.map(one => (
              <Finding key={`${one.system}/${one.number}`} one={one} />
            ))}
          </ul>
        </details>
      )}
      {findings.length > LISTED && (
        <details>
          <summary>{findings.length - LISTED} earlier</summary>
          <ul className="trail-findings">
            {findings.slice(LISTED).map(one => (
              <Finding key={`${one.system}/${one.number}`} one={one} />
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

function Trail({ one }: { readonly one: TrailHealth }) {
  return (
    <tr data-testid="trail" data-state={one.state}>
      <td>
        <span className="wrap-anywhere">{one.system}</span> <span className="quiet mono">{one.responder}</span>
      </td>
      <td>
        {one.state === 'none' ? (
          <span className="gap-text">keeps no log that we can read: what is done by hand there is not seen</span>
        ) : (
          <span className="soft">{one.kept}</span>
        )}
      </td>
      <td>
        {one.readAt === '' ? <span className="quiet">never</span> : <Age at={msOf(one.readAt) ?? 0} suffix=" ago" />}
        {one.state === 'silent' && <div className="gap-text">Nobody can look. {one.because}</div>}
        {one.state === 'read' && one.because !== '' && <div className="quiet">The last look failed. {one.because}</div>}
        {one.state === 'awaited' && <div className="quiet">The first look is awaited.</div>}
      </td>
      <td>
        <Differences one={one} />
        {one.begunAt !== '' && (
          <div className="quiet">
            read since <MomentText at={one.begunAt} />
          </div>
        )}
      </td>
    </tr>
  );
}

function Differences({ one }: { readonly one: TrailHealth }) {
  if (one.unknownChanges > 0 || one.notShown > 0) {
    const found = [
      ...(one.unknownChanges > 0 ? [`${counted(one.unknownChanges, 'change')} that nobody signed`] : []),
      ...(one.notShown > 0 ? [`${counted(one.notShown, 'act')} not shown`] : []),
    ];
    return <span className="gap-text">{found.join(', ')}</span>;
  }
  if (one.readAt === '') return <span className="quiet">nothing is known</span>;
  // What was not read may hold anything.
  return one.state === 'silent' ? (
    <span className="gap-text">nothing is known since then</span>
  ) : (
    <span className="quiet">only what people signed</span>
  );
}

function Finding({ one }: { readonly one: TrailFinding }) {
  return (
    <li data-testid="trail-finding" data-kind={one.kind}>
      <p>
        <strong className="gap-text">{FOUND[one.kind]}</strong> <span className="soft wrap-anywhere">{one.system}</span>
        {one.count > 1 && ` · ${one.count}`}
      </p>
      <p>
        {one.because !== '' && `${BECAUSE[one.because]} `}
        {one.text !== '' && <Inert text={one.text} form="line" />}
        {one.proposal !== '' && (
          <>
            {' '}
            <Link to="/proposals/$id" params={{ id: one.proposal }}>
              the decision
            </Link>
          </>
        )}
      </p>
      <p className="quiet">
        Found <MomentText at={one.foundAt} />
        {one.happenedAt !== '' && (
          <>
            , done <MomentText at={one.happenedAt} />
          </>
        )}
        {one.from !== '' && (
          <>
            , from <Inert text={one.from} form="line" />
          </>
        )}
        {one.target !== '' && (
          <>
            , on <span className="mono wrap-anywhere">{one.target}</span>
          </>
        )}
      </p>
      {one.seen === undefined ? (
        <LookedAt one={one} />
      ) : (
        <p>
          <Inert text={one.seen.by} form="line" /> looked at it, <Age at={msOf(one.seen.at) ?? 0} suffix=" ago" />:{' '}
          <Inert text={one.seen.why} form="line" />
        </p>
      )}
    </li>
  );
}

/** Where whoever works here writes down what it was. It stays in the log either way. */
function LookedAt({ one }: { readonly one: TrailFinding }) {
  const id = useId();
  const me = useQuery(meQuery);
  const client = useQueryClient();
  const [why, setWhy] = useState('');
  const save = useMutation({
    mutationFn: () =>
      request<TrailsView>('POST', `/api/v1/trails/${encodeURIComponent(one.system)}/${one.number}/seen`, {
        why: why.trim(),
      }),
    onSuccess: view => client.setQueryData(trailsQuery.queryKey, view),
  });
  const roles = me.data?.person?.roles ?? [];
  // Whoever only reads says nothing here, as with comments.
  if (!roles.some(role => role !== 'auditor')) return null;
  return (
    <details>
      <summary>Say what it was</summary>
      <form
        className="trail-looked-at"
        onSubmit={event => {
          event.preventDefault();
          save.mutate();
        }}
      >
        <label htmlFor={id}>What you found out. It is kept beside the log, with your name.</label>
        <textarea
          id={id}
          rows={2}
          maxLength={SEEN_WHY_CHARS_MAX}
          value={why}
          data-testid="trail-why"
          onChange={event => setWhy(event.target.value)}
        />
        <button
          type="submit"
          className="btn"
          disabled={why.trim() === '' || save.isPending}
          data-testid="trail-looked-at"
        >
          I have looked at it
        </button>
        <Outcome error={save.error} />
      </form>
    </details>
  );
}

function counted(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}
