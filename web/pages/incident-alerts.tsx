import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { AlertRow } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { incidentAlertsQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { drawn } from '../parts/inert-text.ts';
import { SeverityMark } from '../parts/marks.tsx';
import { Empty, Failed, Loading, Outcome } from '../parts/states.tsx';
import { duration, Moment } from '../parts/time.tsx';

interface IncidentAlertsProps {
  readonly id: string;
  readonly go: (change: {
    readonly e?: string;
    readonly s?: undefined;
    readonly p?: string | undefined;
    readonly v?: string | undefined;
  }) => void;
}

const ROW_PX = 52;
const PANEL_PX_MAX = 460;
const LATE_MS = 5 * 60_000;
/** ATT&CK techniques that a row has room for. */
const TECHNIQUES_SHOWN = 2;

/** Every alert of the incident and why it stands here; a wrong one can be taken out, which can be undone. */
export function IncidentAlerts({ id, go }: IncidentAlertsProps) {
  const alerts = useInfiniteQuery(incidentAlertsQuery(id));
  const rows = useMemo(() => alerts.data?.pages.flatMap(page => page.rows) ?? [], [alerts.data]);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const box = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = alerts;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && last >= rows.length - 20) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage, last, rows.length]);
  if (alerts.isPending) return <Loading what="the alerts" />;
  if (alerts.isError && rows.length === 0)
    return <Failed error={alerts.error} what="the alerts" retry={() => void alerts.refetch()} />;
  if (rows.length === 0)
    return (
      <Empty title="No alerts are left in this incident">
        They were merged or detached; the log says when and by whom.
      </Empty>
    );
  return (
    <>
      <SplitBar
        id={id}
        selected={selected}
        total={alerts.data?.pages[0]?.total ?? rows.length}
        duplicates={rows.reduce((sum, row) => sum + row.duplicates, 0)}
        onDone={() => setSelected(new Set())}
      />
      <section
        style={{ height: Math.min(rows.length * ROW_PX + 1, PANEL_PX_MAX) }}
        ref={box}
        className="alerts-scroll"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label="Alerts of this incident"
      >
        <ul style={{ height: virtual.getTotalSize() }} className="queue-list">
          {items.map(item => {
            const row = rows[item.index];
            return row === undefined ? null : (
              <li
                key={row.id}
                className="queue-item"
                style={{ transform: `translateY(${item.start}px)`, height: ROW_PX }}
              >
                <Alert
                  row={row}
                  isSelected={selected.has(row.id)}
                  onToggle={() =>
                    setSelected(old =>
                      old.has(row.id) ? new Set([...old].filter(other => other !== row.id)) : new Set([...old, row.id]),
                    )
                  }
                  onOpen={() => go({ e: row.evidence, s: undefined, p: undefined, v: undefined })}
                />
              </li>
            );
          })}
        </ul>
      </section>
    </>
  );
}

function Alert({
  row,
  isSelected,
  onToggle,
  onOpen,
}: {
  readonly row: AlertRow;
  readonly isSelected: boolean;
  readonly onToggle: () => void;
  readonly onOpen: () => void;
}) {
  const lateMs = row.receivedAt - row.activityAt;
  return (
    <div className="alert-row" data-testid="alert-row">
      <input type="checkbox" checked={isSelected} onChange={onToggle} aria-label={`Select ${drawn(row.title)}`} />
      <span className="alert-time quiet">
        <Moment at={row.activityAt} />
        {lateMs > LATE_MS && (
          <span className="gap-text" title={`Heard ${duration(lateMs)} after it happened`}>
            late
          </span>
        )}
      </span>
      <SeverityMark severity={row.severity} />
      <div className="alert-what">
        <button type="button" className="btn-link clip alert-title" onClick={onOpen}>
          <Inert text={row.title} form="line" />
        </button>
        <p className="quiet clip" title={drawn(whyText(row))}>
          {row.techniques.slice(0, TECHNIQUES_SHOWN).map(({ id, name, tactics }) => (
            <span
              key={id}
              className="technique"
              title={`${id} ${name}${tactics.length > 0 ? `: ${tactics.map(tactic => tactic.replaceAll('-', ' ')).join(', ')}` : ''}`}
              data-testid="technique"
            >
              <span className="mono">{id}</span> {name}
            </span>
          ))}
          {row.techniques.length > TECHNIQUES_SHOWN && `+${row.techniques.length - TECHNIQUES_SHOWN} · `}
          <Inert text={whyText(row)} form="line" />
        </p>
      </div>
      <span className="mono quiet clip alert-product">{row.product}</span>
    </div>
  );
}

const SUPPRESSION_TEXT = {
  suppressed: 'suppressed',
  graver: 'its rule is suppressed here, and it counts: it is graver than what people looked at',
  critical: 'its rule is suppressed here, and it counts: the inventory calls what it names critical',
} as const;

/** Why it stands here, what it was not joined to and why not, and what was folded into it. */
function whyText({ because, duplicates, suppression }: AlertRow): string {
  const isApart = ({ kind }: AlertRow['because'][number]) => kind === 'not_joined' || kind === 'kept_apart';
  const joined = because.filter(reason => !isApart(reason)).map(reason => reason.text);
  const apart = because.filter(isApart).map(reason => reason.text);
  return [
    ...(suppression === undefined ? [] : [SUPPRESSION_TEXT[suppression]]),
    ...(joined.length === 0 ? ['no reason recorded'] : joined),
    ...(apart.length === 0 ? [] : [`not joined: ${apart.join('; ')}`]),
    ...(duplicates === 0 ? [] : [`${duplicates} duplicates folded in`]),
  ].join(' · ');
}

interface SplitBarProps {
  readonly id: string;
  readonly selected: ReadonlySet<string>;
  readonly total: number;
  readonly duplicates: number;
  readonly onDone: () => void;
}

function SplitBar({ id, selected, total, duplicates, onDone }: SplitBarProps) {
  const cache = useQueryClient();
  const move = useMutation({
    mutationFn: () => {
      const [only, ...others] = [...selected];
      return others.length === 0
        ? request('POST', `/api/v1/incidents/${id}/detach`, { alert: only })
        : request('POST', `/api/v1/incidents/${id}/split`, { alerts: [...selected] });
    },
    onSuccess: () => {
      onDone();
      void cache.invalidateQueries({ queryKey: ['incident', id] });
    },
  });
  return (
    <div className="split-bar">
      <span className="quiet">
        {selected.size === 0
          ? `${total.toLocaleString('en')} ${total === 1 ? 'alert' : 'alerts'} by when they happened${duplicates > 0 ? `, ${duplicates.toLocaleString('en')} duplicates folded into them` : ''}`
          : `${selected.size} of ${total.toLocaleString('en')} selected`}
      </span>
      {selected.size > 0 && (
        <button
          type="button"
          className="btn"
          disabled={move.isPending}
          onClick={() => move.mutate()}
          title="They become an incident of their own. It can be undone in the log."
        >
          {selected.size === 1 ? 'Detach into its own incident' : 'Split into a new incident'}
        </button>
      )}
      <Outcome error={move.error} />
    </div>
  );
}
