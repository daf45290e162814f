import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useDeferredValue, useState } from 'react';
import type { ProposalView } from '../../src/model/api.ts';
import {
  TASK_RECORDS_MAX,
  TASK_SETTLED_CHARS_MAX,
  type TaskSettle,
  type TaskState,
  type TaskView,
} from '../../src/model/task.ts';
import { request } from '../api/client.ts';
import { searchQuery, tasksQuery } from '../api/queries.ts';
import { Identifier, Inert } from '../parts/inert.tsx';
import { Outcome } from '../parts/states.tsx';
import { MomentText, msOf, span, utc } from '../parts/time.tsx';
import '../styles/conversation.css';

/** What reviewers asked for, with what came of it. It stands behind the evidence and before any recommendation. */
export function ReviewTasks({ view }: { readonly view: ProposalView }) {
  if (view.tasks.length === 0) return null;
  const open = view.tasks.filter(task => task.state === 'open').length;
  return (
    <section className="review-section" aria-label="Asked for" data-testid="tasks">
      <header className="panel-head">
        <h2>Asked for</h2>
        <span className="quiet">
          {open} of {view.tasks.length} open; silence decides nothing
        </span>
      </header>
      <ol className="talk">
        {view.tasks.map(task => (
          <TaskEntry key={task.id} task={task} isAlone={false} />
        ))}
      </ol>
    </section>
  );
}

const STATE_TEXT: { readonly [S in TaskState]: string } = {
  open: 'open',
  answered: 'answered',
  unobtainable: 'could not be got',
  withdrawn: 'taken back',
  lapsed: 'decided without it',
};

/** One task with what whoever looks may do. `isAlone`: outside of its proposal, which is then named. */
export function TaskEntry({ task, isAlone }: { readonly task: TaskView; readonly isAlone: boolean }) {
  const [doing, setDoing] = useState<'answer' | 'give_up' | undefined>();
  const settle = useSettle(task, () => setDoing(undefined));
  const { asks, settled } = task;
  return (
    <li className={`talk-entry is-task-${task.state}`} data-testid="task" data-state={task.state}>
      {isAlone && (
        <p>
          <Link to="/proposals/$id" params={{ id: task.proposal }}>
            <Inert text={task.sentence} form="line" />
          </Link>
        </p>
      )}
      <p className="talk-head">
        <span>
          <strong>{task.askedBy}</strong> asked <strong>{task.owner}</strong>
        </span>
        <span className="quiet nowrap">
          <MomentText at={task.at} />
          {task.logIndex !== undefined && (
            <>
              {' · '}
              <Link to="/audit" search={{ entry: String(task.logIndex) }}>
                log #{task.logIndex}
              </Link>
            </>
          )}
        </span>
        <span className={task.state === 'open' ? 'badge badge-gap' : 'badge'}>{STATE_TEXT[task.state]}</span>
        {task.state === 'open' && (
          <span className={task.isOverdue ? 'gap-text nowrap' : 'quiet nowrap'}>
            {task.isOverdue ? 'overdue since' : 'due'} <MomentText at={task.dueAt} />
          </span>
        )}
      </p>
      <p className="talk-text">
        Records of <Inert text={asks.source} /> about <Inert text={asks.entity} />,{' '}
        {span(msOf(asks.from) ?? 0, msOf(asks.to) ?? 0)}
        {asks.words !== '' && (
          <>
            {': '}
            <Inert text={asks.words} form="line" keepLines />
          </>
        )}
      </p>
      {settled !== undefined && <Settled task={task} settled={settled} />}
      <div className="actions is-left">
        {task.may.includes('answer') && doing === undefined && (
          <button type="button" className="btn" onClick={() => setDoing('answer')} data-testid="task-answer">
            Bring records…
          </button>
        )}
        {task.may.includes('give_up') && doing === undefined && (
          <button type="button" className="btn" onClick={() => setDoing('give_up')} data-testid="task-give-up">
            Cannot be got…
          </button>
        )}
        {task.may.includes('withdraw') && doing === undefined && (
          <button
            type="button"
            className="btn-link"
            disabled={settle.isPending}
            onClick={() => settle.mutate({ move: 'withdraw' })}
            data-testid="task-withdraw"
          >
            Take it back
          </button>
        )}
      </div>
      {doing === 'answer' && (
        <Answer task={task} onSend={settle.mutate} isSending={settle.isPending} onClose={() => setDoing(undefined)} />
      )}
      {doing === 'give_up' && (
        <GiveUp onSend={settle.mutate} isSending={settle.isPending} onClose={() => setDoing(undefined)} />
      )}
      <Outcome error={settle.error} />
    </li>
  );
}

function Settled({ task, settled }: { readonly task: TaskView; readonly settled: NonNullable<TaskView['settled']> }) {
  return (
    <div className="task-settled">
      <p className="talk-head">
        <span>
          <strong>{settled.by}</strong>{' '}
          {task.state === 'answered'
            ? `brought ${settled.evidence.length === 1 ? 'a record' : `${settled.evidence.length} records`}, which revision ${settled.revision ?? ''} cites`
            : STATE_TEXT[task.state]}
        </span>
        <span className="quiet nowrap">
          <MomentText at={settled.at} />
          {settled.logIndex !== undefined && (
            <>
              {' · '}
              <Link to="/audit" search={{ entry: String(settled.logIndex) }}>
                log #{settled.logIndex}
              </Link>
            </>
          )}
        </span>
      </p>
      {settled.words === undefined && (
        <p className="failed">What is stored is not what was written: the log holds another commitment.</p>
      )}
      {settled.words !== undefined && settled.words !== '' && (
        <p className="talk-text">
          <Inert text={settled.words} form="line" keepLines />
        </p>
      )}
      {settled.evidence.length > 0 && (
        <p className="task-records">
          {settled.evidence.map(id => (
            <Link
              key={id}
              to="/proposals/$id"
              params={{ id: task.proposal }}
              search={{ e: id }}
              resetScroll={false}
              data-testid="task-record"
            >
              open {id.slice(0, 12)}…
            </Link>
          ))}
        </p>
      )}
    </div>
  );
}

function useSettle(task: TaskView, onDone: () => void) {
  const cache = useQueryClient();
  return useMutation({
    mutationFn: (how: TaskSettle) => request('POST', `/api/v1/tasks/${task.id}/settle`, how),
    onSuccess: () => {
      onDone();
      void cache.invalidateQueries({ queryKey: ['proposal', task.proposal] });
      void cache.invalidateQueries({ queryKey: tasksQuery.queryKey });
      void cache.invalidateQueries({ queryKey: ['proposals'] });
    },
  });
}

interface SettleForm {
  readonly onSend: (how: TaskSettle) => void;
  readonly isSending: boolean;
  readonly onClose: () => void;
}

/** Finds records among those that are kept here. A pasted id counts as found. */
function Answer({ task, onSend, isSending, onClose }: SettleForm & { readonly task: TaskView }) {
  const [text, setText] = useState(task.asks.entity);
  const [chosen, setChosen] = useState<readonly `evd_${string}`[]>([]);
  const [words, setWords] = useState('');
  const asked = useDeferredValue(text.trim());
  const pasted = /^evd_[0-9a-z]{1,32}$/.test(asked) ? (asked as `evd_${string}`) : undefined;
  const found = useQuery({ ...searchQuery(asked), enabled: asked.length >= 2 && pasted === undefined });
  const toggle = (id: `evd_${string}`) =>
    setChosen(chosen.includes(id) ? chosen.filter(one => one !== id) : [...chosen, id].slice(0, TASK_RECORDS_MAX));
  const hits = pasted === undefined ? (found.data?.hits ?? []) : [];
  const isReady = chosen.length > 0 && !isSending;
  return (
    <form
      className="talk-form"
      onSubmit={event => {
        event.preventDefault();
        if (isReady) onSend({ move: 'answer', evidence: chosen, words: words.trim() });
      }}
    >
      <label className="field">
        <span className="label">Find the records, or paste the id of one</span>
        <input
          className="input"
          value={text}
          onChange={event => setText(event.target.value)}
          data-testid="task-search"
        />
      </label>
      {found.isError && <Outcome error={found.error} />}
      {found.isSuccess && hits.length === 0 && <p className="quiet">Nothing that is kept here says that.</p>}
      <ul className="task-hits">
        {hits.map(hit => (
          <li key={hit.alert}>
            <label className="ack">
              <input
                type="checkbox"
                checked={chosen.includes(hit.evidence)}
                onChange={() => toggle(hit.evidence)}
                data-testid="task-hit"
              />
              <span className="task-hit">
                <Inert text={hit.title} form="line" /> <span className="quiet nowrap">{utc(hit.at).slice(0, 16)}</span>{' '}
                <span className="soft">
                  <Inert text={hit.excerpt.slice(0, 160)} form="line" />
                </span>
              </span>
            </label>
          </li>
        ))}
      </ul>
      {pasted !== undefined && !chosen.includes(pasted) && (
        <button type="button" className="btn-link" onClick={() => toggle(pasted)} data-testid="task-paste">
          take {pasted}
        </button>
      )}
      {chosen.length > 0 && (
        <p className="task-records">
          {chosen.length} of at most {TASK_RECORDS_MAX}:{' '}
          {chosen.map(id => (
            <Identifier key={id} text={id} />
          ))}
        </p>
      )}
      <label className="field">
        <span className="label">What they say to it (may stay empty)</span>
        <textarea
          className="input"
          rows={2}
          value={words}
          maxLength={TASK_SETTLED_CHARS_MAX}
          onChange={event => setWords(event.target.value)}
          data-testid="task-words"
        />
      </label>
      <p className="soft">
        Sending them makes a new revision, and voids what was signed. You then contributed: from T2 on others sign it.
      </p>
      <SettleActions isReady={isReady} isSending={isSending} onClose={onClose} name="Bring them" />
    </form>
  );
}

function GiveUp({ onSend, isSending, onClose }: SettleForm) {
  const [words, setWords] = useState('');
  const isReady = words.trim() !== '' && !isSending;
  return (
    <form
      className="talk-form"
      onSubmit={event => {
        event.preventDefault();
        if (isReady) onSend({ move: 'give_up', words: words.trim() });
      }}
    >
      <label className="field">
        <span className="label">Why it cannot be got</span>
        <textarea
          className="input"
          rows={2}
          value={words}
          maxLength={TASK_SETTLED_CHARS_MAX}
          onChange={event => setWords(event.target.value)}
          data-testid="task-words"
        />
      </label>
      <SettleActions isReady={isReady} isSending={isSending} onClose={onClose} name="It cannot be got" />
    </form>
  );
}

function SettleActions({
  isReady,
  isSending,
  onClose,
  name,
}: {
  readonly isReady: boolean;
  readonly isSending: boolean;
  readonly onClose: () => void;
  readonly name: string;
}) {
  return (
    <div className="actions">
      <button type="button" className="btn" onClick={onClose}>
        Not now
      </button>
      <button type="submit" className="btn btn-primary" disabled={!isReady} data-testid="task-send">
        {isSending ? 'Looking at the target again…' : name}
      </button>
    </div>
  );
}

/** A line on the way to the tasks that are mine and open. Nothing where there is none. */
export function AskedOfMe() {
  const tasks = useQuery(tasksQuery);
  const open = (tasks.data?.ofMe ?? []).filter(task => task.state === 'open');
  if (open.length === 0) return null;
  const late = open.filter(task => task.isOverdue).length;
  return (
    <p className="review-section" data-testid="asked-of-me">
      <Link to="/tasks">
        {open.length === 1 ? 'One thing is asked of you' : `${open.length} things are asked of you`}
      </Link>{' '}
      <span className="soft">
        so that others can decide{late === 0 ? '' : `; ${late} ${late === 1 ? 'is' : 'are'} overdue`}
      </span>
    </p>
  );
}
