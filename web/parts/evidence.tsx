import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { EvidenceView } from '../../src/model/api.ts';
import { enrichmentQuery, evidenceQuery } from '../api/queries.ts';
import { ExplainedFields } from './explained.tsx';
import { FactChips } from './facts.tsx';
import { IconClose } from './icons.tsx';
import { Identifier, Inert, InstructionBadge } from './inert.tsx';
import { layoutJson, valueAt } from './json-layout.ts';
import { type Cited, RawRecord } from './json-raw.tsx';
import { Degraded, Failed, Loading } from './states.tsx';
import { Sureness } from './sureness.tsx';
import { MomentText } from './time.tsx';

interface EvidencePanelProps {
  readonly id: string;
  readonly cited: readonly Cited[];
  readonly onClose: (() => void) | undefined;
  /** Of whose values it is shown what is known besides; undefined: of none. */
  readonly incident?: string | undefined;
}

/** One raw record with its cited fields marked. What is cited is compared with what stands there, here in the page. */
export function EvidencePanel({ id, cited, onClose, incident }: EvidencePanelProps) {
  const evidence = useQuery(evidenceQuery(id));
  const [form, setForm] = useState<'parsed' | 'raw'>('parsed');
  return (
    <section className="evidence" aria-label="Evidence" data-testid="evidence-panel">
      <header className="panel-head">
        <h2>Evidence</h2>
        {evidence.data !== undefined && (
          <>
            <span className="mono">{evidence.data.source}</span>
            <span className="quiet">
              heard <MomentText at={evidence.data.receivedAt} />
            </span>
          </>
        )}
        <Identifier text={id} />
        <span className="spacer" />
        {onClose !== undefined && (
          <button type="button" className="btn-icon" aria-label="Close evidence (esc)" onClick={onClose}>
            <IconClose size={16} />
          </button>
        )}
      </header>
      {evidence.isPending && <Loading what="evidence" rows={10} />}
      {evidence.isError && <Failed error={evidence.error} what="this evidence" retry={() => void evidence.refetch()} />}
      {evidence.data !== undefined && (
        <>
          <CitedCheck raw={evidence.data.raw} cited={cited} isTruncated={evidence.data.isTruncated} />
          {evidence.data.instructionLike.map(hit => (
            <p key={hit.pointer} className="evidence-note">
              <InstructionBadge why={hit.why} />{' '}
              <span className="mono">
                <Inert text={hit.pointer} form="line" />
              </span>{' '}
              <span className="quiet">{hit.why}</span>
            </p>
          ))}
          {evidence.data.isTruncated && (
            <Degraded>
              The first 256 KiB of {evidence.data.byteLength.toLocaleString('en')} bytes. The rest is kept, not shown.
            </Degraded>
          )}
          <ExplainedFields fields={evidence.data.explained} />
          <RawRecord raw={evidence.data.raw} cited={cited} form={evidence.data.isJson ? form : 'raw'} />
          <footer className="evidence-foot">
            <fieldset className="segmented" aria-label="How the record is shown">
              {(['parsed', 'raw'] as const).map(choice => (
                <button
                  key={choice}
                  type="button"
                  aria-pressed={form === choice}
                  disabled={!evidence.data.isJson}
                  onClick={() => setForm(choice)}
                >
                  {choice === 'parsed' ? 'set out' : 'as sent'}
                </button>
              ))}
            </fieldset>
            <span className="quiet">
              SHA-256 <Identifier text={evidence.data.sha256} />
            </span>
            <span className="quiet">{evidence.data.byteLength.toLocaleString('en')} bytes</span>
          </footer>
          <Guessed guessed={evidence.data.alerts.flatMap(alert => alert.guessed)} />
          {incident !== undefined && <KnownOfRecord incident={incident} raw={evidence.data.raw} />}
          <SharedAlerts alerts={evidence.data.alerts} />
        </>
      )}
    </section>
  );
}

function CitedCheck({
  raw,
  cited,
  isTruncated,
}: {
  readonly raw: string;
  readonly cited: readonly Cited[];
  readonly isTruncated: boolean;
}) {
  const wrong = useMemo(() => {
    const layout = layoutJson(raw);
    return cited.filter(({ pointer, value }) => {
      if (!layout.ok || pointer === 'line') return value !== undefined && !raw.includes(value);
      const found = valueAt(raw, layout.value, pointer);
      return found === undefined || (value !== undefined && !found.includes(value) && found !== value);
    });
  }, [raw, cited]);
  if (cited.length === 0) return null;
  if (wrong.length === 0) {
    return (
      <p className="evidence-note soft" data-testid="cited-check" data-result="holds">
        {cited.length === 1 ? 'The cited field stands' : `The ${cited.length} cited fields stand`} in this record as
        quoted; compared here in your browser.
      </p>
    );
  }
  return (
    <div className="evidence-note outcome-failed" data-testid="cited-check" data-result="differs">
      {isTruncated
        ? 'A cited field is not in the part of the record that is shown:'
        : 'A cited field does not stand in this record as quoted:'}
      <ul>
        {wrong.map(({ pointer, value }) => (
          <li key={pointer}>
            <code>{pointer}</code> {value !== undefined && <Inert text={value} />}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Fields that no schema and no person named: how sure each guess is, and where it stands. Nobody can act on them. */
function Guessed({ guessed }: { readonly guessed: EvidenceView['alerts'][number]['guessed'] }) {
  if (guessed.length === 0) return null;
  return (
    <details className="evidence-shared" data-testid="evidence-guessed">
      <summary>
        {guessed.length} {guessed.length === 1 ? 'field is' : 'fields are'} mapped by guess, at least{' '}
        {Math.min(...guessed.map(({ confidence }) => confidence)).toFixed(2)} sure
      </summary>
      <ul>
        {guessed.map(({ field, value, pointer, confidence }) => (
          <li key={`${field}${pointer}${value}`}>
            <Sureness value={confidence} /> <span className="mono">{field}</span> <Inert text={value} />{' '}
            <span className="mono quiet">{pointer === '' ? 'in the line' : pointer}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

const KNOWN_MAX = 8;

/** What is known besides of the values that stand in this record, as far as it is shown. */
function KnownOfRecord({ incident, raw }: { readonly incident: string; readonly raw: string }) {
  const known = useQuery(enrichmentQuery(incident));
  const here = (known.data?.entities ?? []).filter(({ label, facts }) => facts.length > 0 && raw.includes(label));
  if (here.length === 0) return null;
  return (
    <div className="evidence-known" data-testid="evidence-known">
      <p className="label">Known besides</p>
      <ul>
        {here.slice(0, KNOWN_MAX).map(({ key, label, facts }) => (
          <li key={key}>
            <Inert text={label} /> <FactChips facts={facts} />
          </li>
        ))}
      </ul>
      {here.length > KNOWN_MAX && <p className="quiet">{here.length - KNOWN_MAX} more values stand in it.</p>}
    </div>
  );
}

function SharedAlerts({
  alerts,
}: {
  readonly alerts: readonly { readonly id: string; readonly title: string; readonly incident: string | undefined }[];
}) {
  if (alerts.length === 0) return null;
  return (
    <details className="evidence-shared">
      <summary>
        {alerts.length} {alerts.length === 1 ? 'alert rests' : 'alerts rest'} on this record
      </summary>
      <ul>
        {alerts.map(alert => (
          <li key={alert.id}>
            {alert.incident === undefined ? (
              <Inert text={alert.title} form="line" />
            ) : (
              <Link to="/incidents/$id" params={{ id: alert.incident }}>
                <Inert text={alert.title} form="line" />
              </Link>
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
