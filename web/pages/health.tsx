import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { SourceRow, StandingStream } from '../../src/model/api.ts';
import { type StreamStatus, streamText } from '../../src/model/coverage.ts';
import { coverageQuery, meQuery, quarantineQuery, sourcesQuery } from '../api/queries.ts';
import { Identifier, Inert } from '../parts/inert.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { Age, Moment, MomentText, msOf } from '../parts/time.tsx';
import { SourceDeliveries } from './health-delivery.tsx';
import { EnrichmentSection } from './health-enrichment.tsx';
import { LogKey } from './health-log.tsx';
import { MapSource } from './health-mapping.tsx';
import { NoticesSection } from './health-notices.tsx';
import { AddSource } from './health-source.tsx';
import { SuppressedSection } from './health-suppressed.tsx';
import { TrailsSection } from './health-trails.tsx';

const STATUS_TEXT: { readonly [S in StreamStatus]: string } = {
  heard: 'heard',
  silent: 'silent',
  degraded: 'fewer than usual',
  late: 'late',
  never: 'never heard',
  cannot_tell: 'too sparse to judge',
};

/** Whether we hear what we should: the parts of the product, the sources, the streams, and what could not be read. */
export function HealthPage() {
  const me = useQuery(meQuery);
  return (
    <main className="page health">
      <div className="page-head">
        <h1>Health</h1>
        {me.data !== undefined && (
          <p className="soft">
            {me.data.health.filter(item => item.status === 'ok').length} of {me.data.health.length} parts well
            {!me.data.processesIsolated && ' · single user: processes are not isolated from each other'}
          </p>
        )}
        <p className="soft">
          <Link to="/powers">Powers: how the connected systems do</Link>
        </p>
      </div>
      {me.data !== undefined && (
        <ul className="health-parts">
          {me.data.health.map(item => (
            <li key={item.name} className={item.status === 'ok' ? 'health-part' : 'health-part is-unwell'}>
              <strong>{item.name.replace('_', ' ')}</strong>
              <span className={item.status === 'ok' ? 'quiet' : 'gap-text'}>{item.status}</span>
              <span className="soft">
                <Inert text={item.text} form="line" />
                {item.fix !== undefined && <> To mend it: {item.fix}</>}
              </span>
            </li>
          ))}
          <li className="health-part">
            <strong>model</strong>
            <span className="quiet">{me.data.ai.level}</span>
            <span className="soft">{me.data.ai.because}</span>
          </li>
        </ul>
      )}
      <Sources />
      <Streams />
      <TrailsSection />
      <SuppressedSection />
      <Quarantine />
      <EnrichmentSection />
      <NoticesSection />
      <LogKey />
    </main>
  );
}

/** Whether something came from it, or somebody set up a way for it. */
function isInUse(source: SourceRow): boolean {
  return (
    source.status !== 'never' ||
    source.quarantined > 0 ||
    source.deliveries.length > 0 ||
    source.configured !== undefined
  );
}

function Sources() {
  const sources = useQuery(sourcesQuery);
  const inUse = sources.data?.filter(isInUse) ?? [];
  const others = sources.data?.filter(source => !isInUse(source)) ?? [];
  return (
    <section className="health-section" aria-label="Sources">
      <h2>Sources</h2>
      {sources.isPending && <Loading what="the sources" rows={3} />}
      {sources.isError && <Failed error={sources.error} what="the sources" retry={() => void sources.refetch()} />}
      {sources.data !== undefined && inUse.length === 0 && (
        <Empty title="Nothing has been heard from any source">
          Run <code>npx countersign ingest FILE</code>, or send to <code>/api/v1/ingest</code>.
        </Empty>
      )}
      {inUse.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label="Table of sources">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Source</th>
                <th scope="col" className="num">
                  Alerts kept
                </th>
                <th scope="col" className="num">
                  In quarantine
                </th>
                <th scope="col">Last heard</th>
                <th scope="col">Status</th>
              </tr>
            </thead>
            <tbody>
              {inUse.map(source => (
                <tr key={source.id} data-testid="source-row">
                  <td>
                    {source.title} <span className="quiet mono wrap-anywhere">{source.id}</span>
                    <SourceDeliveries deliveries={source.deliveries} />
                  </td>
                  <td className="num">{source.alerts.toLocaleString('en')}</td>
                  <td className="num">
                    {source.quarantined === 0
                      ? '0'
                      : `${source.quarantined.toLocaleString('en')} of ${(source.alerts + source.quarantined).toLocaleString('en')}`}
                  </td>
                  <td>
                    {msOf(source.lastHeard) === undefined ? (
                      <span className="quiet">never</span>
                    ) : (
                      <Age at={msOf(source.lastHeard) ?? 0} suffix=" ago" />
                    )}
                  </td>
                  <td>
                    {source.status === 'never' ? (
                      <span className="quiet">not set up, or never heard</span>
                    ) : (
                      <Status status={source.status} />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {others.length > 0 && (
        <details className="source-add">
          <summary>{others.length} more kinds of source can be read, and nothing was heard from them</summary>
          <p className="soft">{others.map(source => source.title).join(' · ')}</p>
        </details>
      )}
      <AddSource />
      <MapSource />
      <p className="soft">
        <Link to="/joining">How alerts are joined</Link>: what makes duplicates, and which values join nothing.
      </p>
    </section>
  );
}

function Status({ status }: { readonly status: StreamStatus }) {
  if (status === 'heard') return <span className="quiet">heard</span>;
  return (
    <span className="gap-text">
      <span className="gap-swatch hatch" aria-hidden="true" />
      {STATUS_TEXT[status]}
    </span>
  );
}

const ORDER: readonly StreamStatus[] = ['silent', 'never', 'degraded', 'late', 'cannot_tell', 'heard'];

/** Rows that are drawn at once. */
const STREAMS_STEP = 200;

function Streams() {
  const coverage = useQuery(coverageQuery);
  // What lasts stands before what is over, however bad that was.
  const streams: readonly StandingStream[] = [...(coverage.data?.streams ?? [])].sort(
    (a, b) =>
      Number(b.isNow) - Number(a.isNow) ||
      ORDER.indexOf(a.status) - ORDER.indexOf(b.status) ||
      a.stream.localeCompare(b.stream),
  );
  const [rowsMax, setRowsMax] = useState(STREAMS_STEP);
  const heard = streams.filter(stream => stream.status === 'heard').length;
  return (
    <section className="health-section" aria-label="Coverage">
      <h2>
        Coverage{' '}
        {coverage.isSuccess && (
          <span className="quiet section-count">
            {heard.toLocaleString('en')} of {streams.length.toLocaleString('en')} streams heard
          </span>
        )}
      </h2>
      {coverage.isPending && <Loading what="coverage" rows={4} />}
      {coverage.isError && <Failed error={coverage.error} what="coverage" retry={() => void coverage.refetch()} />}
      {coverage.isSuccess && streams.length === 0 && (
        <Empty title="No stream is known yet">
          A stream is one product on one host. Its rhythm is learned from what it sends.
        </Empty>
      )}
      {streams.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll is-tall" tabIndex={0} aria-label="Table of streams">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Stream</th>
                <th scope="col">Status</th>
                <th scope="col">From</th>
                <th scope="col">Until</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {streams.slice(0, rowsMax).map(stream => (
                <tr key={`${stream.stream}${stream.from}`}>
                  <td>
                    <Inert text={streamText(stream.stream)} />
                  </td>
                  <td className="nowrap">
                    {stream.isNow ? (
                      <Status status={stream.status} />
                    ) : (
                      <span className="quiet">{STATUS_TEXT[stream.status]}</span>
                    )}
                  </td>
                  <td className="nowrap">
                    <Moment at={stream.from} />
                  </td>
                  <td className="nowrap">{stream.isNow ? 'now' : <Moment at={stream.to} />}</td>
                  <td className="soft">
                    <Inert text={stream.because} form="line" />
                    {stream.cause !== undefined && (
                      <>
                        {' '}
                        as <Identifier text={stream.cause.alert} /> says
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          {streams.length > rowsMax && (
            <button type="button" className="btn-link" onClick={() => setRowsMax(rowsMax + STREAMS_STEP)}>
              {(streams.length - rowsMax).toLocaleString('en')} more, worst first: show the next {STREAMS_STEP}
            </button>
          )}
        </section>
      )}
    </section>
  );
}

function Quarantine() {
  const quarantine = useQuery(quarantineQuery);
  return (
    <section className="health-section" aria-label="Quarantine">
      <h2>
        Quarantine{' '}
        {quarantine.data !== undefined && (
          <span className="quiet section-count">
            {quarantine.data.length} {quarantine.data.length === 1 ? 'record' : 'records'} shown
          </span>
        )}
      </h2>
      {quarantine.isPending && <Loading what="the quarantine" rows={3} />}
      {quarantine.isError && (
        <Failed error={quarantine.error} what="the quarantine" retry={() => void quarantine.refetch()} />
      )}
      {quarantine.data?.length === 0 && <Empty title="Every record could be read" />}
      <ul className="quarantine">
        {(quarantine.data ?? []).map(row => (
          <li key={row.id} data-testid="quarantine-row">
            <p>
              <span className="mono">{row.source}</span> <code>{row.code}</code>{' '}
              <span className="soft">
                <Inert text={row.detail} form="line" />
              </span>{' '}
              <span className="quiet">
                <MomentText at={row.receivedAt} /> · {row.byteLength.toLocaleString('en')} bytes, kept
              </span>
            </p>
            <Inert text={row.excerpt} />
          </li>
        ))}
      </ul>
    </section>
  );
}
