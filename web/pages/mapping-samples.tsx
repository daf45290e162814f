import { useState } from 'react';
import type { AlertField } from '../../src/model/alert.ts';
import type { PreviewSample } from '../../src/model/api.ts';
import { Inert } from '../parts/inert.tsx';
import { Sureness } from '../parts/sureness.tsx';

/** The samples one by one: the record as it came beside the alert that is made of it. */
export function MappingSamples({ samples }: { readonly samples: readonly PreviewSample[] }) {
  const [at, setAt] = useState(0);
  const index = Math.min(at, samples.length - 1);
  const sample = samples[index];
  if (sample === undefined) return null;
  const refused = samples.filter(one => !one.result.ok).length;
  return (
    <section className="mapping-section" aria-label="Samples, before and after">
      <div className="mapping-head">
        <h3>
          Sample {index + 1} of {samples.length}
        </h3>
        {refused > 0 && <span className="gap-text">{refused} of these cannot be read</span>}
        <span className="spacer" />
        <button type="button" className="btn" disabled={index === 0} onClick={() => setAt(index - 1)}>
          Previous
        </button>
        <button
          type="button"
          className="btn"
          disabled={index === samples.length - 1}
          onClick={() => setAt(index + 1)}
          data-testid="mapping-next"
        >
          Next
        </button>
      </div>
      <div className="mapping-sides">
        <div className="mapping-side">
          <p className="label">The record, as it came</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <section className="mapping-raw" tabIndex={0} aria-label="The record as it came">
            <Inert text={setOut(sample.raw)} keepLines form="line" />
          </section>
        </div>
        <div className="mapping-side" data-testid="mapping-result">
          <p className="label">The alert</p>
          <Made sample={sample} />
        </div>
      </div>
    </section>
  );
}

function Made({ sample: { result, recognised } }: { readonly sample: PreviewSample }) {
  if (!result.ok)
    return (
      <p className="gap-text">
        It would go to quarantine: <code>{result.code}</code> <Inert text={result.detail} form="line" />
      </p>
    );
  const fields = Object.entries(result.fields) as [AlertField, string][];
  return (
    <>
      <p>
        <strong>
          <Inert text={result.title} form="line" />
        </strong>{' '}
        <span className="quiet">
          {result.severity === 'unknown' ? 'severity unknown' : result.severity} · read as {result.source}
          {recognised !== undefined && ` · recognised ${recognised.sureness.toFixed(2)} as ${recognised.source}`}
        </span>
      </p>
      {fields.length === 0 ? (
        <p className="soft">No field was found in it.</p>
      ) : (
        <table className="table mapping-fields">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">Value</th>
              <th scope="col">From</th>
              <th scope="col">How sure</th>
            </tr>
          </thead>
          <tbody>
            {fields.map(([field, value]) => (
              <tr key={field}>
                <td className="mono">{field}</td>
                <td>
                  <Inert text={value} />
                </td>
                <td className="mono quiet">
                  <Inert
                    text={result.pointers[field] === '' ? 'the line' : (result.pointers[field] ?? '')}
                    form="line"
                  />
                </td>
                <td>
                  {result.confidence[field] === undefined ? (
                    <span className="soft">stated</span>
                  ) : (
                    <Sureness value={result.confidence[field]} />
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {result.warnings.map(warning => (
        <p key={warning} className="gap-text">
          <Inert text={warning} form="line" />
        </p>
      ))}
    </>
  );
}

function setOut(raw: string): string {
  try {
    const value: unknown = JSON.parse(raw);
    return typeof value === 'object' ? JSON.stringify(value, undefined, 2) : raw;
  } catch {
    return raw;
  }
}
