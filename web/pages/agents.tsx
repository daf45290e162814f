import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import {
  AGENT_DAYS_MAX,
  AGENT_NAME_CHARS_MAX,
  type AgentAdmitted,
  type AgentRequest,
  type AgentRow,
} from '../../src/model/agent.ts';
import type { Me } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { agentsQuery, meQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { Failed, Loading, Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';
import { Upstreams } from './agents-upstreams.tsx';

const DAYS = [1, 7, 30, AGENT_DAYS_MAX] as const;

/** Programs that may read and propose here, each with the person who answers for it. */
export function AgentsPage() {
  const agents = useQuery(agentsQuery);
  const me = useQuery(meQuery);
  return (
    <main className="page agents">
      <div className="page-head">
        <h1>Agents</h1>
        <p className="soft">
          Programs that read and propose over MCP. None of them decides.{' '}
          <Link to="/machines">Every machine identity</Link>
        </p>
      </div>
      {agents.isPending && <Loading what="the agents" rows={3} />}
      {agents.isError && <Failed error={agents.error} what="the agents" retry={() => void agents.refetch()} />}
      {agents.data?.length === 0 && (
        <p className="quiet">No program has a token. Whoever admits one answers for what it proposes.</p>
      )}
      {agents.data !== undefined && agents.data.length > 0 && (
        <ul className="agent-list">
          {agents.data.map(agent => (
            <Agent key={agent.id} agent={agent} me={me.data} />
          ))}
        </ul>
      )}
      {me.data?.person != null && <Admit />}
      <Upstreams me={me.data} />
    </main>
  );
}

function Agent({ agent, me }: { readonly agent: AgentRow; readonly me: Me | undefined }) {
  const cache = useQueryClient();
  const end = useMutation({
    mutationFn: () => request('POST', `/api/v1/agents/${agent.id}/end`),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['agents'] }),
  });
  const mayEnd = agent.owner === me?.person?.id || me?.person?.roles.includes('administrator') === true;
  return (
    <li data-testid="agent-row" className={agent.isAdmitted ? undefined : 'soft'}>
      <div className="agent-name">
        <strong>
          <Inert text={agent.name} form="line" />
        </strong>
        <span className="soft">
          <Inert text={agent.ownerName} form="line" /> answers for it
          {agent.proposed > 0 && `, ${agent.proposed.toLocaleString('en')} proposed`}
        </span>
      </div>
      <span>
        <TokenState agent={agent} />
      </span>
      {agent.isAdmitted && mayEnd && (
        <button type="button" className="btn" disabled={end.isPending} onClick={() => end.mutate()}>
          End it now
        </button>
      )}
      <Outcome error={end.error} />
    </li>
  );
}

function TokenState({ agent }: { readonly agent: AgentRow }) {
  if (agent.isAdmitted)
    return (
      <>
        until <MomentText at={agent.until} />
      </>
    );
  if (agent.endedAt === '') return 'its token ran out, or its owner left';
  return (
    <>
      ended <MomentText at={agent.endedAt} />
    </>
  );
}

function Admit() {
  const [name, setName] = useState('');
  const [days, setDays] = useState<number>(30);
  const cache = useQueryClient();
  const admit = useMutation({
    mutationFn: (body: AgentRequest) => request<AgentAdmitted>('POST', '/api/v1/agents', body),
    onSuccess: () => {
      setName('');
      void cache.invalidateQueries({ queryKey: ['agents'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    admit.mutate({ name, days });
  };
  if (admit.data !== undefined) return <TokenOnce admitted={admit.data} onDone={() => admit.reset()} />;
  return (
    <section className="people-invite" aria-label="Admit an agent">
      <h2>Admit an agent</h2>
      <p className="soft">
        It reads what you read, and what it proposes counts as yours: you contributed to it, so from two people on
        others sign.
      </p>
      <form className="agent-form" onSubmit={submit}>
        <label className="field">
          <span className="label">Name</span>
          <input
            className="input"
            value={name}
            maxLength={AGENT_NAME_CHARS_MAX}
            onChange={event => setName(event.target.value)}
            data-testid="agent-name"
          />
        </label>
        <label className="field">
          <span className="label">Token for</span>
          <select className="input" value={days} onChange={event => setDays(Number(event.target.value))}>
            {DAYS.map(one => (
              <option key={one} value={one}>
                {one === 1 ? 'a day' : `${one} days`}
              </option>
            ))}
          </select>
        </label>
        <button
          type="submit"
          className="btn btn-primary"
          disabled={name.trim() === '' || admit.isPending}
          data-testid="agent-admit"
        >
          Make its token
        </button>
      </form>
      <Outcome error={admit.error} />
    </section>
  );
}

function TokenOnce({ admitted, onDone }: { readonly admitted: AgentAdmitted; readonly onDone: () => void }) {
  const [isCopied, setCopied] = useState(false);
  const { agent, token } = admitted;
  return (
    <section className="people-invite" aria-label="The token of the agent">
      <h2>
        The token of <Inert text={agent.name} form="line" />
      </h2>
      <p>Whoever has it reads and proposes in your name. It is not shown again, and kept nowhere.</p>
      <code className="link-once" data-testid="agent-token">
        {token}
      </code>
      <p className="soft">
        Over HTTP: <code>{`${window.location.origin}/mcp`}</code>, as a bearer token. On this machine:{' '}
        <code>countersign mcp</code>, with the token in <code>COUNTERSIGN_AGENT_TOKEN</code>.
      </p>
      <div className="actions">
        <button
          type="button"
          className="btn btn-primary"
          onClick={() => void navigator.clipboard.writeText(token).then(() => setCopied(true))}
        >
          {isCopied ? 'Copied' : 'Copy'}
        </button>
        <button type="button" className="btn" onClick={onDone}>
          Done
        </button>
      </div>
    </section>
  );
}
