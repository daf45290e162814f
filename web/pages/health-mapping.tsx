import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type DragEvent, useId, useState } from 'react';
import type { SourcePreview } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { meQuery, sourcesQuery } from '../api/queries.ts';
import { Empty, Failed, Loading } from '../parts/states.tsx';
import { MappingPaths } from './mapping-paths.tsx';
import { MappingSamples } from './mapping-samples.tsx';
import { SaveMapping } from './mapping-save.tsx';

/** Our field to the path that a person gives it. */
export type ChosenMap = Readonly<Record<string, string>>;

const TEXT_CHARS_MAX = 400_000;

type Records = { readonly text: string } | { readonly newest: 'unrecognised' | 'quarantine' };
interface Asked {
  /** Counts up, so that asking again asks again. */
  readonly turn: number;
  readonly records: Records;
  readonly kind: string;
}

/** Shows an administrator what is made of a product's records, and lets them say what its keys mean. */
export function MapSource() {
  const me = useQuery(meQuery);
  const [map, setMap] = useState<ChosenMap>({});
  const [asked, setAsked] = useState<Asked>();
  const preview = useQuery({
    queryKey: ['source-preview', asked?.turn, asked?.kind, map],
    queryFn: () =>
      request<SourcePreview>('POST', '/api/v1/sources/preview', {
        records: asked?.records,
        kind: asked?.kind,
        fieldMap: map,
      }),
    enabled: asked !== undefined,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
    gcTime: 0,
    retry: false,
  });
  if (me.data?.person?.roles.includes('administrator') !== true) return null;
  return (
    <details className="source-add mapping">
      <summary>Map a product that has no source of its own</summary>
      <div className="mapping-body">
        <SampleForm
          onAsk={(records, kind) => setAsked({ turn: (asked?.turn ?? 0) + 1, records, kind })}
          onMap={setMap}
          isAsking={preview.isFetching}
        />
        {preview.isError && <Failed error={preview.error} what="the preview" retry={() => void preview.refetch()} />}
        {asked !== undefined && preview.isPending && <Loading what="the preview" rows={5} />}
        {preview.data?.records === 0 && (
          <Empty title="There is no record among these samples">
            Paste one record a line, a JSON list, or a CSV table with its header.
          </Empty>
        )}
        {preview.data !== undefined && preview.data.records > 0 && asked !== undefined && (
          <>
            <Recognised preview={preview.data} />
            <MappingPaths preview={preview.data} map={map} onMap={setMap} />
            <MappingSamples samples={preview.data.samples} />
            <SaveMapping map={map} kind={asked.kind} />
          </>
        )}
      </div>
    </details>
  );
}

function Recognised({ preview }: { readonly preview: SourcePreview }) {
  const { records, omittedRecords, recognised } = preview;
  return (
    <p className="soft" data-testid="mapping-recognised" aria-live="polite">
      {records.toLocaleString('en')} {records === 1 ? 'record' : 'records'}
      {omittedRecords > 0 && `, and ${omittedRecords.toLocaleString('en')} more that were not looked at`}. Left to
      itself, it would be read by{' '}
      {recognised.length === 0
        ? 'no source'
        : recognised.map(one => `${one.title} (${one.records.toLocaleString('en')})`).join(', ')}
      . Nothing of this is kept.
    </p>
  );
}

interface SampleFormProps {
  readonly onAsk: (records: Records, kind: string) => void;
  readonly onMap: (map: ChosenMap) => void;
  readonly isAsking: boolean;
}

function SampleForm({ onAsk, onMap, isAsking }: SampleFormProps) {
  const sources = useQuery(sourcesQuery);
  const [from, setFrom] = useState<'text' | 'unrecognised' | 'quarantine'>('text');
  const [text, setText] = useState('');
  const [kind, setKind] = useState('auto');
  const hint = useId();
  const drop = (event: DragEvent<HTMLTextAreaElement>) => {
    const [file] = event.dataTransfer.files;
    if (file === undefined) return;
    event.preventDefault();
    void file
      .slice(0, TEXT_CHARS_MAX)
      .text()
      .then(read => setText(wholeLines(read)));
  };
  const configured = sources.data?.filter(source => source.configured !== undefined) ?? [];
  return (
    <form
      className="mapping-form"
      onSubmit={event => {
        event.preventDefault();
        onAsk(from === 'text' ? { text } : { newest: from }, kind);
      }}
    >
      <div className="mapping-choices">
        <label className="field">
          <span className="label">Sample records</span>
          <select
            className="input"
            value={from}
            onChange={event => setFrom(event.target.value as typeof from)}
            data-testid="mapping-from"
          >
            <option value="text">pasted or dropped here</option>
            <option value="unrecognised">the newest that no source recognised</option>
            <option value="quarantine">the newest in quarantine</option>
          </select>
        </label>
        <label className="field">
          <span className="label">Read as</span>
          <select className="input" value={kind} onChange={event => setKind(event.target.value)}>
            <option value="auto">whatever each is recognised as</option>
            {sources.data
              ?.filter(source => source.configured === undefined)
              .map(source => (
                <option key={source.id} value={source.id}>
                  {source.title}
                </option>
              ))}
          </select>
        </label>
        <label className="field">
          <span className="label">Start from the mapping of</span>
          <select
            className="input"
            defaultValue=""
            onChange={event => {
              const source = configured.find(one => one.id === event.target.value);
              onMap(source?.configured?.fieldMap ?? {});
              if (source?.configured !== undefined) setKind(source.configured.kind);
            }}
          >
            <option value="">nothing: what is guessed</option>
            {configured.map(source => (
              <option key={source.id} value={source.id}>
                {source.id}
              </option>
            ))}
          </select>
        </label>
      </div>
      {from === 'text' && (
        <label className="field">
          <span className="label">Records: one a line, a JSON list, or CSV with its header</span>
          <textarea
            className="input mono mapping-text"
            value={text}
            onChange={event => setText(event.target.value)}
            onDrop={drop}
            rows={6}
            maxLength={TEXT_CHARS_MAX}
            spellCheck={false}
            aria-describedby={hint}
            data-testid="mapping-text"
          />
          <span className="quiet" id={hint}>
            Or drop a file: its first {(TEXT_CHARS_MAX / 1_000).toLocaleString('en')} KB are read, and nothing is kept.
          </span>
        </label>
      )}
      <div className="actions is-left">
        <button
          type="submit"
          className="btn btn-primary"
          disabled={isAsking || (from === 'text' && text.trim() === '')}
          data-testid="mapping-ask"
        >
          {isAsking ? 'Reading…' : 'Show what is made of them'}
        </button>
      </div>
    </form>
  );
}

/** A file that was cut short ends in half a line, which would be shown as a broken record. */
function wholeLines(text: string): string {
  if (text.length < TEXT_CHARS_MAX) return text;
  return text.slice(0, text.lastIndexOf('\n') + 1 || text.length);
}
