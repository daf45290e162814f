import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { IncidentRow } from '../../src/model/incident.ts';
import { Inert } from '../parts/inert.tsx';
import { drawn } from '../parts/inert-text.ts';
import { CoverageMark, SeverityMark } from '../parts/marks.tsx';
import { Age, span } from '../parts/time.tsx';

interface QueueRowProps {
  readonly row: IncidentRow;
  readonly isCurrent: boolean;
  readonly isSelected: boolean;
  readonly index: number;
  readonly onPoint: (index: number) => void;
  readonly onOpen: (id: string) => void;
  readonly onToggle: (id: string) => void;
  readonly onTake: (id: string) => void;
}

const ENTITIES_SHOWN = 3;

/** Drawn again only when it changes: moving the cursor through the list touches two rows. Two lines: how bad and what, who is involved; how much from where and when, what is missing, how old, who has it. */
export const QueueRow = memo(function QueueRow(props: QueueRowProps) {
  const { row, index, isCurrent, isSelected, onPoint, onOpen, onToggle, onTake } = props;
  const rest = row.entities.length - ENTITIES_SHOWN;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: j, k and enter move and open; the title is a link
    // biome-ignore lint/a11y/noStaticElementInteractions: a larger target for the pointer, the link is the control
    <div
      className={`queue-row${isCurrent ? ' is-current' : ''}${isSelected ? ' is-selected' : ''}`}
      data-testid="queue-row"
      data-incident={row.id}
      onClick={event => {
        onPoint(index);
        if (!(event.target instanceof Element && event.target.closest('a, button, input, label') !== null))
          onOpen(row.id);
      }}
    >
      <label className="queue-check">
        <input
          type="checkbox"
          checked={isSelected}
          onChange={() => onToggle(row.id)}
          aria-label={`Select ${drawn(row.title)}`}
        />
      </label>
      <span className="queue-severity">
        <SeverityMark severity={row.severity} />
      </span>
      <div className="queue-what">
        <Link
          to="/incidents/$id"
          params={{ id: row.id }}
          className="queue-title"
          onFocus={() => onPoint(index)}
          aria-current={isCurrent ? 'true' : undefined}
        >
          <Inert text={withoutNames(row)} form="line" />
        </Link>
        <div className="queue-second">
          <span className="queue-figures">
            {row.alertCount.toLocaleString('en')} {row.alertCount === 1 ? 'alert' : 'alerts'}, {row.sources.length}{' '}
            {row.sources.length === 1 ? 'source' : 'sources'} · {span(row.firstSeen, row.lastSeen)}
          </span>
          <span className="queue-coverage">
            <CoverageMark verdict={row.coverage} text={row.coverageText} />
          </span>
        </div>
      </div>
      <ul className="queue-entities" aria-label="Involved">
        {row.entities.slice(0, ENTITIES_SHOWN).map(entity => (
          <li key={`${entity.kind}${entity.label}`} title={drawn(`${entity.kind}: ${entity.label}`)}>
            <Inert text={shortName(entity.label)} />
          </li>
        ))}
        {rest > 0 && <li className="quiet">+{rest}</li>}
      </ul>
      <div className="queue-side">
        <span className="quiet">
          <Age at={row.lastSeen} />
        </span>
        {row.openProposals > 0 && <span className="badge badge-accent">{row.openProposals} in review</span>}
      </div>
      <div className="queue-owner">
        {row.owner === '' ? (
          <button
            type="button"
            className="btn-link"
            onClick={() => onTake(row.id)}
            aria-label={`Take ${drawn(row.title)}`}
          >
            take
          </button>
        ) : (
          <span className="clip" title={row.owner}>
            {row.owner}
          </span>
        )}
      </div>
    </div>
  );
});

/** Of an Amazon Resource Name the resource: what comes before it is the same all over an account. */
function shortName(label: string): string {
  return /^arn:(?:[^:]*:){4}(.+)$/.exec(label)?.[1] ?? label;
}

/** The title without the names at its end where they stand beside it anyway. */
function withoutNames({ title, entities }: IncidentRow): string {
  const at = title.lastIndexOf(': ');
  if (at <= 0) return title;
  const labels = entities.slice(0, ENTITIES_SHOWN).map(entity => entity.label);
  const names = title.slice(at + 2).split(', ');
  return names.every(name => labels.some(label => label === name || label.endsWith(`:${name}`)))
    ? title.slice(0, at)
    : title;
}
