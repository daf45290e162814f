import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { request } from '../api/client.ts';
import { meQuery, sourcesQuery } from '../api/queries.ts';
import { Outcome } from '../parts/states.tsx';

/** What a product that pushes alerts needs, shown once. */
interface SourceSecrets {
  readonly id: string;
  readonly token: string;
  readonly hmacSecret: string;
}

/** Lets an administrator give a product its own way in: a token, or a key that signs each delivery. */
export function AddSource() {
  const me = useQuery(meQuery);
  const queries = useQueryClient();
  const [id, setId] = useState('');
  const [kind, setKind] = useState('auto');
  const [scheme, setScheme] = useState('countersign');
  const sources = useQuery(sourcesQuery);
  const add = useMutation({
    mutationFn: () => request<SourceSecrets>('POST', '/api/v1/sources', { id, kind, scheme }),
    onSuccess: () => queries.invalidateQueries({ queryKey: sourcesQuery.queryKey }),
  });
  if (me.data?.person?.roles.includes('administrator') !== true) return null;
  const done = () => {
    add.reset();
    setId('');
  };
  if (add.data !== undefined) return <Secrets secrets={add.data} onDone={done} />;
  return (
    <details className="source-add">
      <summary>Let a product push its alerts</summary>
      <form
        className="stack"
        onSubmit={event => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <label className="field">
          <span className="label">Name, as it stands in the address: lower-case letters, digits, dots, hyphens</span>
          <input
            className="input"
            value={id}
            onChange={event => setId(event.target.value)}
            pattern="[a-z0-9][a-z0-9._\-]{0,63}"
            required
            data-testid="source-name"
          />
        </label>
        <label className="field">
          <span className="label">What it sends</span>
          <select className="input" value={kind} onChange={event => setKind(event.target.value)}>
            <option value="auto">whatever its records are recognised as</option>
            {sources.data?.map(source => (
              <option key={source.id} value={source.id}>
                {source.title}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="label">How it signs, where it signs</span>
          <select className="input" value={scheme} onChange={event => setScheme(event.target.value)}>
            <option value="countersign">time, id and body</option>
            <option value="github">the body, as GitHub does</option>
          </select>
        </label>
        <p className="quiet">
          A name that exists already gets new secrets. Those of before count for 24 hours more, so that nothing is
          refused while the product is given the new ones.
        </p>
        <Outcome error={add.error} />
        <div className="actions">
          <button
            type="submit"
            className="btn btn-primary"
            disabled={id === '' || add.isPending}
            data-testid="source-add"
          >
            Make its secrets
          </button>
        </div>
      </form>
    </details>
  );
}

/** Shown once: how the source proves itself. */
export function Secrets({ secrets, onDone }: { readonly secrets: SourceSecrets; readonly onDone: () => void }) {
  const { id, token, hmacSecret } = secrets;
  const example = `curl -H "Authorization: Bearer ${token}" --data-binary @alerts.ndjson ${location.origin}/ingest/${id}`;
  return (
    <section className="people-invite" aria-label="The secrets of the source">
      <h3>{id} may push now</h3>
      <p>These are shown once. Give the product the token, or the key with which it signs each delivery.</p>
      <p className="label">Token, and how it is used</p>
      <code className="link-once" data-testid="source-example">
        {example}
      </code>
      <p className="label">Key of the HMAC</p>
      <code className="link-once">{hmacSecret}</code>
      <div className="actions">
        <button type="button" className="btn" onClick={onDone}>
          Done
        </button>
      </div>
    </section>
  );
}
