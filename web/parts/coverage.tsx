import type { Gap } from '../../src/model/claim.ts';
import { type Coverage, type StreamCoverage, type StreamStatus, streamText } from '../../src/model/coverage.ts';
import { CoverageMatrix } from './coverage-matrix.tsx';
import { Inert } from './inert.tsx';
import { drawn } from './inert-text.ts';
import { span, utc } from './time.tsx';

const STATUS_TEXT: { readonly [S in StreamStatus]: string } = {
  heard: 'heard',
  silent: 'silent',
  degraded: 'fewer than usual',
  late: 'late',
  never: 'never heard',
  cannot_tell: 'too sparse to judge',
};

const CHIPS_MAX = 6;

/** The first line of everything: what was expected here, what of it was heard, and what is missing. */
export function CoverageLine({ coverage, gaps }: { readonly coverage: Coverage; readonly gaps: readonly Gap[] }) {
  const byStatus = new Map<StreamStatus, StreamCoverage[]>();
  for (const stream of coverage.streams) {
    if (stream.status === 'heard') continue;
    byStatus.set(stream.status, [...(byStatus.get(stream.status) ?? []), stream]);
  }
  const unjudged = byStatus.get('cannot_tell')?.length ?? 0;
  return (
    <section className={`coverage-line coverage-${coverage.verdict}`} aria-label="Coverage" data-testid="coverage">
      <h2>Coverage</h2>
      <span>
        {coverage.verdict === 'unknown' && coverage.expected === 0
          ? 'cannot be judged: nothing says which sources to expect here'
          : coverage.heard === 0 && unjudged >= coverage.expected
            ? coverage.expected === 1
              ? 'whether the one expected stream was heard cannot be judged'
              : `none of ${coverage.expected} expected streams can be judged`
            : `${coverage.heard} of ${coverage.expected} expected ${coverage.expected === 1 ? 'stream' : 'streams'} heard`}
      </span>
      <ul className="coverage-chips">
        {gaps.slice(0, CHIPS_MAX).map(gap => (
          <li
            key={`${gap.stream}${gap.from}`}
            className="gap-chip"
            title={drawn(`${gap.because}. ${utc(gap.from)} to ${utc(gap.to)}`)}
          >
            <span className="gap-swatch hatch" aria-hidden="true" />
            <span>
              <Inert text={streamText(gap.stream)} form="line" /> {span(gap.from, gap.to)}
              {gap.isRequired && <strong> required</strong>}
            </span>
          </li>
        ))}
        {gaps.length > CHIPS_MAX && <li className="quiet">and {gaps.length - CHIPS_MAX} more</li>}
        {gaps.length === 0 &&
          [...byStatus].map(([status, streams]) => <Unheard key={status} status={status} streams={streams} />)}
      </ul>
      {(coverage.expectations?.length ?? 0) > 0 && <CoverageMatrix expectations={coverage.expectations ?? []} />}
      <details className="coverage-details">
        <summary>all streams</summary>
        <div className="table-scroll">
          <table className="table">
            <thead>
              <tr>
                <th scope="col">Stream</th>
                <th scope="col">Status</th>
                <th scope="col">Why</th>
              </tr>
            </thead>
            <tbody>
              {coverage.streams.map(stream => (
                <tr key={`${stream.stream}${stream.from}`}>
                  <td>
                    <Inert text={streamText(stream.stream)} />
                  </td>
                  <td className={stream.status === 'heard' ? '' : 'gap-text'}>{STATUS_TEXT[stream.status]}</td>
                  <td className="soft">
                    <Inert text={stream.because} form="line" />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}

/** Streams of one status in one line, so that eight alike do not read as eight findings. */
function Unheard({ status, streams }: { readonly status: StreamStatus; readonly streams: readonly StreamCoverage[] }) {
  const names = new Map(streams.map(stream => [streamText(stream.stream), stream.because]));
  const rest = names.size - CHIPS_MAX;
  return (
    <li className="gap-chip">
      <span className="gap-swatch hatch" aria-hidden="true" />
      <span>
        {STATUS_TEXT[status]}:{' '}
        {[...names].slice(0, CHIPS_MAX).map(([name, because], index) => (
          <span key={name} title={drawn(because)}>
            {index > 0 && ', '}
            <Inert text={name} form="line" />
          </span>
        ))}
        {rest > 0 && ` and ${rest} more`}
      </span>
    </li>
  );
}
