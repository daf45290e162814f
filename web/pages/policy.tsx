import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import type { ProposalView } from '../../src/model/api.ts';
import type { PolicyCheck, PolicyView } from '../../src/model/api-policy.ts';
import { POLICY_CHARS_MAX } from '../../src/model/policy.ts';
import { request } from '../api/client.ts';
import { meQuery, policyQuery } from '../api/queries.ts';
import { Identifier, Inert } from '../parts/inert.tsx';
import { Empty, Failed, Outcome, PageLoading } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import '../styles/policy.css';
import '../styles/review.css';
import { PolicyEffect, PolicyProblems } from './policy-effect.tsx';

/** By which rules this installation goes, how they came to be, and the way to others: a file that is tried and then proposed. */
export function PolicyPage() {
  const policy = useQuery(policyQuery);
  const me = useQuery(meQuery);
  if (policy.isPending) return <PageLoading title="Policy" what="the policy" />;
  if (policy.isError) return <Failed error={policy.error} what="the policy" retry={() => void policy.refetch()} />;
  const view = policy.data;
  return (
    <main className="page policy">
      <div className="page-head">
        <h1>Policy</h1>
        <p className="soft" data-testid="policy-title">
          In force: <Inert text={view.title} form="line" />
        </p>
      </div>
      <OwnRules view={view} />
      <TryPolicy view={view} isAdministrator={me.data?.person?.roles.includes('administrator') === true} />
      <History view={view} />
      <BuiltIn view={view} />
    </main>
  );
}

function OwnRules({ view }: { readonly view: PolicyView }) {
  return (
    <section className="health-section" aria-label="Rules of this installation">
      <h2>Rules of this installation</h2>
      {view.lines.length === 0 ? (
        <Empty title="None of its own.">
          The built-in rules below hold. A policy file can ask for more than they do, and never for less.
        </Empty>
      ) : (
        <>
          <ul className="rule-list">
            {view.lines.map(line => (
              <li key={line.id} data-testid="policy-rule">
                <span className="mono soft">{line.id}</span>
                <Inert text={line.text} />
              </li>
            ))}
          </ul>
          <details className="act-details">
            <summary>the file, as it was signed</summary>
            <p className="quiet">
              SHA-256 <Identifier text={view.sha256} head={16} tail={8} />
            </p>
            <pre className="policy-text">
              <Inert text={view.text} form="line" keepLines />
            </pre>
          </details>
        </>
      )}
    </section>
  );
}

function TryPolicy({ view, isAdministrator }: { readonly view: PolicyView; readonly isAdministrator: boolean }) {
  const [text, setText] = useState('');
  const navigate = useNavigate();
  const tried = useMutation({
    mutationFn: () => request<PolicyCheck>('POST', '/api/v1/policy/check', { text }),
  });
  const propose = useMutation({
    mutationFn: () => request<ProposalView>('POST', '/api/v1/proposals', { kind: 'policy', text }),
    onSuccess: made => void navigate({ to: '/proposals/$id', params: { id: made.row.id } }),
  });
  const change = (next: string) => {
    setText(next);
    tried.reset();
    propose.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    tried.mutate();
  };
  const check = tried.data;
  return (
    <section className="health-section" aria-label="Another policy">
      <h2>Another policy</h2>
      <p className="soft">
        Trying a file changes nothing. Proposing it makes an act of two people, neither of whom brought it; whatever
        waits for signatures then has to be signed again.
      </p>
      <form className="stack policy-form" onSubmit={submit}>
        <label className="field">
          <span className="label">The file, YAML</span>
          <textarea
            className="input mono"
            rows={14}
            maxLength={POLICY_CHARS_MAX}
            value={text}
            onChange={event => change(event.target.value)}
            spellCheck={false}
            placeholder={PLACEHOLDER}
            data-testid="policy-text"
          />
        </label>
        <div className="actions is-left">
          <button
            type="submit"
            className="btn"
            disabled={text.trim() === '' || tried.isPending}
            data-testid="policy-try"
          >
            {tried.isPending ? 'Trying…' : 'Try it'}
          </button>
          {view.text !== '' && text === '' && (
            <button type="button" className="btn-link" onClick={() => change(view.text)}>
              Start from the one in force
            </button>
          )}
        </div>
        <Outcome error={tried.error} />
        {check?.ok === false && <PolicyProblems problems={check.problems} />}
        {check?.ok === true && (
          <>
            <PolicyEffect check={check} />
            <Outcome error={propose.error} />
            <div className="actions is-left">
              <button
                type="button"
                className="btn btn-primary"
                disabled={!isAdministrator || propose.isPending || check.sha256 === view.sha256}
                onClick={() => propose.mutate()}
                data-testid="policy-propose"
              >
                {propose.isPending ? 'Proposing…' : 'Propose it'}
              </button>
              {!isAdministrator && <span className="quiet">an administrator proposes a policy</span>}
              {check.sha256 === view.sha256 && <span className="quiet">this is the policy in force</span>}
            </div>
          </>
        )}
      </form>
    </section>
  );
}

const PLACEHOLDER = `name: two people for accounts
version: "1"
floors:
  - id: accounts-take-two
    atLeast: T3
    kinds: [disable_account]
    because: An account is somebody's working day.
tests:
  - name: an account takes two people
    act: { kind: disable_account }
    expect: T3`;

function History({ view }: { readonly view: PolicyView }) {
  return (
    <section className="health-section" aria-label="Changes of the policy">
      <h2>Changes</h2>
      {view.history.length === 0 ? (
        <p className="soft">It was never changed.</p>
      ) : (
        <ol className="rule-list">
          {view.history.map(change => (
            <li key={`${change.at} ${change.sha256}`} data-testid="policy-change">
              <MomentText at={change.at} />
              <span>
                <Inert text={change.title} form="line" />
                {change.proposal !== undefined && (
                  <>
                    {', '}
                    <Link to="/proposals/$id" params={{ id: change.proposal }}>
                      two people signed it
                    </Link>
                  </>
                )}
              </span>
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function BuiltIn({ view: { builtIn, digest } }: { readonly view: PolicyView }) {
  return (
    <section className="health-section" aria-label="Built-in rules">
      <h2>Built in</h2>
      <p className="soft">
        Which no file can take away. Every signature holds the digest of all rules together:{' '}
        <Identifier text={digest} head={12} tail={8} />
      </p>
      <details className="act-details">
        <summary>{builtIn.tiers.length} rules of tiers; the strictest that applies decides</summary>
        <ul className="rule-list">
          {builtIn.tiers.map(rule => (
            <li key={`${rule.tier} ${rule.text}`}>
              <strong>{rule.tier}</strong>
              <span>{rule.text}</span>
            </li>
          ))}
        </ul>
      </details>
      <details className="act-details">
        <summary>the least tier of {builtIn.kinds.length} kinds of response</summary>
        <ul className="rule-list">
          {builtIn.kinds.map(({ kind, floor }) => (
            <li key={kind}>
              <strong>{floor}</strong>
              <span>{kind.replaceAll('_', ' ')}</span>
            </li>
          ))}
        </ul>
      </details>
      <details className="act-details">
        <summary>who may do what: {builtIn.permissions.length} Cedar policies</summary>
        <ul className="rule-list">
          {builtIn.permissions.map(({ id, cedar }) => (
            <li key={id}>
              <span className="mono soft">{id}</span>
              <code className="policy-cedar">{cedar}</code>
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}
