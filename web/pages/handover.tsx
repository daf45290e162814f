import '../styles/handover.css';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { spanName } from '../../src/core/study/handover.ts';
import { handoverMarkdown, pathOf } from '../../src/core/study/handover-markdown.ts';
import type { Handover, HandoverLine, HandoverSection } from '../../src/model/api.ts';
import { handoverQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { SeverityMark } from '../parts/marks.tsx';
import { Failed, Loading } from '../parts/states.tsx';
import { MomentText, msOf, ZONE } from '../parts/time.tsx';

const HOUR_MS = 3_600_000;
const SPANS = [
  { id: 'shift', name: 'Shift, 8 h', ms: 8 * HOUR_MS },
  { id: 'day', name: 'Day', ms: 24 * HOUR_MS },
  { id: 'week', name: 'Week', ms: 7 * 24 * HOUR_MS },
  { id: 'own', name: 'Own span', ms: 8 * HOUR_MS },
] as const;
/** A span that ends now ends at a minute, so that two looks within it share an answer. */
const MINUTE_MS = 60_000;

interface HandoverSearch {
  readonly span?: string;
  readonly from?: string;
  readonly to?: string;
}

/** What whoever takes over has to know: what cannot be seen, what waits for somebody, what was done, what is new. */
export function HandoverPage() {
  const search: HandoverSearch = useSearch({ from: '/handover' });
  const navigate = useNavigate();
  const chosen = SPANS.find(({ id }) => id === search.span) ?? SPANS[0];
  const [openedAt] = useState(() => Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS);
  const asked =
    chosen.id === 'own'
      ? { from: search.from, to: search.to }
      : chosen.id === 'shift'
        ? {}
        : { from: new Date(openedAt - chosen.ms).toISOString() };
  const handover = useQuery(handoverQuery(asked));
  return (
    <main className="page handover">
      <div className="page-head">
        <h1>Handover</h1>
        {handover.data !== undefined && <SpanText handover={handover.data} />}
        <span className="spacer" />
        <fieldset className="segmented not-printed" aria-label="Which span">
          {SPANS.map(({ id, name }) => (
            <button
              key={id}
              type="button"
              aria-pressed={chosen.id === id}
              data-testid={`span-${id}`}
              onClick={() => void navigate({ to: '/handover', search: searchFor(id, handover.data) })}
            >
              {name}
            </button>
          ))}
        </fieldset>
        {handover.data !== undefined && <Taking handover={handover.data} />}
      </div>
      {chosen.id === 'own' && <OwnSpan search={search} />}
      {handover.isPending && <Loading what="the handover" rows={12} />}
      {handover.isError && <Failed error={handover.error} what="the handover" retry={() => void handover.refetch()} />}
      {handover.data?.sections.map(section => (
        <Section key={section.id} section={section} />
      ))}
      {handover.data !== undefined && (
        <p className="quiet">
          Written by rules at <MomentText at={handover.data.writtenAt} />. Times in {ZONE}
          {ZONE === 'UTC' ? '.' : ', UTC on hover.'} Nobody is counted or ranked.
        </p>
      )}
    </main>
  );
}

/** An own span begins as the one that is on screen. */
function searchFor(id: string, shown: Handover | undefined): HandoverSearch {
  if (id === 'shift') return {};
  return id === 'own' && shown !== undefined ? { span: id, from: shown.from, to: shown.to } : { span: id };
}

function SpanText({ handover }: { readonly handover: Handover }) {
  return (
    <p className="soft">
      <MomentText at={handover.from} /> to <MomentText at={handover.to} />, {spanName(handover)}
    </p>
  );
}

/** Out of the page: on paper, or as text for a ticket. */
function Taking({ handover }: { readonly handover: Handover }) {
  const [isCopied, setCopied] = useState<boolean | undefined>(undefined);
  const copy = () => {
    const text = handoverMarkdown(handover, window.location.origin);
    const done = (isDone: boolean) => () => setCopied(isDone);
    void (navigator.clipboard?.writeText(text) ?? Promise.reject()).then(done(true), done(false));
  };
  return (
    <span className="actions not-printed">
      <button type="button" className="btn" onClick={copy} data-testid="copy-markdown">
        {isCopied === true ? 'Copied' : 'Copy as Markdown'}
      </button>
      <button type="button" className="btn" onClick={() => window.print()}>
        Print
      </button>
      {isCopied === false && <span className="gap-text">The browser does not let this page copy.</span>}
    </span>
  );
}

function OwnSpan({ search }: { readonly search: HandoverSearch }) {
  const navigate = useNavigate();
  const set = (change: Partial<HandoverSearch>) =>
    void navigate({ to: '/handover', search: { ...search, ...change, span: 'own' }, replace: true });
  return (
    <div className="handover-own not-printed">
      {(['from', 'to'] as const).map(name => (
        <label key={name} className="field">
          <span className="label">{name}</span>
          <input
            type="datetime-local"
            className="input"
            value={localText(search[name])}
            data-testid={`own-${name}`}
            onChange={event => {
              const at = Date.parse(event.target.value);
              if (!Number.isNaN(at)) set({ [name]: new Date(at).toISOString() });
            }}
          />
        </label>
      ))}
      <p className="quiet">At most 31 days, in {ZONE}.</p>
    </div>
  );
}

/** As an input of local time takes it. */
function localText(time: string | undefined): string {
  const at = msOf(time);
  if (at === undefined) return '';
  return new Date(at - new Date(at).getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

function Section({ section }: { readonly section: HandoverSection }) {
  const { id, title, lines, more, empty } = section;
  const listed = lines.length + more;
  return (
    <section
      className={`handover-section is-${id}`}
      aria-label={title}
      data-testid="handover-section"
      data-section={id}
    >
      <h2>
        {title}{' '}
        {id !== 'intake' && id !== 'opened' && listed > 0 && <span className="quiet section-count">{listed}</span>}
      </h2>
      {lines.length === 0 ? (
        <p className="quiet">{empty}</p>
      ) : (
        <ul>
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two lines may say the same of the same
            <Line key={index} line={line} withTime={lines.some(({ at }) => at !== undefined)} />
          ))}
        </ul>
      )}
      {more > 0 && <p className="quiet">and {more.toLocaleString('en')} more</p>}
    </section>
  );
}

function Line({ line, withTime }: { readonly line: HandoverLine; readonly withTime: boolean }) {
  return (
    <li className={line.isGap === true ? 'handover-line is-gap' : 'handover-line'}>
      {withTime && <span className="handover-at quiet">{line.at !== undefined && <MomentText at={line.at} />}</span>}
      {line.severity !== undefined && (
        <span className="handover-mark">
          <SeverityMark severity={line.severity} />
        </span>
      )}
      {line.isGap === true && <span className="gap-swatch hatch" aria-hidden="true" />}
      <Link to={pathOf(line.to)} className="handover-text" data-testid="handover-line">
        {line.text.map((part, index) =>
          'words' in part ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
            <span key={index}>{part.words}</span>
          ) : (
            // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
            <span key={index} className="handover-value">
              <Inert text={part.value} form="line" />
            </span>
          ),
        )}
      </Link>
    </li>
  );
}
