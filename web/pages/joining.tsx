import '../styles/joining.css';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment, useState } from 'react';
import type { FingerprintRow, JoiningView } from '../../src/model/api.ts';
import { joiningQuery, meQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import { FingerprintEditor } from './joining-editor.tsx';

const MS_PER_MINUTE = 60_000;

/** By what alerts are joined into incidents, what joins nothing, and what makes two alerts one. */
export function JoiningPage() {
  const joining = useQuery(joiningQuery);
  return (
    <main className="page health">
      <div className="page-head">
        <h1>How alerts are joined</h1>
        <p className="soft">
          <Link to="/health">Health</Link> · why each alert stands in its incident is said in the incident, under
          Alerts.
        </p>
      </div>
      {joining.isPending && <Loading what="how alerts are joined" />}
      {joining.isError && (
        <Failed error={joining.error} what="how alerts are joined" retry={() => void joining.refetch()} />
      )}
      {joining.data !== undefined && (
        <>
          <p className="soft">
            An alert that comes up to {Math.round(joining.data.latenessMs / MS_PER_MINUTE)} minutes late is placed as if
            it had come in its turn. The places of {joining.data.pending.toLocaleString('en')} alerts can still change
            so.
          </p>
          <OverCommon values={joining.data.overCommon} />
          <Fingerprints rows={joining.data.fingerprints} />
        </>
      )}
    </main>
  );
}

/** Values that are drawn at once. */
const VALUES_STEP = 50;

function OverCommon({ values }: { readonly values: JoiningView['overCommon'] }) {
  const [shownMax, setShownMax] = useState(VALUES_STEP);
  return (
    <section className="health-section" aria-label="Over-common values">
      <h2>
        Over-common values{' '}
        <span className="quiet section-count">{values.length.toLocaleString('en')} join nothing</span>
      </h2>
      {values.length === 0 && (
        <Empty title="No value is too common">
          What comes back in many hours, or stands beside many different people and hosts, joins nothing and is listed
          here.
        </Empty>
      )}
      {values.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll is-tall" tabIndex={0} aria-label="Table of over-common values">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Value</th>
                <th scope="col" className="num">
                  Hours
                </th>
                <th scope="col">Why it joins nothing</th>
              </tr>
            </thead>
            <tbody>
              {values.slice(0, shownMax).map(one => (
                <tr key={one.value}>
                  <td className="mono">
                    <Inert text={one.value} form="line" />
                  </td>
                  <td className="num">{one.hours}</td>
                  <td className="soft">
                    It <Inert text={one.because} form="line" />.
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {values.length > shownMax && (
            <button type="button" className="btn-link" onClick={() => setShownMax(shownMax + VALUES_STEP)}>
              {(values.length - shownMax).toLocaleString('en')} more, the most common first: show the next {VALUES_STEP}
            </button>
          )}
        </section>
      )}
    </section>
  );
}

function Fingerprints({ rows }: { readonly rows: readonly FingerprintRow[] }) {
  const isInUse = (row: FingerprintRow) => row.alerts > 0 || row.changedAt !== undefined;
  const others = rows.filter(row => !isInUse(row));
  return (
    <section className="health-section" aria-label="What makes duplicates">
      <h2>What makes duplicates</h2>
      <p className="soft">
        An alert is another occurrence of one when all of these are the same, and not too long after the first. A part
        that a record lacks is the same as one that lacks it too, but at least one entity has to be there.
      </p>
      {rows.some(isInUse) ? (
        <FingerprintTable rows={rows.filter(isInUse)} name="Table of what makes duplicates" />
      ) : (
        <Empty title="No source has sent anything yet" />
      )}
      {others.length > 0 && (
        <details className="source-add">
          <summary>
            {others.length} {others.length === 1 ? 'source' : 'sources'} from which nothing was heard
          </summary>
          <FingerprintTable rows={others} name="Table of what makes duplicates of sources that were not heard" />
        </details>
      )}
    </section>
  );
}

const COLUMNS = 6;

function FingerprintTable({ rows, name }: { readonly rows: readonly FingerprintRow[]; readonly name: string }) {
  const me = useQuery(meQuery);
  const [edited, setEdited] = useState<string | undefined>(undefined);
  const mayChange = me.data?.person?.roles.includes('administrator') === true;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={name}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Source</th>
            <th scope="col">Version</th>
            <th scope="col">The same</th>
            <th scope="col" className="num">
              At most
            </th>
            <th scope="col">Changed</th>
            <th scope="col">
              <span className="visually-hidden">Change it</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <Fragment key={row.source}>
              <tr data-testid="fingerprint-row">
                <td>
                  {row.title} <span className="quiet mono">{row.source}</span>
                </td>
                <td className="mono">{row.version}</td>
                <td>{row.parts.map(part => part.replace('_', ' ')).join(', ')}</td>
                <td className="num nowrap">{row.groupMinutes} min</td>
                <td className="nowrap">
                  {row.changedAt === undefined ? (
                    <span className="quiet">never</span>
                  ) : (
                    <>
                      <MomentText at={row.changedAt} /> <span className="quiet">{row.changedBy}</span>
                    </>
                  )}
                </td>
                <td>
                  {mayChange && (
                    <button
                      type="button"
                      className="btn-link"
                      aria-expanded={edited === row.source}
                      onClick={() => setEdited(edited === row.source ? undefined : row.source)}
                      aria-label={`Change what makes duplicates of ${row.title}`}
                    >
                      change…
                    </button>
                  )}
                </td>
              </tr>
              {edited === row.source && (
                <tr>
                  <td colSpan={COLUMNS}>
                    <FingerprintEditor row={row} onDone={() => setEdited(undefined)} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </section>
  );
}
