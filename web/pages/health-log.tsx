import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { logQuery } from '../api/queries.ts';
import { Failed, Loading } from '../parts/states.tsx';

/** What somebody needs to check the log without this installation: its key, and the policy file that holds it. */
export function LogKey() {
  const log = useQuery(logQuery);
  const [isCopied, setCopied] = useState(false);
  return (
    <section className="health-section" aria-label="Verification key">
      <h2>Verification key of the log</h2>
      {log.isPending && <Loading what="the key of the log" rows={2} />}
      {log.isError && <Failed error={log.error} what="the key of the log" retry={() => void log.refetch()} />}
      {log.data !== undefined && (
        <>
          <p>
            <code className="wrap" data-testid="log-vkey">
              {log.data.vkey}
            </code>
          </p>
          <p className="soft">
            Keep this as a file on another machine, and compare it with <code>log-policy</code> in the data directory: a
            key that comes only from the server that it checks proves little. Then{' '}
            <code>npx countersign verify {location.origin}/log --policy FILE</code>.
          </p>
          <pre className="log-policy" data-testid="log-policy">
            {log.data.policy}
          </pre>
          <p>
            <button
              type="button"
              className="btn"
              onClick={() => void navigator.clipboard.writeText(log.data.policy).then(() => setCopied(true))}
              data-testid="copy-log-policy"
            >
              {isCopied ? 'Copied' : 'Copy the policy file'}
            </button>
          </p>
        </>
      )}
    </section>
  );
}
