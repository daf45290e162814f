import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import type { IncidentDetail } from '../../src/model/api.ts';
import type { Claim } from '../../src/model/claim.ts';
import { enrichmentQuery, incidentQuery, timelineQuery } from '../api/queries.ts';
import { CoverageLine } from '../parts/coverage.tsx';
import { EvidencePanel } from '../parts/evidence.tsx';
import { Identifier, Inert, InstructionBadge } from '../parts/inert.tsx';
import type { Cited } from '../parts/json-raw.tsx';
import { useKeys } from '../parts/keys.ts';
import { LateNewsLines } from '../parts/late-news.tsx';
import { SeverityMark } from '../parts/marks.tsx';
import { Empty, Failed, Loading, Outcome, PageFailed, PageLoading } from '../parts/states.tsx';
import { Timeline } from '../parts/timeline.tsx';
import { IncidentAlerts } from './incident-alerts.tsx';
import { IncidentAsk } from './incident-ask.tsx';
import { IncidentAssist } from './incident-assist.tsx';
import { CloseForm, ClosureLine } from './incident-close.tsx';
import { IncidentEntities } from './incident-entities.tsx';
import { IncidentKnown } from './incident-known.tsx';
import { IncidentOptions } from './incident-options.tsx';
import { IncidentSummary } from './incident-summary.tsx';
import { SuppressForm } from './incident-suppress.tsx';
import { IncidentLog, IncidentNotes } from './incident-tabs.tsx';
import { ProposalList } from './proposal-list.tsx';
import { useTake } from './queue-take.ts';
import '../styles/incident.css';
import '../styles/models.css';

export interface IncidentSearch {
  readonly s?: string;
  readonly e?: string;
  readonly p?: string;
  readonly v?: string;
  readonly tab?: string;
  readonly from?: string;
  readonly to?: string;
  readonly q?: string;
}

/** One incident: what is missing first, then what happened with its evidence beside it, then everything else. */
export function IncidentPage() {
  const { id } = useParams({ from: '/incidents/$id' });
  const incident = useQuery(incidentQuery(id));
  if (incident.isPending) return <PageLoading title="Incident" what="the incident" />;
  if (incident.isError && incident.data === undefined) {
    return <PageFailed error={incident.error} what="this incident" retry={() => void incident.refetch()} />;
  }
  return incident.data === undefined ? null : <Incident key={id} detail={incident.data} />;
}

function Incident({ detail }: { readonly detail: IncidentDetail }) {
  const search: IncidentSearch = useSearch({ from: '/incidents/$id' });
  const navigate = useNavigate({ from: '/incidents/$id' });
  const { row, summary } = detail;
  const [at, setAt] = useState(0);
  const go = (change: { readonly [K in keyof IncidentSearch]: string | undefined }) =>
    void navigate({ search: old => withoutEmpty({ ...old, ...change }), replace: true, resetScroll: false });
  const claims = [summary.headline, ...summary.story, ...summary.identified];
  const folded = summary.story.flatMap(line => line.also ?? []);
  const statement = [...claims, ...folded].find(claim => claim.id === search.s);
  const openStatement = (claim: Claim) => {
    const [first] = claim.citations;
    if (first !== undefined) go({ s: claim.id, e: first.evidence, p: undefined, v: undefined });
  };
  const choose = (index: number) => {
    const clamped = Math.max(0, Math.min(claims.length - 1, index));
    setAt(clamped);
    document.querySelectorAll<HTMLElement>('[data-testid="statement"]')[clamped]?.focus();
  };
  useKeys([
    { keys: 'j', label: 'Next statement', run: () => choose(at + 1) },
    { keys: 'k', label: 'Statement before', run: () => choose(at - 1) },
    {
      keys: 'e',
      label: 'Evidence of the statement',
      run: () => {
        const claim = claims[at];
        if (claim !== undefined) openStatement(claim);
      },
    },
    { keys: 'p', label: 'Propose: go to the options', run: () => toOptions(go) },
    {
      keys: 'esc',
      label: 'Close the evidence, or back to the queue',
      run: () =>
        search.e === undefined
          ? void navigate({ to: '/' })
          : go({ s: undefined, e: undefined, p: undefined, v: undefined }),
    },
  ]);
  const cited: readonly Cited[] =
    search.p !== undefined
      ? [{ pointer: search.p, value: search.v }]
      : (statement?.citations ?? [])
          .filter(citation => citation.evidence === search.e)
          .map(({ pointer, value }) => ({ pointer, value }));
  // The record of an answer stands beside the answer, not beside the summary.
  const isOfAsk = search.s === OF_ASK;
  const isBeside = search.e !== undefined && !isOfAsk;
  const evidence = search.e !== undefined && (
    <EvidencePanel
      id={search.e}
      cited={cited}
      incident={row.id}
      onClose={() => go({ s: undefined, e: undefined, p: undefined, v: undefined })}
    />
  );
  return (
    <main className="page incident">
      <Head detail={detail} onPropose={() => toOptions(go)} />
      <CoverageLine coverage={detail.coverage} gaps={detail.gaps} />
      <LateNewsLines news={detail.lateNews} lead="Re-opened:" />
      {detail.instructionBadges.length > 0 && (
        <p className="incident-badges">
          <InstructionBadge why={detail.instructionBadges.map(badge => badge.why).join('; ')} />
          <span className="soft">
            {detail.instructionBadges.length}{' '}
            {detail.instructionBadges.length === 1 ? 'field addresses' : 'fields address'} an AI or a person. It changes
            nothing:{' '}
          </span>
          {detail.instructionBadges.map(badge => (
            <button
              key={`${badge.evidence}${badge.pointer}`}
              type="button"
              className="btn-link mono"
              onClick={() => go({ s: undefined, e: badge.evidence, p: badge.pointer, v: undefined })}
            >
              <Inert text={badge.pointer} form="line" />
            </button>
          ))}
        </p>
      )}
      <div className={isBeside ? 'incident-split has-evidence' : 'incident-split'}>
        <IncidentSummary
          id={row.id}
          summary={summary}
          selected={search.s}
          onPoint={index => setAt(index)}
          onOpen={openStatement}
          onCite={(claim, citation) =>
            go({ s: claim.id, e: citation.evidence, p: citation.pointer, v: citation.value })
          }
          onEvidence={evidence => go({ s: undefined, e: evidence, p: undefined, v: undefined })}
        />
        {search.e === undefined || isOfAsk ? (
          <section className="evidence evidence-empty" aria-label="Evidence">
            <h2>Evidence</h2>
            <p className="soft">
              Every statement on the left opens the record that it was read from, with the field marked. Choose one, or
              press <kbd>e</kbd>.
            </p>
          </section>
        ) : (
          evidence
        )}
      </div>
      <div className={isOfAsk && evidence !== false ? 'incident-split has-evidence ask-split' : undefined}>
        <IncidentAsk
          id={row.id}
          question={search.q}
          onAsk={question => go({ q: question, ...(isOfAsk ? CLOSED : {}) })}
          onCite={({ evidence: e, pointer, value }) =>
            go({ s: OF_ASK, e, p: pointer === '' ? undefined : pointer, v: value === '' ? undefined : value })
          }
        />
        {isOfAsk && evidence}
      </div>
      <IncidentAssist detail={detail} onOpen={openStatement} />
      <IncidentTime id={row.id} search={search} go={go} />
      <Tabs detail={detail} tab={search.tab ?? 'options'} go={go} />
    </main>
  );
}

/** Stands where a statement's id does while the open record is that of an answer. */
const OF_ASK = 'ask';
const CLOSED = { s: undefined, e: undefined, p: undefined, v: undefined };

type Go = (change: { readonly [K in keyof IncidentSearch]: string | undefined }) => void;

function withoutEmpty(search: { readonly [name: string]: string | undefined }): { [name: string]: string } {
  return Object.fromEntries(
    Object.entries(search).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}

function toOptions(go: Go): void {
  go({ tab: 'options' });
  setTimeout(() => document.getElementById('tabs')?.scrollIntoView({ block: 'start' }), 0);
  setTimeout(() => document.querySelector<HTMLElement>('[data-testid="propose"]')?.focus(), 50);
}

function Head({ detail, onPropose }: { readonly detail: IncidentDetail; readonly onPropose: () => void }) {
  const { row } = detail;
  const [isClosing, setClosing] = useState(false);
  const [isSuppressing, setSuppressing] = useState(false);
  const take = useTake();
  return (
    <>
      {detail.mergedInto !== undefined && (
        <p className="notice">
          This incident was merged into{' '}
          <Link to="/incidents/$id" params={{ id: detail.mergedInto }}>
            another one
          </Link>
          . What stands here is kept as it was.
        </p>
      )}
      <div className="page-head incident-head">
        <SeverityMark severity={row.severity} />
        <h1>
          <Inert text={row.title} form="line" />
        </h1>
        <Identifier text={row.id} />
        <span className="spacer" />
        {row.owner === '' ? (
          <button type="button" className="btn" onClick={() => take.mutate(row.id)}>
            Take
          </button>
        ) : (
          <span className="soft">{row.owner} has it</span>
        )}
        {detail.closure?.isClosed !== true && detail.mergedInto === undefined && (
          <button
            type="button"
            className="btn"
            aria-expanded={isClosing}
            onClick={() => setClosing(!isClosing)}
            data-testid="close-incident"
          >
            Close…
          </button>
        )}
        <button
          type="button"
          className="btn"
          aria-expanded={isSuppressing}
          onClick={() => setSuppressing(!isSuppressing)}
          data-testid="suppress-rule"
        >
          Suppress…
        </button>
        <button type="button" className="btn btn-primary" onClick={onPropose}>
          Propose <kbd>p</kbd>
        </button>
      </div>
      <Outcome error={take.error} />
      <ClosureLine closure={detail.closure} />
      {isClosing && <CloseForm id={row.id} close={() => setClosing(false)} />}
      {isSuppressing && <SuppressForm id={row.id} close={() => setSuppressing(false)} />}
    </>
  );
}

function IncidentTime({ id, search, go }: { readonly id: string; readonly search: IncidentSearch; readonly go: Go }) {
  const timeline = useQuery(timelineQuery(id));
  const from = Number(search.from);
  const to = Number(search.to);
  const zoom = search.from !== undefined && search.to !== undefined && from < to ? { from, to } : undefined;
  return (
    <section aria-label="Timeline" className="incident-section">
      <h2>Timeline</h2>
      {timeline.isPending && <Loading what="the timeline" rows={3} />}
      {timeline.isError && <Failed error={timeline.error} what="the timeline" retry={() => void timeline.refetch()} />}
      {timeline.data !== undefined && timeline.data.entries.length === 0 && <Empty title="No alert has a time" />}
      {timeline.data !== undefined && timeline.data.entries.length > 0 && (
        <Timeline
          timeline={timeline.data}
          selectedEvidence={search.e}
          zoom={zoom}
          onZoom={next =>
            go({
              from: next === undefined ? undefined : String(next.from),
              to: next === undefined ? undefined : String(next.to),
            })
          }
          onOpen={entry => go({ e: entry.evidence, s: undefined, p: undefined, v: undefined })}
        />
      )}
      <p className="soft">
        Keep a copy:{' '}
        <a href={`/api/v1/incidents/${id}/report.md`} download data-testid="save-report">
          report as Markdown
        </a>
        ,{' '}
        <a href={`/api/v1/incidents/${id}/timeline.csv`} download data-testid="save-timeline">
          timeline as CSV
        </a>
      </p>
    </section>
  );
}

function Tabs({ detail, tab, go }: { readonly detail: IncidentDetail; readonly tab: string; readonly go: Go }) {
  const acts = detail.options.length;
  const known = useQuery(enrichmentQuery(detail.row.id));
  const notes = detail.events.filter(event => event.kind === 'noted');
  const tabs = [
    { id: 'options', name: 'Options', count: acts },
    { id: 'alerts', name: 'Alerts', count: detail.row.alertCount },
    { id: 'entities', name: 'Entities', count: detail.entities.length },
    { id: 'known', name: 'Known besides', count: known.data?.entities.length },
    { id: 'decisions', name: 'Decisions', count: detail.proposals.length },
    { id: 'notes', name: 'Notes', count: notes.length },
    { id: 'log', name: 'Log', count: detail.events.length },
  ];
  const current = tabs.some(({ id }) => id === tab) ? tab : 'options';
  return (
    <section className="incident-section" id="tabs" aria-label="More about this incident">
      <div role="tablist" className="tabs" aria-label="More about this incident">
        {tabs.map(({ id, name, count }) => (
          <button
            key={id}
            type="button"
            role="tab"
            id={`tab-${id}`}
            aria-selected={current === id}
            aria-controls="tab-panel"
            onClick={() => go({ tab: id })}
            data-testid={`tab-${id}`}
          >
            {name} <span className="quiet">{count}</span>
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${current}`} className="tab-panel">
        {current === 'options' && <IncidentOptions detail={detail} />}
        {current === 'alerts' && <IncidentAlerts id={detail.row.id} go={go} />}
        {current === 'entities' && (
          <IncidentEntities
            id={detail.row.id}
            entities={detail.entities}
            identified={detail.summary.identified}
            onEvidence={evidence => go({ s: undefined, e: evidence, p: undefined, v: undefined })}
            onStatement={claim => go({ s: claim.id, e: claim.citations[0]?.evidence, p: undefined, v: undefined })}
          />
        )}
        {current === 'known' && <IncidentKnown id={detail.row.id} />}
        {current === 'decisions' && (
          <ProposalList rows={detail.proposals} empty="Nothing has been proposed for this incident" />
        )}
        {current === 'notes' && <IncidentNotes id={detail.row.id} notes={notes} />}
        {current === 'log' && <IncidentLog id={detail.row.id} events={detail.events} />}
      </div>
    </section>
  );
}
