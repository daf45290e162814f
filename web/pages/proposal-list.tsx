import { Link } from '@tanstack/react-router';
import type { ProposalRow } from '../../src/model/api.ts';
import { WAITING_TEXT } from '../../src/model/waiting.ts';
import { Inert } from '../parts/inert.tsx';
import { StateMark, TierMark } from '../parts/marks.tsx';
import { Empty } from '../parts/states.tsx';
import { duration, msOf, useNow } from '../parts/time.tsx';

const SEAT_TEXT: { readonly [S in ProposalRow['mySeat']]: string } = {
  can_review: 'you can review',
  contributor: 'you contributed',
  subject: 'about you',
  reviewed: 'you have reviewed',
  not_eligible: 'not for your roles',
  no_seat: 'the open seat is somebody else’s',
  none: '',
};

interface ProposalListProps {
  readonly rows: readonly ProposalRow[];
  readonly empty: string;
  readonly current?: number;
  /** Where rows can be selected to be signed together. */
  readonly selected?: ReadonlySet<string>;
  readonly onSelect?: (id: string) => void;
}

/** Proposals, each with what blocks it and my seat in its quorum. */
export function ProposalList({ rows, empty, current, selected, onSelect }: ProposalListProps) {
  const now = useNow();
  if (rows.length === 0) return <Empty title={empty} />;
  return (
    <ul className="proposals">
      {rows.map((row, index) => (
        <li
          key={row.id}
          className={index === current ? 'proposal-row is-current' : 'proposal-row'}
          data-testid="proposal-row"
          data-proposal={row.id}
        >
          <span className="proposal-select">
            {onSelect !== undefined && (
              <input
                type="checkbox"
                checked={selected?.has(row.id) === true}
                onChange={() => onSelect(row.id)}
                aria-label={`Select ${row.id} to sign it together with others`}
                disabled={row.mySeat !== 'can_review' || row.tier === 'T3'}
                data-testid="proposal-select"
              />
            )}
            <TierMark tier={row.tier} />
          </span>
          <div className="proposal-what">
            <Link to="/proposals/$id" params={{ id: row.id }} className="queue-title">
              <Inert text={row.sentence} form="line" />
            </Link>
            <Waits row={row} />
          </div>
          <span className="proposal-quorum" title="Approvals that count, of those needed">
            {row.approvals === undefined ? `takes ${row.needed}` : `${row.approvals} of ${row.needed}`}
          </span>
          <StateMark state={row.state} />
          <span className="quiet proposal-seat">
            {row.escalation > 0 && <span className="gap-text">asked again </span>}
            {row.state === 'in_review' ? SEAT_TEXT[row.mySeat] : ''}
          </span>
          <span className="quiet proposal-left">{row.state === 'in_review' ? leftText(row.reviewBy, now) : ''}</span>
        </li>
      ))}
    </ul>
  );
}

/** What blocks it, then why it stands where it stands. */
function Waits({ row }: { readonly row: ProposalRow }) {
  if (row.blocks.length === 0)
    return <p className="quiet clip">{row.undoes !== undefined ? 'undoes an earlier act' : ' '}</p>;
  return (
    <>
      <p className="proposal-blocks" data-testid="proposal-blocks">
        {row.blocks
          .toSorted((a, b) => Number(b.isMine) - Number(a.isMine))
          .map(block => (
            <span key={block.reason} className={block.isMine ? 'block is-mine' : 'block'}>
              {block.text}
            </span>
          ))}
      </p>
      {row.waiting !== undefined && (
        <p className="quiet proposal-why" data-testid="proposal-why">
          {row.waiting.reasons.map(reason => WAITING_TEXT[reason]).join(' · ')}
        </p>
      )}
    </>
  );
}

export function leftText(reviewBy: string, now: number): string {
  const at = msOf(reviewBy);
  if (at === undefined) return '';
  return at > now ? `expires in ${duration(at - now)}` : 'expired';
}
