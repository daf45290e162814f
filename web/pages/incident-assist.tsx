import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { toldBy } from '../../src/core/study/told.ts';
import type { IncidentDetail } from '../../src/model/api.ts';
import type { AssistClaims, AssistView } from '../../src/model/api-ai.ts';
import { ANSWER_REFUSALS, type Assist, type Hypothesis } from '../../src/model/assist.ts';
import type { Claim } from '../../src/model/claim.ts';
import { HYPOTHESIS_TEXT } from '../../src/model/hypothesis-text.ts';
import { aiQuery, assistQuery } from '../api/ai-queries.ts';
import { request } from '../api/client.ts';
import { Inert } from '../parts/inert.tsx';
import { Degraded, Failed, Loading, Outcome } from '../parts/states.tsx';
import { PreviewDialog } from './incident-preview.tsx';

interface IncidentAssistProps {
  readonly detail: IncidentDetail;
  readonly onOpen: (claim: Claim) => void;
}

/** Which explanations there are, by rules; and what a model adds, where one is asked. Never a word that a model wrote. */
export function IncidentAssist({ detail, onOpen }: IncidentAssistProps) {
  const id = detail.row.id;
  const assist = useQuery(assistQuery(id));
  return (
    <section className="incident-section assist" aria-label="Explanations">
      <div className="section-head">
        <h2>Explanations</h2>
        {assist.data !== undefined && <State id={id} view={assist.data} />}
      </div>
      {assist.isPending && <Loading what="the explanations" rows={3} />}
      {assist.isError && <Failed error={assist.error} what="the explanations" retry={() => void assist.refetch()} />}
      {assist.data !== undefined && <Told view={assist.data} detail={detail} onOpen={onOpen} />}
    </section>
  );
}

/** Who wrote what stands here, and what can be done about it. */
function State({ id, view }: { readonly id: string; readonly view: AssistView }) {
  const cache = useQueryClient();
  const ai = useQuery(aiQuery);
  const [isLooking, setLooking] = useState(false);
  const ask = useMutation({
    mutationFn: () => request('POST', `/api/v1/incidents/${id}/assist`, {}),
    onSettled: () => void cache.invalidateQueries({ queryKey: ['assist', id] }),
  });
  const isSet = (ai.data?.providers.length ?? 0) > 0;
  const provider = ai.data?.providers.find(one => one.place === 1)?.name ?? ai.data?.providers[0]?.name ?? '';
  const canAsk = isSet && view.state !== 'running' && !(view.state === 'rules' && view.without === 'ai.not_previewed');
  return (
    <>
      <StateText view={view} />
      <span className="spacer" />
      <Outcome error={ask.error} />
      {isSet && (
        <button type="button" className="btn" onClick={() => setLooking(true)} data-testid="assist-preview">
          What would be sent
        </button>
      )}
      {canAsk && (
        <button
          type="button"
          className="btn"
          onClick={() => ask.mutate()}
          disabled={ask.isPending}
          data-testid="assist-ask"
        >
          {view.state === 'done' ? 'Ask again' : 'Ask the model'}
        </button>
      )}
      {isLooking && <PreviewDialog incident={id} provider={provider} onClose={() => setLooking(false)} />}
    </>
  );
}

function StateText({ view }: { readonly view: AssistView }) {
  const { verified, dropped } = view.assist;
  switch (view.state) {
    case 'rules':
      return (
        <span className="soft" data-testid="assist-state" data-state="rules">
          written by rules · no model: {view.shown}
        </span>
      );
    case 'not_asked':
      return (
        <span className="soft" data-testid="assist-state" data-state="not_asked">
          written by rules · a model was not asked yet
        </span>
      );
    case 'running':
      return (
        <span className="soft" role="status" data-testid="assist-state" data-state="running">
          a model is being asked; what rules say stands here meanwhile
        </span>
      );
    case 'done':
      return (
        <span className="model-text-state" data-testid="assist-state" data-state="done">
          <span className="badge badge-model">ordered by a model</span> {verified} statements verified
          {dropped.length > 0 && <span className="gap-text">, {dropped.length} rejected</span>} · {view.provider}
          {view.assist.record !== undefined && (
            <>
              {' · '}
              <Link to="/models/records/$id" params={{ id: view.assist.record }}>
                the record
              </Link>
            </>
          )}
        </span>
      );
  }
}

interface ToldProps {
  readonly view: AssistView & AssistClaims;
  readonly detail: IncidentDetail;
  readonly onOpen: (claim: Claim) => void;
}

function Told({ view, detail, onOpen }: ToldProps) {
  const { assist } = view;
  const claims = new Map([...view.claims, ...toldBy(detail.summary.story)].map(claim => [claim.id, claim]));
  const list = (ids: readonly string[]) => <ClaimList ids={ids} claims={claims} onOpen={onOpen} />;
  return (
    <>
      <Hypotheses hypotheses={assist.hypotheses} list={list} />
      {assist.level === 'L1' && (
        <>
          <h3>In the order that the model gives them</h3>
          {list(assist.order)}
          <Ranking assist={assist} detail={detail} />
        </>
      )}
      {assist.appended.length > 0 && (
        <>
          <h3>{assist.level === 'L1' ? 'Not covered by the AI' : 'Not among the lines above'}</h3>
          {list(assist.appended)}
        </>
      )}
      <Rejected assist={assist} />
    </>
  );
}

function Hypotheses({
  hypotheses,
  list,
}: {
  readonly hypotheses: readonly Hypothesis[];
  readonly list: (ids: readonly string[]) => ReactNode;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label="Table of explanations">
      <table className="table hypotheses">
        <thead>
          <tr>
            <th scope="col">What it may be</th>
            <th scope="col">What speaks for it</th>
            <th scope="col">What speaks against it</th>
          </tr>
        </thead>
        <tbody>
          {hypotheses.map(one => (
            <tr key={`${one.kind} ${one.by}`} data-testid="hypothesis">
              <td>
                {capital(HYPOTHESIS_TEXT[one.kind])}
                {one.by === 'model' && <span className="badge badge-model">related by a model</span>}
              </td>
              <td>{list(one.supports)}</td>
              <td>{list(one.contradicts)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const LISTED_MAX = 3;

/** Claims by id, each opening its evidence. What is no claim is a rule that fired or a gap, told by its name. */
function ClaimList({
  ids,
  claims,
  onOpen,
}: {
  readonly ids: readonly string[];
  readonly claims: ReadonlyMap<string, Claim>;
  readonly onOpen: (claim: Claim) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  if (ids.length === 0) return <span className="quiet">nothing</span>;
  const shown = isOpen ? ids : ids.slice(0, LISTED_MAX);
  return (
    <ul className="assist-claims">
      {shown.map(id => {
        const claim = claims.get(id);
        return (
          <li key={id}>
            {claim === undefined ? (
              <Inert text={id.startsWith('rule:') ? `The rule ${id.slice('rule:'.length)} fired` : id} form="line" />
            ) : (
              <button type="button" className="btn-link" onClick={() => onOpen(claim)}>
                <Inert text={claim.text} form="line" />
              </button>
            )}
          </li>
        );
      })}
      {ids.length > LISTED_MAX && (
        <li>
          <button type="button" className="btn-link quiet" onClick={() => setOpen(!isOpen)}>
            {isOpen ? 'fewer' : `and ${ids.length - LISTED_MAX} more`}
          </button>
        </li>
      )}
    </ul>
  );
}

function Ranking({ assist, detail }: { readonly assist: Assist; readonly detail: IncidentDetail }) {
  const options = new Map(detail.options.map(option => [option.id, option.title]));
  const ranked = assist.ranking.flatMap(id => options.get(id) ?? []);
  if (ranked.length < 2) return null;
  return (
    <>
      <h3>Options in the order that the model gives them</h3>
      <ol className="assist-ranking">
        {ranked.map(title => (
          <li key={title}>
            <Inert text={title} form="line" />
          </li>
        ))}
      </ol>
      <p className="quiet">Their tiers, effects and undo are the planner's, and stand under Options.</p>
    </>
  );
}

function Rejected({ assist: { dropped } }: { readonly assist: Assist }) {
  if (dropped.length === 0) return null;
  const counts = new Map<string, number>();
  for (const { code } of dropped) counts.set(ANSWER_REFUSALS[code], (counts.get(ANSWER_REFUSALS[code]) ?? 0) + 1);
  return (
    <div data-testid="assist-rejected">
      <Degraded>
        {dropped.length} {dropped.length === 1 ? 'part' : 'parts'} of the model's answer{' '}
        {dropped.length === 1 ? 'was' : 'were'} rejected:{' '}
        {[...counts].map(([why, count]) => (count === 1 ? why : `${why} (${count} times)`)).join(' ')}
      </Degraded>
    </div>
  );
}
