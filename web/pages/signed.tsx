import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import {
  type AsSignedView,
  checkAsSigned,
  type SignedReport,
  type SignedStepName,
} from '../../src/audit/verify/as-signed.ts';
import type { LogStatus } from '../../src/model/api.ts';
import { requestText } from '../api/client.ts';
import { asSignedQuery, logQuery } from '../api/queries.ts';
import { pinnedFor, policyFor } from '../audit/pinned.ts';
import { signatures } from '../audit/signature-checks.ts';
import { useVerifier } from '../audit/verify-here.tsx';
import { readShown } from '../crypto/shown.ts';
import { Identifier, Inert } from '../parts/inert.tsx';
import { Loading, PageFailed, PageLoading } from '../parts/states.tsx';
import { SignedPresentation } from './signed-presentation.tsx';
import '../styles/review.css';
import '../styles/conversation.css';

/** What one person had before them when they signed, from the bytes that are kept, and whether those are what was signed. */
export function SignedPage() {
  const { id, review } = useParams({ from: '/proposals/$id/signed/$review' });
  const signed = useQuery(asSignedQuery(review));
  const report = useQuery({
    // By what is checked: other bytes are checked anew.
    queryKey: ['as-signed-report', review, signed.data],
    queryFn: () => (signed.data === undefined ? null : checkAsSigned(signed.data.kept, signed.data.keys, signatures)),
    enabled: signed.data !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (signed.isPending) return <PageLoading title="As signed" what="what was signed" />;
  if (signed.data === undefined)
    return <PageFailed error={signed.error} what="what was signed" retry={() => void signed.refetch()} />;
  const { kept, by } = signed.data;
  return (
    <main
      className="page review signed"
      data-testid="signed"
      data-holds={report.data === undefined || report.data === null ? 'unknown' : report.data.holds ? 'yes' : 'no'}
    >
      <div className="page-head review-head">
        <h1>
          As <Inert text={by} form="line" /> saw it
        </h1>
        <div className="review-ids">
          <Link to="/proposals/$id" params={{ id }}>
            the proposal
          </Link>
          <span className="quiet">revision {kept.revision}</span>
          <Identifier text={kept.review} />
          {signed.data.logIndex !== undefined && (
            <Link to="/audit" search={{ entry: String(signed.data.logIndex) }}>
              log #{signed.data.logIndex}
            </Link>
          )}
          <SaveSigned view={signed.data} />
        </div>
      </div>
      {report.data === undefined || report.data === null ? (
        <Loading rows={3} what="the check" />
      ) : (
        <Steps report={report.data} view={signed.data} />
      )}
      <Shown view={signed.data} holds={report.data?.holds === true} />
    </main>
  );
}

const STEP_TEXT: { readonly [N in SignedStepName]: string } = {
  entry: 'The log’s entry of it',
  key: 'Whose key',
  signature: 'Its signature',
  challenge: 'What was signed',
  intent: 'The intent',
  act: 'The act',
  presentation: 'What was shown',
};

const VERDICTS = {
  pass: ['✓', 'holds', 'step-pass'],
  fail: ['✕', 'does not hold', 'step-fail'],
  not_checked: ['–', 'not checked', 'step-open'],
} as const;

function Steps({ report, view }: { readonly report: SignedReport; readonly view: AsSignedView }) {
  const log = useQuery(logQuery);
  return (
    <section className="review-section" aria-label="From the signature to the bytes">
      <header className="panel-head">
        <h2>From the signature to the bytes</h2>
        <span className="quiet">each step worked out in this browser</span>
      </header>
      {!report.holds && (
        <p className="failed" role="alert" data-testid="signed-differs">
          <strong>This is not shown to be what was signed.</strong> The steps below say where it parts.
        </p>
      )}
      <ol className="steps">
        {report.steps.map(({ name, verdict, detail, expected, found }) => {
          const [glyph, word, className] = VERDICTS[verdict];
          return (
            <li
              key={name}
              className={`step ${className}`}
              data-testid="signed-step"
              data-step={name}
              data-verdict={verdict}
            >
              <span className="step-sign" aria-hidden="true">
                {glyph}
              </span>
              <span className="step-name">
                {STEP_TEXT[name]}
                <span className="visually-hidden"> {word}: </span>
              </span>
              <span>
                <Inert text={detail} form="line" />
                {expected !== undefined && (
                  <span className="step-digests quiet">
                    signed <Identifier text={expected} head={12} tail={8} />
                    {found !== expected && (
                      <>
                        {' '}
                        kept <Identifier text={found ?? ''} head={12} tail={8} />
                      </>
                    )}
                  </span>
                )}
              </span>
            </li>
          );
        })}
        {log.data !== undefined && view.logIndex !== undefined && (
          <Included log={log.data} index={view.logIndex} entry={view.kept.entry} />
        )}
      </ol>
      <p className="quiet">
        The keys of people come from this server here. “Verify here” on <Link to="/audit">Audit</Link> follows each to
        the first link; <code>countersign verify LOG --policy FILE --signed FILE</code> does all of it without this
        server.
      </p>
    </section>
  );
}

/** That the entry which all of it rests on stands in the log, by its receipt and the key that is pinned here. */
function Included({ log, index, entry }: { readonly log: LogStatus; readonly index: number; readonly entry: string }) {
  const receipt = useQuery({
    queryKey: ['receipt', index, log.size],
    queryFn: () => requestText(`/api/v1/log/proof/${index}`),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { run, start } = useVerifier();
  const pinned = pinnedFor(log.origin)?.vkey;
  const text = receipt.data;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `start` is made anew each time, and is the same.
  useEffect(() => {
    if (text !== undefined) start({ kind: 'receipt', policy: policyFor(pinned ?? log.vkey), receipt: text, entry });
  }, [text, entry, pinned, log.vkey]);
  const verdict = run.kind !== 'done' ? 'not_checked' : run.report.outcome === 'verified' ? 'pass' : 'fail';
  const [glyph, word, className] = VERDICTS[verdict];
  return (
    <li className={`step ${className}`} data-testid="signed-step" data-step="included" data-verdict={verdict}>
      <span className="step-sign" aria-hidden="true">
        {glyph}
      </span>
      <span className="step-name">
        Its place in the log<span className="visually-hidden"> {word}: </span>
      </span>
      <span>
        entry {index} of {log.size}, under a signed checkpoint, by{' '}
        {pinned === undefined
          ? 'the key that this server names; pin one on Audit'
          : 'the key that is pinned in this browser'}
      </span>
    </li>
  );
}

/** The bytes, drawn by the templates of the review page; where they cannot be read, as they are. */
function Shown({ view, holds }: { readonly view: AsSignedView; readonly holds: boolean }) {
  const shown = readShown(view.kept.presentation, view.kept.act);
  return (
    <section className={holds ? 'signed-shown' : 'signed-shown is-broken'} aria-label="What was shown">
      {shown !== undefined ? (
        <SignedPresentation presentation={shown.presentation} act={shown.act} />
      ) : (
        <div className="review-section" data-testid="signed-unreadable">
          <p className="failed">What is kept cannot be read as what the page shows. As it is:</p>
          <p className="talk-text">
            <Inert text={view.kept.presentation} keepLines />
          </p>
        </div>
      )}
    </section>
  );
}

function SaveSigned({ view }: { readonly view: AsSignedView }) {
  const save = () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(view.kept)], { type: 'application/json' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = `${view.kept.review}.signed.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1_000);
  };
  return (
    <button type="button" className="btn-link" onClick={save} data-testid="save-signed">
      save it as a file
    </button>
  );
}
