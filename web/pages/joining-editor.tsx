import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { FINGERPRINT_PARTS } from '../../src/core/intake/dedupe.ts';
import type { FingerprintChange, FingerprintExample, FingerprintRow, FingerprintTrial } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { joiningQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { SeverityMark } from '../parts/marks.tsx';
import { Outcome } from '../parts/states.tsx';
import { Moment } from '../parts/time.tsx';

interface FingerprintEditorProps {
  readonly row: FingerprintRow;
  readonly onDone: () => void;
}

/** Changes what makes duplicates of one source. It is saved only as it was tried on what is stored. */
export function FingerprintEditor({ row, onDone }: FingerprintEditorProps) {
  const cache = useQueryClient();
  const [parts, setParts] = useState<readonly string[]>(row.parts);
  const [minutes, setMinutes] = useState(String(row.groupMinutes));
  const change: FingerprintChange = {
    parts: FINGERPRINT_PARTS.filter(part => parts.includes(part)),
    groupMinutes: Number(minutes),
  };
  const path = `/api/v1/fingerprints/${row.source}`;
  const attempt = useMutation({ mutationFn: () => request<FingerprintTrial>('POST', `${path}/preview`, change) });
  const save = useMutation({
    mutationFn: (tried: string) => request('POST', path, { ...change, tried }),
    onSuccess: async () => {
      await cache.invalidateQueries({ queryKey: joiningQuery.queryKey });
      onDone();
    },
  });
  // What was tried is no longer what stands here.
  const edit = (work: () => void) => {
    work();
    attempt.reset();
    save.reset();
  };
  const isSame = change.groupMinutes === row.groupMinutes && change.parts.join() === [...row.parts].join();
  return (
    <section
      className="people-invite fingerprint-editor"
      aria-label={`What makes duplicates of ${row.title}`}
      data-testid="fingerprint-editor"
    >
      <h3>{row.title}: two alerts are one where these are the same</h3>
      <fieldset className="parts-choice">
        <legend className="visually-hidden">Parts of the fingerprint</legend>
        {FINGERPRINT_PARTS.map(part => (
          <label key={part} className="check">
            <input
              type="checkbox"
              checked={parts.includes(part)}
              onChange={() =>
                edit(() => setParts(parts.includes(part) ? parts.filter(one => one !== part) : [...parts, part]))
              }
            />
            {part.replace('_', ' ')}
          </label>
        ))}
      </fieldset>
      <label className="field">
        <span className="label">For at most so many minutes after the first</span>
        <input
          className="input is-short"
          type="number"
          min={1}
          max={1440}
          value={minutes}
          onChange={event => edit(() => setMinutes(event.target.value))}
        />
      </label>
      <Outcome error={attempt.error ?? save.error} />
      {attempt.data !== undefined && <Trial trial={attempt.data} />}
      <div className="actions">
        {attempt.data === undefined ? (
          <button
            type="button"
            className="btn btn-primary"
            disabled={isSame || attempt.isPending}
            onClick={() => attempt.mutate()}
            data-testid="fingerprint-try"
          >
            Try it on what is stored
          </button>
        ) : (
          <button
            type="button"
            className="btn btn-primary"
            disabled={save.isPending}
            onClick={() => save.mutate(attempt.data.tried)}
            data-testid="fingerprint-save"
          >
            Save as the next version
          </button>
        )}
        <button type="button" className="btn" onClick={onDone}>
          Leave it as it is
        </button>
        {isSame && <span className="quiet">This is how it stands.</span>}
      </div>
    </section>
  );
}

function Trial({ trial }: { readonly trial: FingerprintTrial }) {
  const { alerts, shownNow, shownThen, folded, unfolded } = trial;
  const share = (shown: number) => (alerts === 0 ? '' : ` (${((shown / alerts) * 100).toFixed(1)} %)`);
  return (
    <div className="trial" data-testid="fingerprint-trial">
      <p>
        Of the latest {alerts.toLocaleString('en')} alerts of this source,{' '}
        <strong>
          {shownNow.toLocaleString('en')}
          {share(shownNow)}
        </strong>{' '}
        are told by themselves now, and{' '}
        <strong>
          {shownThen.toLocaleString('en')}
          {share(shownThen)}
        </strong>{' '}
        would be. What was told as a duplicate before stays so; new alerts are told by the new version.
      </p>
      <Examples title="Would become duplicates" examples={folded} />
      <Examples title="Would be told by themselves again" examples={unfolded} />
    </div>
  );
}

function Examples({ title, examples }: { readonly title: string; readonly examples: readonly FingerprintExample[] }) {
  if (examples.length === 0) return null;
  return (
    <>
      <h4>
        {title} <span className="quiet section-count">some of them</span>
      </h4>
      <ul className="trial-examples">
        {examples.map(one => (
          <li key={one.alert}>
            <Moment at={one.at} /> <SeverityMark severity={one.severity} />{' '}
            <Link to="/incidents/$id" params={{ id: one.incident }} search={{ e: one.evidence }}>
              <Inert text={one.title} form="line" />
            </Link>{' '}
            <span className="quiet">
              <Inert text={one.because} form="line" />
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
