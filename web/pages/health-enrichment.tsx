import { useQuery } from '@tanstack/react-query';
import type { LookUpHealth } from '../../src/model/api.ts';
import type { DataSet, DataSetStatus } from '../../src/model/enrichment.ts';
import { enrichmentHealthQuery } from '../api/queries.ts';
import { asOfText, FactStatusMark } from '../parts/facts.tsx';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { Age, msOf } from '../parts/time.tsx';

/** What facts are read from, how old it is, and who may be asked: with quota left and the last failure. */
export function EnrichmentSection() {
  const health = useQuery(enrichmentHealthQuery);
  return (
    <section className="health-section" aria-label="Enrichment">
      <h2>Enrichment</h2>
      {health.isPending && <Loading what="the data sets" rows={3} />}
      {health.isError && <Failed error={health.error} what="the data sets" retry={() => void health.refetch()} />}
      {health.data !== undefined && (
        <>
          <Sets sets={health.data.sets} />
          <h3>Look-ups</h3>
          {health.data.lookUps.length === 0 ? (
            <Empty title="Nobody outside is asked">
              <code>npx countersign look-up add misp --url https://misp.example.org --max-tlp amber</code> lets people
              ask about values; the key is read from standard input.
            </Empty>
          ) : (
            <LookUps lookUps={health.data.lookUps} />
          )}
        </>
      )}
    </section>
  );
}

const STATUS_TEXT: { readonly [S in DataSetStatus]: string } = {
  ok: 'ok',
  stale: 'stale',
  failed: 'failed',
  absent: 'not there',
  waiting: 'not read yet',
};

function Sets({ sets }: { readonly sets: readonly DataSet[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label="Data sets">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Data set</th>
            <th scope="col">Status</th>
            <th scope="col">Date</th>
            <th scope="col" className="num">
              In memory
            </th>
            <th scope="col">Licence</th>
          </tr>
        </thead>
        <tbody>
          {sets.map(set => (
            <tr key={set.id} data-testid="data-set">
              <td>
                {set.title}
                {set.entries > 0 && <span className="quiet"> {set.entries.toLocaleString('en')} entries</span>}
                {set.because !== '' && <p className="soft fact-because">{set.because}</p>}
              </td>
              <td className="nowrap">
                {set.status === 'stale' || set.status === 'failed' ? (
                  <span className="gap-text">
                    <span className="gap-swatch hatch" aria-hidden="true" />
                    {STATUS_TEXT[set.status]}
                  </span>
                ) : (
                  <span className="quiet">{STATUS_TEXT[set.status]}</span>
                )}
              </td>
              <td className="nowrap">{set.asOf === '' ? <span className="quiet">–</span> : asOfText(set.asOf)}</td>
              <td className="num nowrap">{sizeText(set.bytes)}</td>
              <td className="soft">{set.licence}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function sizeText(bytes: number): string {
  if (bytes === 0) return '–';
  return bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

function LookUps({ lookUps }: { readonly lookUps: readonly LookUpHealth[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label="Table of look-ups">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Look-up</th>
            <th scope="col">Status</th>
            <th scope="col" className="num">
              Left today
            </th>
            <th scope="col">Gets at most</th>
            <th scope="col">Last asked</th>
            <th scope="col">Last failure</th>
          </tr>
        </thead>
        <tbody>
          {lookUps.map(one => (
            <tr key={one.name} data-testid="look-up-health">
              <td>
                {one.title} <span className="quiet mono">{one.name}</span>
                {one.kind === 'taxii' && (
                  <p className="soft fact-because">
                    {one.indicators.toLocaleString('en')} indicators are compared here,{' '}
                    {one.notUnderstood.toLocaleString('en')} are not understood
                  </p>
                )}
              </td>
              <td className="nowrap">
                <FactStatusMark status={one.status} />
              </td>
              <td className="num nowrap">
                {one.leftToday.toLocaleString('en')} of {one.perDay.toLocaleString('en')}
              </td>
              <td className="nowrap">TLP:{one.maxTlp.toUpperCase()}</td>
              <td className="nowrap">
                {msOf(one.lastAsked) === undefined ? (
                  <span className="quiet">not lately</span>
                ) : (
                  <Age at={msOf(one.lastAsked) ?? 0} suffix=" ago" />
                )}
              </td>
              <td className="soft">{one.lastFailure === '' ? <span className="quiet">none</span> : one.lastFailure}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
