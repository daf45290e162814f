import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { IncidentRow } from '../../src/model/incident.ts';
import { request } from '../api/client.ts';
import { Outcome } from '../parts/states.tsx';

interface BulkBarProps {
  readonly selected: ReadonlySet<string>;
  readonly rows: readonly IncidentRow[];
  readonly onDone: () => void;
}

/** What can be done to several incidents at once: both are ours alone, reach no target, and can be undone. */
export function BulkBar({ selected, rows, onDone }: BulkBarProps) {
  const cache = useQueryClient();
  const ids = rows.filter(row => selected.has(row.id)).map(row => row.id);
  const [into, ...others] = ids;
  const done = {
    onSuccess: () => {
      onDone();
      void cache.resetQueries({ queryKey: ['incidents'] });
    },
  };
  const take = useMutation({
    mutationFn: async () => {
      for (const id of ids) await request('POST', `/api/v1/incidents/${id}/own`, { owner: 'me' });
    },
    ...done,
  });
  const merge = useMutation({
    mutationFn: async () => {
      for (const id of others)
        await request('POST', `/api/v1/incidents/${into}/merge`, {
          from: id,
          because: 'put together by hand in the queue',
        });
    },
    ...done,
  });
  return (
    <div className="bulk" data-testid="bulk">
      <span>
        {ids.length} of {rows.length} loaded {ids.length === 1 ? 'row is' : 'rows are'} selected
      </span>
      <button type="button" className="btn" disabled={take.isPending} onClick={() => take.mutate()}>
        Take
      </button>
      <button
        type="button"
        className="btn"
        disabled={ids.length < 2 || merge.isPending}
        onClick={() => merge.mutate()}
        title="Into the first selected row. It can be undone in the incident's log."
      >
        Merge into the first
      </button>
      <button type="button" className="btn-link" onClick={onDone}>
        clear
      </button>
      <Outcome error={take.error ?? merge.error} />
    </div>
  );
}
