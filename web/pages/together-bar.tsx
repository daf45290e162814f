import { Link } from '@tanstack/react-router';
import { BATCH_MAX, BATCH_MIN } from '../../src/core/decide/batch.ts';
import type { ProposalRow } from '../../src/model/api.ts';

interface TogetherBarProps {
  /** In the order in which they were selected. */
  readonly rows: readonly ProposalRow[];
  readonly onClear: () => void;
}

/** What was selected in the inbox, and whether one signature may cover it. */
export function TogetherBar({ rows, onClear }: TogetherBarProps) {
  const obstacle = obstacleOf(rows);
  return (
    <div className="together-bar" data-testid="together-bar">
      <span>{rows.length} selected</span>
      {obstacle === undefined ? (
        <Link
          to="/together"
          search={{ ids: rows.map(row => row.id).join(',') }}
          className="btn btn-primary"
          data-testid="together-open"
        >
          Look at all {rows.length} and sign together…
        </Link>
      ) : (
        <span className="gap-text" data-testid="together-obstacle">
          {obstacle}
        </span>
      )}
      <button type="button" className="btn-link" onClick={onClear}>
        clear
      </button>
    </div>
  );
}

/** Why one signature may not cover these; the server and the executor decide by themselves. */
function obstacleOf(rows: readonly ProposalRow[]): string | undefined {
  const [first] = rows;
  if (first === undefined) return 'Nothing is selected.';
  if (BATCH_MAX[first.tier] === 0) return `${first.tier} is signed one at a time.`;
  const other = rows.find(row => row.operation !== first.operation || row.tier !== first.tier);
  if (other !== undefined) return 'Only proposals of one operation and one tier are signed together.';
  if (rows.length < BATCH_MIN) return 'Select one more of the same operation and tier.';
  if (rows.length > BATCH_MAX[first.tier])
    return `At most ${BATCH_MAX[first.tier]} of ${first.tier} are signed together.`;
  return rows.some(row => row.mySeat !== 'can_review') ? 'You have no seat in one of them.' : undefined;
}
