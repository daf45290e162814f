import type { Decoded, Encoding, ExplainedField } from '../../src/model/explanation.ts';
import { Inert } from './inert.tsx';

const ENCODING_TEXT: { readonly [E in Encoding]: string } = {
  base64: 'base64',
  base64_utf16: 'base64 of UTF-16, as PowerShell takes it',
  hex: 'hexadecimal',
  escapes: 'escaped characters',
  url: 'percent signs',
  char_codes: 'character codes',
  concatenation: 'joined pieces',
  obfuscation: 'carets, backticks or empty quotes',
};

/** What the commands and addresses of a record do. Rules wrote it; the decoded text is evidence, and inert. */
export function ExplainedFields({ fields }: { readonly fields: readonly ExplainedField[] }) {
  if (fields.length === 0) return null;
  return (
    <section className="explained" aria-label="What it does" data-testid="evidence-explained">
      <h3>What it does</h3>
      {fields.map(({ field, pointer, explanation }) => (
        <div key={pointer} className="explained-field">
          <p>
            <span className="mono">{field}</span> <span className="mono quiet">{pointer}</span>
            <br />
            {explanation.text}
            {explanation.isCut && ' It is longer than what was looked at.'}
          </p>
          {explanation.seen.length > 0 && (
            <ul className="explained-seen">
              {explanation.seen.map(one => (
                <li key={`${one.part} ${one.behaviour}`}>
                  <span className="chip mono">{one.technique}</span> {one.text}
                  {one.part >= 0 && <span className="quiet"> in the part decoded below, {one.part + 1}</span>}
                </li>
              ))}
            </ul>
          )}
          {explanation.decoded.length > 0 && <DecodedParts parts={explanation.decoded} />}
        </div>
      ))}
    </section>
  );
}

function DecodedParts({ parts }: { readonly parts: readonly Decoded[] }) {
  return (
    <ol className="explained-parts">
      {parts.map((part, place) => (
        <li key={`${part.parent} ${part.start} ${part.encoding}`} value={place + 1}>
          <span className="quiet">
            decoded from {ENCODING_TEXT[part.encoding]}
            {part.parent >= 0 && `, in part ${part.parent + 1}`}
          </span>
          <Inert text={part.text} keepLines />
        </li>
      ))}
    </ol>
  );
}
