import type { TimelineEntry } from '../../src/model/claim.ts';
import type { SourceClock } from '../../src/model/clock.ts';
import { Inert } from './inert.tsx';
import { duration, Moment, utc } from './time.tsx';

/** How late and how far off a lane is, in a few words under its name. */
export function clockNote(clock: SourceClock | undefined): string {
  if (clock === undefined) return '';
  const { lag, skew } = clock;
  const late = lag === undefined ? 'no times' : lag.medianMs < 0 ? 'heard early' : `lag ${duration(lag.medianMs)}`;
  const signed = `${skew.aheadMs < 0 ? '−' : '+'}${offBy(skew.aheadMs)}`;
  switch (skew.kind) {
    case 'measured':
      return `${late} · ${skew.isMaterial ? `clock ${signed}` : 'clock in step'}`;
    case 'reference':
      return `${late} · clock compared`;
    case 'at_least':
      return `${late} · clock ≥ ${signed}`;
    case 'cannot_tell':
      return `${late} · skew unknown`;
  }
}

/** A minute and five seconds is not a minute, where the order of things rests on it. */
function offBy(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000);
  return seconds < 120 ? `${seconds} s` : duration(ms);
}

/** The whole of it, for hovering and for those who do not see the drawing. */
export function clockText({ clock, lag, skew }: SourceClock): string {
  const late =
    lag === undefined
      ? 'no alert states a time'
      : `heard after ${duration(lag.medianMs)} in the middle, one in twenty after more than ${duration(lag.tailMs)}${
          lag.aheadCount > 0 ? `, ${lag.aheadCount} from our future` : ''
        }`;
  return `${clock}: ${late}. Clock: ${skew.text}.`;
}

/** Lag and skew of every lane as a table: what the notes in the drawing abbreviate. */
export function ClockTable({ clocks }: { readonly clocks: readonly SourceClock[] }) {
  return (
    <details className="timeline-more">
      <summary>clocks and delays of {clocks.length === 1 ? 'one source' : `${clocks.length} sources`}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label="Clocks and delays">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Source</th>
              <th scope="col" className="num">
                Median lag
              </th>
              <th scope="col" className="num">
                95 of 100 within
              </th>
              <th scope="col" className="num">
                From our future
              </th>
              <th scope="col">Clock</th>
            </tr>
          </thead>
          <tbody>
            {clocks.map(({ clock, lag, skew }) => (
              <tr key={clock}>
                <td>
                  <Inert text={clock} form="line" />
                </td>
                <td className="num">{lag === undefined ? '—' : duration(lag.medianMs)}</td>
                <td className="num">{lag === undefined ? '—' : duration(lag.tailMs)}</td>
                <td className="num">{lag === undefined ? '—' : `${lag.aheadCount} of ${lag.alertCount}`}</td>
                <td>
                  {skew.isMaterial && <strong>off: </strong>}
                  <Inert text={skew.text} form="line" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

const LISTED_MAX = 50;

interface EntryListProps {
  readonly entries: readonly TimelineEntry[];
  readonly onOpen: (entry: TimelineEntry) => void;
}

/** Entries whose time cannot be meant: they would stretch the axis over decades, so they stand here. */
export function OffAxis({ entries, onOpen }: EntryListProps) {
  const off = entries.filter(entry => entry.clockFault?.isOffAxis === true);
  if (off.length === 0) return null;
  return (
    <details className="timeline-more" open data-testid="off-axis">
      <summary>
        {off.length === 1 ? 'one entry has' : `${off.length} entries have`} a time that cannot be meant, and{' '}
        {off.length === 1 ? 'stands' : 'stand'} outside the axis
      </summary>
      <ul>
        {off.slice(0, LISTED_MAX).map(entry => (
          <li key={entry.alert}>
            <button type="button" className="btn-link" onClick={() => onOpen(entry)}>
              <Inert text={entry.text} form="line" />
            </button>{' '}
            <span className="quiet">
              says {utc(entry.time)}, heard <Moment at={entry.heard} />: {entry.clockFault?.text}
            </span>
          </li>
        ))}
        {off.length > LISTED_MAX && <li className="quiet">and {off.length - LISTED_MAX} more</li>}
      </ul>
    </details>
  );
}

/** Entries whose order to one before them the clocks leave open. */
export function UnsureOrder({ entries, onOpen }: EntryListProps) {
  const unsure = entries.filter(entry => entry.order !== undefined);
  if (unsure.length === 0) return null;
  const byAlert = new Map(entries.map(entry => [entry.alert, entry]));
  return (
    <details className="timeline-more" data-testid="unsure-order">
      <summary>
        ≈ the order of {unsure.length === 1 ? 'one entry' : `${unsure.length} entries`} is uncertain: clocks are off
      </summary>
      <ul>
        {unsure.slice(0, LISTED_MAX).map(entry => {
          const other = entry.order === undefined ? undefined : byAlert.get(entry.order.with);
          return (
            <li key={entry.alert}>
              <Moment at={entry.time} />{' '}
              <button type="button" className="btn-link" onClick={() => onOpen(entry)}>
                <Inert text={entry.text} form="line" />
              </button>{' '}
              <span className="quiet">
                {entry.order?.isLikelyReversed === true ? 'probably came before' : 'may have come before'}{' '}
                {other === undefined ? 'an entry that is not shown' : <Inert text={other.text} form="line" />}:{' '}
                <Inert text={entry.order?.text ?? ''} form="line" />
              </span>
            </li>
          );
        })}
        {unsure.length > LISTED_MAX && <li className="quiet">and {unsure.length - LISTED_MAX} more</li>}
      </ul>
    </details>
  );
}
