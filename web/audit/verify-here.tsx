import { useEffect, useRef, useState } from 'react';
import type { CheckVerdict, Outcome, VerifyReport } from '../../src/audit/verify/report.ts';
import type { LogStatus } from '../../src/model/api.ts';
import { Inert } from '../parts/inert.tsx';
import { MomentText } from '../parts/time.tsx';
import { type Pinned, pin, pinnedFor, policyFor, unpin } from './pinned.ts';
import type { VerifyAnswer, VerifyRequest } from './verify-worker.ts';

type Run =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly files: number }
  | Exclude<VerifyAnswer, { kind: 'progress' }>;

/** Runs the verifier in a worker of this page; a new run ends the one before. */
export function useVerifier(): { readonly run: Run; readonly start: (request: VerifyRequest) => void } {
  const worker = useRef<Worker | undefined>(undefined);
  const [run, setRun] = useState<Run>({ kind: 'idle' });
  useEffect(() => () => worker.current?.terminate(), []);
  const start = (request: VerifyRequest) => {
    worker.current?.terminate();
    const fresh = new Worker(new URL('./verify-worker.ts', import.meta.url), { type: 'module' });
    worker.current = fresh;
    setRun({ kind: 'running', files: 0 });
    fresh.onmessage = (message: MessageEvent<VerifyAnswer>) => {
      const answer = message.data;
      setRun(answer.kind === 'progress' ? { kind: 'running', files: answer.files } : answer);
      if (answer.kind !== 'progress') fresh.terminate();
    };
    fresh.onerror = () => setRun({ kind: 'broken', because: 'the verifier did not load' });
    fresh.postMessage(request);
  };
  return { run, start };
}

/**
 * "Verify here": the same verifier as on the command line, in this browser, over the tiles that the server sends,
 * against the key that is pinned in this browser or typed in.
 */
export function VerifyHere({ log }: { readonly log: LogStatus }) {
  const [pinned, setPinned] = useState<Pinned | undefined>(() => pinnedFor(log.origin));
  const [typed, setTyped] = useState('');
  const { run, start } = useVerifier();
  const vkey = pinned?.vkey ?? typed.trim();
  const isForeign = pinned !== undefined && pinned.vkey !== log.vkey;
  useEffect(() => {
    // What held becomes what the next run must extend.
    if (run.kind === 'done' && run.report.outcome === 'verified' && run.checkpoint !== undefined) {
      const kept = { vkey, checkpoint: run.checkpoint, pinnedAt: pinned?.pinnedAt ?? new Date().toISOString() };
      pin(log.origin, kept);
      setPinned(kept);
    }
  }, [run, log.origin, vkey, pinned?.pinnedAt]);
  return (
    <section className="verify" aria-label="Verify here">
      <header className="panel-head">
        <h2>Verify here</h2>
        <span className="quiet">runs in your browser; believes the key below and nothing else of this server</span>
      </header>
      {pinned === undefined ? (
        <div className="stack">
          <label className="field">
            <span className="label">Log key that you trust</span>
            <input
              className="input mono"
              value={typed}
              onChange={event => setTyped(event.target.value)}
              placeholder="from the terminal, an auditor or a colleague; not from this page"
              spellCheck={false}
              autoComplete="off"
              data-testid="log-key"
            />
          </label>
          <p className="soft">
            The server says that its key is <code className="wrap">{log.vkey}</code>.{' '}
            <button type="button" className="btn-link" onClick={() => setTyped(log.vkey)} data-testid="use-server-key">
              Take it at its word, this once
            </button>
            : then a later change of the log is found, and a wrong key from the start is not.
          </p>
        </div>
      ) : (
        <p className="soft">
          Pinned in this browser <MomentText at={pinned.pinnedAt} />: <code className="wrap">{pinned.vkey}</code>{' '}
          <button
            type="button"
            className="btn-link"
            onClick={() => {
              unpin(log.origin);
              setPinned(undefined);
            }}
          >
            forget
          </button>
        </p>
      )}
      {isForeign && (
        <p className="outcome-failed" role="alert">
          The server now shows another key than the one that is pinned here. That is either a new installation or
          somebody else's log.
        </p>
      )}
      <div className="actions is-left">
        <button
          type="button"
          className="btn btn-primary"
          disabled={vkey === '' || run.kind === 'running'}
          onClick={() => start({ kind: 'log', policy: policyFor(vkey), since: pinned?.checkpoint })}
          data-testid="verify-here"
        >
          {run.kind === 'running' ? `Verifying… ${run.files} files` : 'Verify the whole log'}
        </button>
      </div>
      <div aria-live="polite">
        {run.kind === 'broken' && (
          <p className="outcome-failed" data-testid="verify-result" data-outcome="broken">
            No verdict: {run.because}.
          </p>
        )}
        {run.kind === 'done' && (
          <Report report={run.report} milliseconds={run.milliseconds} isWitnessed={log.isWitnessed} />
        )}
      </div>
    </section>
  );
}

const OUTCOME_TEXT: { readonly [O in Outcome]: string } = {
  verified: 'Verified',
  failed: 'Failed: something is not as it must be',
  unusable: 'Unusable: what was given cannot be checked',
  policy_not_met: 'It holds, but too few witnesses vouch for it',
};

const VERDICT_GLYPH: { readonly [V in CheckVerdict]: string } = { pass: '✓', fail: '✕', not_checked: '–' };

/** The report, check by check; what could not be checked is said as loudly as what could. */
export function Report({
  report,
  milliseconds,
  isWitnessed,
}: {
  readonly report: VerifyReport;
  readonly milliseconds: number;
  readonly isWitnessed: boolean;
}) {
  const made = report.checks.filter(check => check.verdict !== 'not_checked').length;
  return (
    <div className={`report report-${report.outcome}`} data-testid="verify-result" data-outcome={report.outcome}>
      <p className="report-outcome">
        <strong>{OUTCOME_TEXT[report.outcome]}</strong>
        <span className="quiet">
          {' '}
          {made} of {report.checks.length} checks made, in {Math.round(milliseconds).toLocaleString('en')} ms
          {report.summary !== undefined && `, ${report.summary.size.toLocaleString('en')} entries`}
        </span>
      </p>
      <ul className="report-checks">
        {report.checks.map(check => (
          <li
            key={check.number}
            className={`report-check is-${check.verdict}`}
            data-testid="verify-check"
            data-verdict={check.verdict}
          >
            <span aria-hidden="true">{VERDICT_GLYPH[check.verdict]}</span>
            <span className="report-name">{check.name.replace('_', ' ')}</span>
            <span>
              {check.verdict === 'not_checked' && <strong>not checked: </strong>}
              {check.verdict === 'fail' && <strong>fails: </strong>}
              <Inert text={check.detail} form="line" />
              {check.findings.map(finding => (
                <p key={`${finding.code}${finding.entry ?? ''}${finding.path ?? ''}`} className="soft">
                  <code>{finding.code}</code> <Inert text={finding.detail} form="line" />
                  {finding.entry !== undefined && ` (entry ${finding.entry})`}
                </p>
              ))}
            </span>
          </li>
        ))}
      </ul>
      <p className="soft">
        {!isWitnessed &&
          'Nobody outside has co-signed this log. If the operator had shown you one log and others another, this check alone would not tell: compare a checkpoint with somebody else, or set up witnesses. '}
        The code that checked came from this server, too; <code>npx countersign verify</code> from your own copy does
        not.
      </p>
    </div>
  );
}
