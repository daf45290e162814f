import { useQuery } from '@tanstack/react-query';
import type { Citation, Claim, StoryLine, Summary } from '../../src/model/claim.ts';
import type { EnrichmentFact } from '../../src/model/enrichment.ts';
import { enrichmentQuery } from '../api/queries.ts';
import { asOfText } from '../parts/facts.tsx';
import { Inert } from '../parts/inert.tsx';
import { drawn } from '../parts/inert-text.ts';
import { openSearch } from '../parts/open-search.ts';
import { SinceLast } from '../parts/since.tsx';
import { Moment, ZONE } from '../parts/time.tsx';

interface IncidentSummaryProps {
  readonly id: string;
  readonly summary: Summary;
  readonly selected: string | undefined;
  readonly onPoint: (index: number) => void;
  readonly onOpen: (claim: Claim) => void;
  readonly onCite: (claim: Claim, citation: Citation) => void;
  readonly onEvidence: (evidence: string) => void;
}

const DAY_MS = 86_400_000;

function isElsewhere(at: number | undefined, window: Summary['window']): boolean {
  return at !== undefined && (at < window.from - DAY_MS || at > window.to + DAY_MS);
}

/** More statements of who held what than these are folded. */
const IDENTIFIED_OPEN_MAX = 4;

/** What happened, statement by statement, each with the fields that it was read from; then what is missing. */
export function IncidentSummary(props: IncidentSummaryProps) {
  const { id, summary, selected, onPoint, onOpen, onCite, onEvidence } = props;
  const claims: readonly StoryLine[] = [summary.headline, ...summary.story, ...summary.identified];
  const told = 1 + summary.story.length;
  const folded = summary.story.flatMap(line => line.also ?? []);
  const everything = [...claims, ...folded];
  const cited = everything.filter(claim => claim.verdict.kind === 'verified').length;
  const withDay =
    summary.window.to - summary.window.from > 20 * 3_600_000 ||
    new Date(summary.window.from).toDateString() !== new Date().toDateString();
  const statement = (claim: StoryLine, index: number) => (
    <Statement
      key={claim.id}
      claim={claim}
      isHeadline={index === 0}
      // A clock that is years off stands among the others: its hour alone would read as today's.
      withDay={withDay || isElsewhere(claim.at, summary.window)}
      selected={selected}
      onFocus={() => onPoint(index)}
      onOpen={onOpen}
      onCite={onCite}
    />
  );
  return (
    <section className="summary" aria-label="What happened">
      <header className="panel-head">
        <h2>What happened</h2>
        <span
          className="badge"
          title="Every line is filled in by a template from fields of the cited records. No model wrote any of it."
        >
          written by rules
        </span>
        <span className="quiet">
          {cited} of {everything.length} statements recomputed from their evidence
        </span>
      </header>
      <SinceLast id={id} />
      <ol className="statements">{claims.slice(0, told).map((claim, index) => statement(claim, index))}</ol>
      {summary.identified.length > 0 && (
        <details className="summary-identified" open={summary.identified.length <= IDENTIFIED_OPEN_MAX}>
          <summary>
            Who had which address, account or name: {summary.identified.length}{' '}
            {summary.identified.length === 1 ? 'statement' : 'statements'}
          </summary>
          <ol className="statements">{claims.slice(told).map((claim, index) => statement(claim, told + index))}</ol>
        </details>
      )}
      {summary.joins !== undefined && summary.joins.length > 0 && (
        <Joins joins={summary.joins} onEvidence={onEvidence} />
      )}
      <KnownBesides id={id} />
      <Listed title="Missing" items={summary.missing} isGap />
      <Listed title="Would change this" items={summary.wouldChange} />
      {summary.next !== undefined && summary.next.length > 0 && <Next queries={summary.next} />}
      <p className="quiet summary-foot">
        {summary.alertCount.toLocaleString('en')} {summary.alertCount === 1 ? 'alert' : 'alerts'}. Times in {ZONE}
        {ZONE === 'UTC' ? '.' : ', UTC on hover.'}
      </p>
    </section>
  );
}

/** What is worth knowing of the values beside the alerts. Facts with their source: nothing above rests on them. */
function KnownBesides({ id }: { readonly id: string }) {
  const known = useQuery(enrichmentQuery(id));
  if (known.isPending) return null;
  const notable = known.data?.notable ?? [];
  const newHere = known.data?.newHere;
  if (notable.length === 0 && (newHere?.total ?? 0) === 0 && !known.isError) return null;
  return (
    <div className="summary-listed" data-testid="known-besides">
      <h2>Known besides</h2>
      <ul>
        {known.isError && <li className="gap-text">What is known of the values could not be read.</li>}
        {notable.map(({ label, fact }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two sources may say the same of the same value
          <li key={index} className={fact.status === 'ok' ? '' : 'gap-text'}>
            {fact.status !== 'ok' && <span className="gap-swatch hatch" aria-hidden="true" />}
            <span>
              <Inert text={label} /> <Inert text={factSentence(fact)} form="line" />{' '}
              <span className="quiet">
                {fact.status !== 'ok' && `${fact.status} · `}
                {fact.source}
                {fact.asOf !== '' && `, ${asOfText(fact.asOf)}`}
              </span>
            </span>
          </li>
        ))}
        {newHere !== undefined && newHere.total > 0 && (
          <li>
            <span>
              {newHere.labels.map(label => (
                <span key={label}>
                  <Inert text={label} />{' '}
                </span>
              ))}
              {newHere.total > newHere.labels.length && `and ${newHere.total - newHere.labels.length} more `}
              first seen here within the last day <span className="quiet">our own history</span>
            </span>
          </li>
        )}
      </ul>
    </div>
  );
}

function factSentence({ kind, value, because, status }: EnrichmentFact): string {
  if (status === 'failed') return `could not be looked up: ${because}`;
  return kind === 'address_class' ? `is ${value}` : value;
}

interface StatementProps {
  readonly claim: StoryLine;
  readonly isHeadline: boolean;
  /** The statement whose evidence is open. */
  readonly selected: string | undefined;
  readonly withDay: boolean;
  readonly onFocus: () => void;
  readonly onOpen: (claim: Claim) => void;
  readonly onCite: (claim: Claim, citation: Citation) => void;
}

const CITATIONS_SHOWN = 5;

function Statement({ claim, isHeadline, selected, withDay, onFocus, onOpen, onCite }: StatementProps) {
  const isSelected = claim.id === selected;
  const rest = claim.citations.length - CITATIONS_SHOWN;
  return (
    <li
      className={`statement${isHeadline ? ' is-headline' : ''}${isSelected ? ' is-selected' : ''}${claim.verdict.kind === 'failed' ? ' is-refuted' : ''}`}
    >
      <span className="statement-time quiet">
        {claim.at !== undefined && !isHeadline && <Moment at={claim.at} withDay={withDay} />}
      </span>
      <div className="statement-body">
        <Stages tactics={claim.tactics ?? []} />
        <button
          type="button"
          className="statement-text"
          onClick={() => onOpen(claim)}
          onFocus={onFocus}
          aria-pressed={isSelected}
          data-testid="statement"
          data-claim={claim.id}
        >
          <Inert text={isHeadline ? claim.text : withoutTime(claim)} form="line" />
        </button>
        {claim.count > 1 && !isHeadline && <span className="quiet"> ×{claim.count.toLocaleString('en')}</span>}
        {claim.also !== undefined && <Also claims={claim.also} selected={selected} onOpen={onOpen} />}
        {claim.verdict.kind === 'failed' && (
          <p className="statement-failed">
            Not supported: <Inert text={claim.verdict.because} form="line" />. It supports nothing.
          </p>
        )}
      </div>
      <span className="citations">
        {claim.citations.slice(0, CITATIONS_SHOWN).map((citation, index) => (
          <button
            key={`${citation.evidence}${citation.pointer}`}
            type="button"
            className="citation"
            title={drawn(`${citation.pointer} = ${citation.value}`)}
            aria-label={drawn(`Evidence ${index + 1}: ${citation.pointer}`)}
            onClick={() => onCite(claim, citation)}
            data-testid="citation"
          >
            {index + 1}
          </button>
        ))}
        {rest > 0 && <span className="quiet">+{rest}</span>}
      </span>
    </li>
  );
}

const STAGES_SHOWN_MAX = 4;

/** Where in an attack it stands, as its records say. */
function Stages({ tactics }: { readonly tactics: readonly string[] }) {
  if (tactics.length === 0) return null;
  const names = tactics.map(tactic => tactic.replaceAll('-', ' '));
  const more = names.length - STAGES_SHOWN_MAX;
  return (
    <span className="stages" title={`ATT&CK: ${names.join(', ')}`}>
      {names.slice(0, STAGES_SHOWN_MAX).join(', ')}
      {more > 0 && ` +${more}`}
    </span>
  );
}

/** What has to be told too, and has no line of its own. */
function Also({
  claims,
  selected,
  onOpen,
}: {
  readonly claims: readonly StoryLine[];
  readonly selected: string | undefined;
  readonly onOpen: (claim: Claim) => void;
}) {
  return (
    <ul className="statement-also" aria-label="Also">
      {claims.map(claim => (
        <li key={claim.id}>
          <Stages tactics={claim.tactics ?? []} />
          <button
            type="button"
            className="statement-text"
            onClick={() => onOpen(claim)}
            aria-pressed={claim.id === selected}
            data-testid="statement-also"
          >
            <Inert text={claim.text} form="line" />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Why these alerts are one incident. */
function Joins({
  joins,
  onEvidence,
}: {
  readonly joins: NonNullable<Summary['joins']>;
  readonly onEvidence: (evidence: string) => void;
}) {
  return (
    <div className="summary-listed" data-testid="joins">
      <h2>Why these alerts are one incident</h2>
      <ul>
        {joins.map(({ text, alerts }) => (
          <li key={text}>
            <span>
              <Inert text={text} form="line" />{' '}
              {alerts.map(({ evidence }, index) => (
                <button
                  key={evidence}
                  type="button"
                  className="citation"
                  aria-label={`Alert ${index + 1} that was joined so`}
                  onClick={() => onEvidence(evidence)}
                >
                  {index + 1}
                </button>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Searches that can be run as they stand. */
function Next({ queries }: { readonly queries: NonNullable<Summary['next']> }) {
  return (
    <div className="summary-listed" data-testid="next-queries">
      <h2>Search next</h2>
      <ul>
        {queries.map(({ text, query }) => (
          <li key={query}>
            <button type="button" className="btn-link" onClick={() => openSearch(query)}>
              <Inert text={text} form="line" />
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Without the minute that stands before the statement anyway, in the reader's zone and in UTC on hover. */
function withoutTime({ text, at }: Claim): string {
  if (at === undefined) return text;
  const minute = `, ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return text.endsWith(minute) ? text.slice(0, -minute.length) : text;
}

function Listed({
  title,
  items,
  isGap = false,
}: {
  readonly title: string;
  readonly items: readonly string[];
  readonly isGap?: boolean;
}) {
  return (
    <div className="summary-listed">
      <h2>{title}</h2>
      {items.length === 0 ? (
        <p className="quiet">nothing known</p>
      ) : (
        <ul>
          {items.map(item => (
            <li key={item} className={isGap ? 'gap-text' : ''}>
              {isGap && <span className="gap-swatch hatch" aria-hidden="true" />}
              <span>
                <Inert text={item} form="line" />
              </span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
