import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { IncidentRow } from '../../src/model/incident.ts';
import { useLive } from '../api/live.ts';
import { incidentsHeadQuery, incidentsQuery, type QueueFilter } from '../api/queries.ts';
import { useKeys } from '../parts/keys.ts';
import { Empty, Failed, Loading, Outcome } from '../parts/states.tsx';
import { BulkBar } from './queue-bulk.tsx';
import { QueueFilters } from './queue-filters.tsx';
import { QueueRow } from './queue-row.tsx';
import { useTake } from './queue-take.ts';
import '../styles/queue.css';

const ROW_PX = 57;
const NARROW_ROW_PX = 92;

/** The incidents, worst first. Rows never move under the cursor: what is new is announced and comes when asked for. */
export function QueuePage() {
  const filter: QueueFilter = useSearch({ from: '/' });
  const navigate = useNavigate();
  const incidents = useInfiniteQuery(incidentsQuery(filter));
  const rows = useMemo(() => incidents.data?.pages.flatMap(page => page.rows) ?? [], [incidents.data]);
  const first = incidents.data?.pages[0];
  const [at, setAt] = useState(0);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const take = useTake();
  const open = useCallback((id: string) => void navigate({ to: '/incidents/$id', params: { id } }), [navigate]);
  const current = rows[Math.min(at, rows.length - 1)];
  const toggle = useCallback(
    (id: string) =>
      setSelected(old => (old.has(id) ? new Set([...old].filter(other => other !== id)) : new Set([...old, id]))),
    [],
  );
  const { mutate } = take;
  const takeRow = useCallback((id: string) => mutate(id), [mutate]);
  const toTop = useCallback(() => setAt(0), []);
  const setFilter = (change: Partial<QueueFilter>) => {
    setAt(0);
    void navigate({ to: '/', search: old => cleaned({ ...old, ...change }), replace: true });
  };
  useKeys([
    { keys: 'j', label: 'Next row', run: () => setAt(Math.min(rows.length - 1, at + 1)) },
    { keys: 'k', label: 'Row before', run: () => setAt(Math.max(0, at - 1)) },
    { keys: 'enter', label: 'Open the incident', run: () => current !== undefined && open(current.id) },
    { keys: 'x', label: 'Select the row', run: () => current !== undefined && toggle(current.id) },
    {
      keys: 't',
      label: 'Take the incident',
      run: () => current !== undefined && take.mutate(current.id),
    },
    { keys: 'f', label: 'Filter by text', run: () => document.getElementById('queue-text')?.focus() },
  ]);
  const isFiltered = Object.entries(filter).some(([name, value]) => name !== 'sort' && value !== undefined);
  return (
    <main className="page queue">
      <div className="page-head">
        <h1>Queue</h1>
        <p className="soft" data-testid="queue-counts">
          {first !== undefined && (
            <>
              {first.openTotal.toLocaleString('en')} open · {first.unownedHigh.toLocaleString('en')} unowned high
              {isFiltered && first.total !== undefined && ` · ${matchText(filter, first.total, first.openTotal)}`}
            </>
          )}
        </p>
        <Arrivals filter={filter} shown={rows} onShow={toTop} />
        <span className="spacer" />
        <QueueFilters
          filter={filter}
          sources={first?.sources ?? []}
          owners={first?.owners ?? []}
          onChange={setFilter}
        />
      </div>
      <Outcome error={take.error} />
      {selected.size > 0 && <BulkBar selected={selected} rows={rows} onDone={() => setSelected(new Set())} />}
      {incidents.isPending && <Loading what="the queue" rows={10} />}
      {incidents.isError && rows.length === 0 && (
        <Failed error={incidents.error} what="the queue" retry={() => void incidents.refetch()} />
      )}
      {incidents.isSuccess && rows.length === 0 && (
        <QueueEmpty isFiltered={isFiltered} onClear={() => void navigate({ to: '/', search: {} })} />
      )}
      {rows.length > 0 && (
        <Rows
          rows={rows}
          at={Math.min(at, rows.length - 1)}
          selected={selected}
          onPoint={setAt}
          onOpen={open}
          onToggle={toggle}
          onTake={takeRow}
          more={
            incidents.hasNextPage && !incidents.isFetchingNextPage ? () => void incidents.fetchNextPage() : undefined
          }
        />
      )}
    </main>
  );
}

function matchText({ state }: QueueFilter, total: number, openTotal: number): string {
  const shown = total.toLocaleString('en');
  return state === 'closed' ? `${shown} closed match` : `${shown} of ${openTotal.toLocaleString('en')} match`;
}

function cleaned(filter: QueueFilter): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(filter).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '',
    ),
  );
}

function QueueEmpty({ isFiltered, onClear }: { readonly isFiltered: boolean; readonly onClear: () => void }) {
  return isFiltered ? (
    <Empty title="No incident matches these filters">
      <button type="button" className="btn" onClick={onClear}>
        Show all
      </button>
    </Empty>
  ) : (
    <Empty title="No open incidents">
      <p>
        Either nothing happened or nothing was heard: see Health for what the sources sent. To bring alerts in, run{' '}
        <code>npx countersign ingest FILE</code>.
      </p>
    </Empty>
  );
}

/** Says how many incidents came or changed since the list was read, and shows them when asked. Its place moves no row. */
function Arrivals({
  filter,
  shown,
  onShow,
}: {
  readonly filter: QueueFilter;
  readonly shown: readonly IncidentRow[];
  readonly onShow: () => void;
}) {
  const { news } = useLive();
  const cache = useQueryClient();
  const [seen, setSeen] = useState(news);
  const head = useQuery(incidentsHeadQuery(filter, news - seen));
  const shownAt = useMemo(() => new Map(shown.map(row => [row.id, row.updatedAt])), [shown]);
  const fresh = (head.data?.rows ?? []).filter(row => !shownAt.has(row.id)).length;
  const changed = (head.data?.rows ?? []).filter(
    row => shownAt.has(row.id) && shownAt.get(row.id) !== row.updatedAt,
  ).length;
  const show = useCallback(() => {
    setSeen(news);
    onShow();
    void cache.resetQueries({ queryKey: ['incidents'] });
  }, [cache, news, onShow]);
  const isNothingShown = shown.length === 0;
  useEffect(() => {
    // Nothing is on screen that could move.
    if (isNothingShown && fresh > 0) show();
  }, [isNothingShown, fresh, show]);
  useKeys([{ keys: '.', label: 'Show what is new', run: show }]);
  if (news === seen || (fresh === 0 && changed === 0)) return <div role="status" />;
  return (
    <div role="status" className="arrivals">
      <button type="button" className="arrivals-button" onClick={show} data-testid="arrivals">
        {[fresh > 0 ? `${fresh} new` : '', changed > 0 ? `${changed} changed` : '']
          .filter(text => text !== '')
          .join(', ')}
        . Show <kbd>.</kbd>
      </button>
    </div>
  );
}

interface RowsProps {
  readonly rows: readonly IncidentRow[];
  readonly at: number;
  readonly selected: ReadonlySet<string>;
  readonly onPoint: (index: number) => void;
  readonly onOpen: (id: string) => void;
  readonly onToggle: (id: string) => void;
  readonly onTake: (id: string) => void;
  readonly more: (() => void) | undefined;
}

const MORE_BEFORE_END = 40;

function Rows({ rows, at, selected, onPoint, onOpen, onToggle, onTake, more }: RowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const isNarrow = useIsNarrow();
  const rowPx = isNarrow ? NARROW_ROW_PX : ROW_PX;
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowPx,
    overscan: 12,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the row height changes
  useEffect(() => virtual.measure(), [rowPx]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls when the cursor moves, not when the list is measured
  useEffect(() => virtual.scrollToIndex(at, { align: 'auto' }), [at]);
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more !== undefined && last >= rows.length - MORE_BEFORE_END) more();
  }, [more, last, rows.length]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section ref={box} className="queue-scroll" tabIndex={0} aria-label={`Incidents, ${rows.length} loaded`}>
      <ul className="queue-list" style={{ height: virtual.getTotalSize() }}>
        {items.map(item => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <li key={row.id} className="queue-item" style={{ transform: `translateY(${item.start}px)`, height: rowPx }}>
              <QueueRow
                row={row}
                isCurrent={item.index === at}
                isSelected={selected.has(row.id)}
                index={item.index}
                onPoint={onPoint}
                onOpen={onOpen}
                onToggle={onToggle}
                onTake={onTake}
              />
            </li>
          );
        })}
      </ul>
    </section>
  );
}

const NARROW = '(max-width: 720px)';

function useIsNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => window.matchMedia(NARROW).matches);
  useEffect(() => {
    const query = window.matchMedia(NARROW);
    const hear = () => setNarrow(query.matches);
    query.addEventListener('change', hear);
    return () => query.removeEventListener('change', hear);
  }, []);
  return isNarrow;
}
