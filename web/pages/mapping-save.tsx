import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { SourceDryRun } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { sourcesQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Outcome } from '../parts/states.tsx';
import type { ChosenMap } from './health-mapping.tsx';
import { Secrets } from './health-source.tsx';

/** Without secrets where those that the source has go on. */
interface Saved {
  readonly id: string;
  readonly token?: string;
  readonly hmacSecret?: string;
}

interface SaveMappingProps {
  readonly map: ChosenMap;
  readonly kind: string;
}

/** Saves the mapping: for a source that is there only once its dry run was seen. */
export function SaveMapping({ map, kind }: SaveMappingProps) {
  const queries = useQueryClient();
  const sources = useQuery(sourcesQuery);
  const [id, setId] = useState('');
  const isThere = sources.data?.some(source => source.id === id && source.configured !== undefined) === true;
  const asked = JSON.stringify([id, kind, map]);
  const dry = useMutation({
    mutationFn: async () => ({
      asked,
      run: await request<SourceDryRun>('POST', `/api/v1/sources/${encodeURIComponent(id)}/preview`, {
        kind,
        fieldMap: map,
      }),
    }),
  });
  const save = useMutation({
    mutationFn: () => request<Saved>('POST', '/api/v1/sources', { id, kind, fieldMap: map, keepSecrets: isThere }),
    onSuccess: () => queries.invalidateQueries({ queryKey: sourcesQuery.queryKey }),
  });
  // A run of another mapping says nothing of this one.
  const run = dry.data?.asked === asked ? dry.data.run : undefined;
  const { token, hmacSecret } = save.data ?? {};
  if (token !== undefined && hmacSecret !== undefined)
    return <Secrets secrets={{ id, token, hmacSecret }} onDone={() => save.reset()} />;
  const mustLook = isThere && run === undefined;
  const count = Object.keys(map).length;
  return (
    <section className="mapping-section" aria-label="Save the mapping">
      <h3>Save</h3>
      <form
        className="mapping-save"
        onSubmit={event => {
          event.preventDefault();
          if (mustLook) dry.mutate();
          else save.mutate();
        }}
      >
        <label className="field">
          <span className="label">Source: a new name, or one that is there</span>
          <input
            className="input"
            list="mapping-sources"
            value={id}
            onChange={event => {
              setId(event.target.value);
              save.reset();
            }}
            pattern="[a-z0-9][a-z0-9._\-]{0,63}"
            required
            data-testid="mapping-source"
          />
          <datalist id="mapping-sources">
            {sources.data
              ?.filter(source => source.configured !== undefined)
              .map(source => (
                <option key={source.id} value={source.id} />
              ))}
          </datalist>
        </label>
        <button
          type="submit"
          className="btn btn-primary"
          disabled={id === '' || save.isPending || dry.isPending}
          data-testid="mapping-save"
        >
          {mustLook ? 'See what it would change' : isThere ? 'Save this mapping' : 'Save, and make its secrets'}
        </button>
      </form>
      <p className="quiet">
        {count === 0
          ? 'You settle no field: each stays a guess, and what is guessed can be joined and searched, but nobody can act on it.'
          : `You settle ${count} ${count === 1 ? 'field' : 'fields'}. What you do not settle stays a guess, which nobody can act on.`}
        {isThere && ' The secrets of the source stay as they are.'}
      </p>
      <Outcome error={dry.error ?? save.error} />
      {run !== undefined && <DryRun run={run} />}
      {save.data !== undefined && (
        <p role="status" data-testid="mapping-saved">
          Saved. Records that come from now on are read so; those that are kept stay as they were read.
        </p>
      )}
    </section>
  );
}

function DryRun({ run }: { readonly run: SourceDryRun }) {
  if (run.records === 0) return <p className="soft">The source has sent nothing yet that this could change.</p>;
  return (
    <div data-testid="mapping-dry-run" role="status">
      <p>
        <strong>
          {run.changed.toLocaleString('en')} of the newest {run.records.toLocaleString('en')} records
        </strong>{' '}
        would be read otherwise{run.changed === 0 && ': nothing changes'}.
        {run.refusedAfter > run.refusedBefore && (
          <span className="gap-text"> {run.refusedAfter - run.refusedBefore} more could not be read.</span>
        )}
      </p>
      {run.fields.length > 0 && (
        <table className="table mapping-changes">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col" className="num">
                New
              </th>
              <th scope="col" className="num">
                Gone
              </th>
              <th scope="col" className="num">
                Changed
              </th>
              <th scope="col">For example</th>
            </tr>
          </thead>
          <tbody>
            {run.fields.map(({ field, added, removed, changed, example }) => (
              <tr key={field}>
                <td className="mono">{field}</td>
                <td className="num">{added.toLocaleString('en')}</td>
                <td className="num">{removed.toLocaleString('en')}</td>
                <td className="num">{changed.toLocaleString('en')}</td>
                <td>
                  {example.before === undefined ? (
                    <span className="quiet">absent</span>
                  ) : (
                    <Inert text={example.before} />
                  )}
                  {' → '}
                  {example.after === undefined ? <span className="quiet">absent</span> : <Inert text={example.after} />}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
