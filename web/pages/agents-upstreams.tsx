import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Me, ProposalView } from '../../src/model/api.ts';
import type { UpstreamTool, UpstreamView } from '../../src/model/gateway.ts';
import type { ToolClass } from '../../src/model/tool.ts';
import { request } from '../api/client.ts';
import { upstreamsQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';

/** What a person may choose for a tool; a tool that is not chosen is not called. */
type Choice = ToolClass | 'none';

const CHOICES: readonly { readonly choice: Choice; readonly says: string }[] = [
  { choice: 'none', says: 'not called' },
  { choice: 'read', says: 'only reads: passes' },
  { choice: 'effect', says: 'two people sign each call' },
];
const DIGEST_CHARS = 12;

/** The servers behind the gate: their tools, what people adopted of each, and what was put aside. */
export function Upstreams({ me }: { readonly me: Me | undefined }) {
  const upstreams = useQuery(upstreamsQuery);
  return (
    <section className="health-section" aria-label="Servers behind the gate">
      <h2>Servers behind the gate</h2>
      {upstreams.isPending && <Loading what="the servers behind the gate" rows={2} />}
      {upstreams.isError && (
        <Failed error={upstreams.error} what="the servers behind the gate" retry={() => void upstreams.refetch()} />
      )}
      {upstreams.data?.length === 0 && (
        <p className="quiet">
          None. An operator puts one there with <code>countersign gateway add</code>.
        </p>
      )}
      {upstreams.data?.map(upstream => (
        <Upstream
          key={`${upstream.name} ${upstream.manifest}`}
          upstream={upstream}
          isAdministrator={me?.person?.roles.includes('administrator') === true}
        />
      ))}
    </section>
  );
}

function Upstream({
  upstream,
  isAdministrator,
}: {
  readonly upstream: UpstreamView;
  readonly isAdministrator: boolean;
}) {
  const { name, url, has, path, tools, trouble, calls } = upstream;
  const one = has === 'tools' ? 'tool' : 'route';
  const inForce = (tool: UpstreamTool): Choice => (tool.state === 'usable' ? (tool.class ?? 'none') : 'none');
  const [chosen, setChosen] = useState<ReadonlyMap<string, Choice>>(new Map());
  const choiceOf = (tool: UpstreamTool) => chosen.get(tool.name) ?? inForce(tool);
  const navigate = useNavigate();
  const propose = useMutation({
    mutationFn: () =>
      request<ProposalView>('POST', '/api/v1/proposals', {
        kind: 'tools',
        upstream: name,
        tools: Object.fromEntries(
          tools.flatMap(tool => {
            const choice = choiceOf(tool);
            return choice === 'none' ? [] : [[tool.name, choice]];
          }),
        ),
      }),
    onSuccess: made => void navigate({ to: '/proposals/$id', params: { id: made.row.id } }),
  });
  const aside = tools.filter(tool => tool.state === 'quarantined').length;
  const isChanged = tools.some(tool => choiceOf(tool) !== inForce(tool));
  return (
    <div className="upstream" data-testid="upstream">
      <h3>
        {name} <span className="soft">{url}</span>
      </h3>
      <p className={trouble === '' && aside === 0 ? 'soft' : 'gap-text'}>
        {trouble !== '' && (
          <>
            It does not answer: <Inert text={trouble} form="line" />.{' '}
          </>
        )}
        {aside > 0 && `${aside === 1 ? `1 ${one} was` : `${aside} ${has} were`} put aside. `}
        Agents reach it at <code>{path}</code>. In the last day {calls.read.toLocaleString('en')} read,{' '}
        {calls.proposed.toLocaleString('en')} proposed, {calls.refused.toLocaleString('en')} refused.
      </p>
      <ul className="tool-list">
        {tools.map(tool => (
          <Tool
            key={tool.name}
            tool={tool}
            choice={choiceOf(tool)}
            onChoose={
              isAdministrator && trouble === '' && tool.seen !== ''
                ? choice => setChosen(new Map([...chosen, [tool.name, choice]]))
                : undefined
            }
          />
        ))}
      </ul>
      {tools.length === 0 && trouble === '' && <p className="quiet">It has no {has}.</p>}
      {isAdministrator && (
        <div className="actions">
          <button
            type="button"
            className="btn btn-primary"
            disabled={!isChanged || propose.isPending}
            onClick={() => propose.mutate()}
            data-testid="adopt-tools"
          >
            Propose these {has}…
          </button>
        </div>
      )}
      <Outcome error={propose.error} />
    </div>
  );
}

interface ToolProps {
  readonly tool: UpstreamTool;
  readonly choice: Choice;
  readonly onChoose: ((choice: Choice) => void) | undefined;
}

function Tool({ tool, choice, onChoose }: ToolProps) {
  return (
    <li data-testid="tool" data-state={tool.state}>
      <div className="agent-name">
        <strong>{tool.name}</strong>
        <span className="soft">
          {tool.description === '' ? 'its server says nothing of it' : <Inert text={tool.description} form="line" />}
        </span>
        <span className="soft">
          {tool.pinned === '' ? (
            <>
              is <code>{tool.seen.slice(0, DIGEST_CHARS)}</code>
            </>
          ) : (
            <>
              adopted as <code>{tool.pinned.slice(0, DIGEST_CHARS)}</code>
              {tool.seen !== tool.pinned && tool.seen !== '' && (
                <>
                  , is <code>{tool.seen.slice(0, DIGEST_CHARS)}</code>
                </>
              )}
            </>
          )}
          {tool.hint !== '' && `; ${tool.hint}, which nothing goes by`}
        </span>
        {tool.state === 'quarantined' && <span className="gap-text">Put aside: {tool.why}.</span>}
      </div>
      {onChoose === undefined ? (
        <span>{tool.state === 'usable' ? CHOICES.find(one => one.choice === choice)?.says : 'not called'}</span>
      ) : (
        <label>
          <span className="visually-hidden">What {tool.name} is</span>
          <select
            className="input"
            value={choice}
            onChange={event => onChoose(CHOICES.find(one => one.choice === event.target.value)?.choice ?? 'none')}
          >
            {CHOICES.map(one => (
              <option key={one.choice} value={one.choice}>
                {one.says}
              </option>
            ))}
          </select>
        </label>
      )}
    </li>
  );
}
