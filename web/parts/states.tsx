import { Link } from '@tanstack/react-router';
import { type ReactNode, useEffect, useState } from 'react';
import { becauseText, RequestFailed, shownText } from '../api/client.ts';
import { Inert } from './inert.tsx';

const SKELETON_AFTER_MS = 300;

/** Nothing for 300 ms, then the shape of what will stand here. Said to a screen reader at once. */
export function Loading({ rows = 6, what }: { readonly rows?: number; readonly what: string }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), SKELETON_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" className="loading">
      <span className="visually-hidden">Loading {what}</span>
      {isLate &&
        Array.from({ length: rows }, (_, i) => i).map(i => <div key={i} className="skeleton" aria-hidden="true" />)}
    </div>
  );
}

/** The same for a whole page, whose place is already known. */
export function PageLoading({ title, what }: { readonly title: string; readonly what: string }) {
  return (
    <main className="page">
      <h1 className="visually-hidden">{title}</h1>
      <Loading what={what} rows={12} />
    </main>
  );
}

/** Nothing is here, and that is an answer. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty" data-testid="empty">
      <p className="empty-title">{title}</p>
      {children !== undefined && <div className="soft">{children}</div>}
    </div>
  );
}

interface FailedProps {
  readonly error: unknown;
  readonly what: string;
  readonly retry?: () => void;
}

/** It could not be read: never to be mistaken for empty. */
export function Failed({ error, what, retry }: FailedProps) {
  const requestId = error instanceof RequestFailed ? error.failure.requestId : '';
  return (
    <div className="failed" role="alert" data-testid="failed">
      <p>
        <strong>Could not read {what}.</strong> {shownText(error)}
      </p>
      <p className="soft">
        What is shown elsewhere on this page may be older than it looks.{' '}
        {requestId !== '' && (
          <>
            Request <code>{requestId}</code>.
          </>
        )}
      </p>
      {retry !== undefined && (
        <button type="button" className="btn" onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}

/**
 * The same for a whole page whose address names one thing. Where there is no such thing the server has answered:
 * asking again would change nothing, and nothing here is old.
 */
export function PageFailed(props: FailedProps) {
  const isAbsent = props.error instanceof RequestFailed && props.error.failure.code === 'not_found';
  return (
    <main className="page">
      {isAbsent ? (
        <div className="empty" role="alert" data-testid="absent">
          <h1 className="empty-title">There is nothing under that name</h1>
          <p className="soft">
            The address of {props.what} may be mistyped. <Link to="/">Go to the queue</Link>.
          </p>
        </div>
      ) : (
        <Failed {...props} />
      )}
    </main>
  );
}

/** Part of an answer is missing or old: said in place. */
export function Degraded({ children }: { readonly children: ReactNode }) {
  return (
    <p className="degraded" role="status">
      <span className="gap-swatch hatch" aria-hidden="true" /> <span>{children}</span>
    </p>
  );
}

/** The outcome of what a person just did, or why it did not happen. */
export function Outcome({ error }: { readonly error: unknown }) {
  if (error === null || error === undefined) return null;
  return (
    <p className="outcome-failed" role="alert" data-testid="outcome-failed">
      {shownText(error)}
      {becauseText(error) !== '' && (
        <>
          {' '}
          <Inert text={becauseText(error)} form="line" />
        </>
      )}
    </p>
  );
}
