import type { Gap } from '../../src/model/claim.ts';
import { type Coverage, type StreamStatus, streamText } from '../../src/model/coverage.ts';
import { Inert } from './inert.tsx';
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
  const unheard = coverage.streams.filter(stream => stream.status !== 'heard');
  return (
    <section className={`coverage-line coverage-${coverage.verdict}`} aria-label="Coverage" data-testid="coverage">
      <h2>Coverage</h2>
      <span>
        {coverage.verdict === 'unknown' && coverage.expected === 0
          ? 'cannot be judged: nothing says which sources to expect here'
          : `${coverage.heard} of ${coverage.expected} expected ${coverage.expected === 1 ? 'stream' : 'streams'} heard`}
      </span>
      <ul className="coverage-chips">
        {gaps.slice(0, CHIPS_MAX).map(gap => (
          <li
            key={`${gap.stream}${gap.from}`}
            className="gap-chip"
            title={`${gap.because}. ${utc(gap.from)} to ${utc(gap.to)}`}
          >
            <span className="gap-swatch hatch" aria-hidden="true" />
            <Inert text={streamText(gap.stream)} form="line" /> {span(gap.from, gap.to)}
            {gap.isRequired && <strong> required</strong>}
          </li>
        ))}
        {gaps.length === 0 &&
          unheard.slice(0, CHIPS_MAX).map(stream => (
            <li key={stream.stream} className="gap-chip" title={stream.because}>
              <span className="gap-swatch hatch" aria-hidden="true" />
              <Inert text={streamText(stream.stream)} form="line" /> {STATUS_TEXT[stream.status]}
            </li>
          ))}
        {Math.max(gaps.length, gaps.length === 0 ? unheard.length : 0) > CHIPS_MAX && (
          <li className="quiet">and {Math.max(gaps.length, unheard.length) - CHIPS_MAX} more</li>
        )}
      </ul>
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
