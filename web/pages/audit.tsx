import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { LogEntryRow, LogStatus } from '../../src/model/api.ts';
import { requestText, shownText } from '../api/client.ts';
import { logEntriesQuery, logQuery } from '../api/queries.ts';
import { pinnedFor, policyFor } from '../audit/pinned.ts';
import { Report, useVerifier, VerifyHere } from '../audit/verify-here.tsx';
import { Identifier, Inert } from '../parts/inert.tsx';
import { RawRecord } from '../parts/json-raw.tsx';
import { useKeys } from '../parts/keys.ts';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import '../styles/audit.css';

interface AuditSearch {
  readonly proposal?: string;
  readonly type?: string;
  readonly entry?: string;
}

/** The signed log: what happened, newest first, each entry with its proof; and the whole of it checked here. */
export function AuditPage() {
  const search: AuditSearch = useSearch({ from: '/audit' });
  const navigate = useNavigate();
  const log = useQuery(logQuery);
  const entries = useInfiniteQuery(logEntriesQuery({ proposal: search.proposal, type: search.type }));
  const rows = useMemo(() => entries.data?.pages.flatMap(page => page.rows) ?? [], [entries.data]);
  const [at, setAt] = useState(0);
  const go = (change: { readonly [K in keyof AuditSearch]: string | undefined }) =>
    void navigate({
      to: '/audit',
      search: old =>
        Object.fromEntries(
          Object.entries({ ...old, ...change }).filter(([, value]) => value !== undefined && value !== ''),
        ),
      replace: true,
      resetScroll: false,
    });
  const current = rows[Math.min(at, rows.length - 1)];
  useKeys([
    { keys: 'j', label: 'Next entry', run: () => setAt(Math.min(rows.length - 1, at + 1)) },
    { keys: 'k', label: 'Entry before', run: () => setAt(Math.max(0, at - 1)) },
    {
      keys: 'enter',
      label: 'Open the entry',
      run: () => current !== undefined && go({ entry: String(current.index) }),
    },
    {
      keys: 'v',
      label: 'Verify the whole log',
      run: () => document.querySelector<HTMLButtonElement>('[data-testid="verify-here"]')?.focus(),
    },
    { keys: 'esc', label: 'Close the entry', run: () => go({ entry: undefined }) },
  ]);
  const types = [...new Set(rows.map(row => row.type).concat(search.type ?? []))].sort();
  return (
    <main className="page audit">
      <div className="page-head">
        <h1>Audit</h1>
        {log.data !== undefined && <LogLine log={log.data} />}
      </div>
      {log.isError && <Failed error={log.error} what="the state of the log" retry={() => void log.refetch()} />}
      {log.data !== undefined && <VerifyHere log={log.data} />}
      <section aria-label="Entries" className="audit-entries">
        <header className="panel-head">
          <h2>Entries</h2>
          <label>
            <span className="visually-hidden">Type</span>
            <select
              className="input"
              value={search.type ?? ''}
              onChange={event => go({ type: event.target.value, entry: undefined })}
              data-testid="audit-type"
            >
              <option value="">every type</option>
              {types.map(type => (
                <option key={type} value={type}>
                  {type}
                </option>
              ))}
            </select>
          </label>
          {search.proposal !== undefined && (
            <span className="filter is-set">
              only{' '}
              <Link to="/proposals/$id" params={{ id: search.proposal }} className="mono">
                {search.proposal.slice(0, 12)}…
              </Link>{' '}
              <button type="button" className="btn-link" onClick={() => go({ proposal: undefined, entry: undefined })}>
                show all
              </button>
            </span>
          )}
        </header>
        {entries.isPending && <Loading what="the entries" />}
        {entries.isError && rows.length === 0 && (
          <Failed error={entries.error} what="the entries" retry={() => void entries.refetch()} />
        )}
        {entries.isSuccess && rows.length === 0 && <Empty title="No entry matches" />}
        <ol className="entries">
          {rows.map((row, index) => (
            <Entry
              key={row.index}
              row={row}
              log={log.data}
              isCurrent={index === at}
              isOpen={search.entry === String(row.index)}
              onToggle={() => go({ entry: search.entry === String(row.index) ? undefined : String(row.index) })}
            />
          ))}
        </ol>
        {entries.hasNextPage && (
          <button
            type="button"
            className="btn"
            onClick={() => void entries.fetchNextPage()}
            disabled={entries.isFetchingNextPage}
          >
            Older
          </button>
        )}
      </section>
    </main>
  );
}

function LogLine({ log }: { readonly log: LogStatus }) {
  return (
    <p className="soft" data-testid="log-status">
      <span className="mono wrap">{log.origin}</span> · {log.size.toLocaleString('en')} entries
      {log.pending > 0 && ` · ${log.pending} waiting to be signed`} ·{' '}
      {log.isWitnessed ? 'co-signed by witnesses' : 'unwitnessed: only this installation signs it'}
    </p>
  );
}

interface EntryProps {
  readonly row: LogEntryRow;
  readonly log: LogStatus | undefined;
  readonly isCurrent: boolean;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Entry({ row, log, isCurrent, isOpen, onToggle }: EntryProps) {
  return (
    <li
      className={`entry${isCurrent ? ' is-current' : ''}`}
      data-testid="log-entry"
      data-index={row.index}
      data-type={row.type}
    >
      <button type="button" className="entry-line" aria-expanded={isOpen} onClick={onToggle}>
        <span className="entry-index mono quiet">#{row.index}</span>
        <span className="quiet nowrap entry-at">
          <MomentText at={row.at} />
        </span>
        <span className="badge entry-type">{row.type}</span>
        <span className="entry-says">
          <Inert text={row.says} form="line" />
        </span>
      </button>
      {isOpen && (
        <div className="entry-open">
          <p className="soft">
            leaf hash <Identifier text={row.leafHash} head={16} tail={8} />
          </p>
          <AsSignedLink row={row} />
          <RawRecord raw={row.text} cited={[]} form="parsed" />
          {log !== undefined && <Inclusion row={row} log={log} />}
        </div>
      )}
    </li>
  );
}

/** From the entry of a review to what was on the screen when it was signed. */
function AsSignedLink({ row }: { readonly row: LogEntryRow }) {
  if (row.type !== 'review.signed') return null;
  const [, review] = /"review":"(rev_[0-9a-z]{1,32})"/.exec(row.text) ?? [];
  const [, proposal] = /"proposal":"(prp_[0-9a-z]{1,32})"/.exec(row.text) ?? [];
  if (review === undefined || proposal === undefined) return null;
  return (
    <p>
      <Link to="/proposals/$id/signed/$review" params={{ id: proposal, review }} data-testid="entry-as-signed">
        what they saw when they signed
      </Link>
    </p>
  );
}

/** That this entry stands in the log: the receipt of the server, checked here. */
function Inclusion({ row, log }: { readonly row: LogEntryRow; readonly log: LogStatus }) {
  const receipt = useQuery({
    queryKey: ['receipt', row.index, log.size],
    queryFn: () => requestText(`/api/v1/log/proof/${row.index}`),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { run, start } = useVerifier();
  const vkey = pinnedFor(log.origin)?.vkey ?? log.vkey;
  const isPinned = pinnedFor(log.origin) !== undefined;
  return (
    <div className="inclusion">
      <div className="actions is-left">
        <button
          type="button"
          className="btn"
          disabled={receipt.data === undefined || run.kind === 'running'}
          onClick={() =>
            receipt.data !== undefined &&
            start({ kind: 'receipt', policy: policyFor(vkey), receipt: receipt.data, entry: row.text })
          }
          data-testid="prove-entry"
        >
          Check its inclusion here
        </button>
        {receipt.data !== undefined && <SaveReceipt text={receipt.data} index={row.index} />}
        <span className="quiet">
          {isPinned ? 'against the key pinned in this browser' : 'against the key that the server names; pin one above'}
        </span>
      </div>
      {receipt.isError && <p className="outcome-failed">No receipt: {shownText(receipt.error)}</p>}
      {run.kind === 'broken' && <p className="outcome-failed">No verdict: {run.because}.</p>}
      {run.kind === 'done' && (
        <Report report={run.report} milliseconds={run.milliseconds} isWitnessed={log.isWitnessed} />
      )}
    </div>
  );
}

function SaveReceipt({ text, index }: { readonly text: string; readonly index: number }) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `entry-${index}.tlog-proof`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1_000);
  };
  return (
    <button type="button" className="btn" onClick={save}>
      Save the receipt
    </button>
  );
}
