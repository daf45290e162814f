import { useQuery } from '@tanstack/react-query';
import type { Me, PersonRow, ProposalView } from '../../src/model/api.ts';
import { streamText } from '../../src/model/coverage.ts';
import { askerOf } from '../../src/model/proposal.ts';
import {
  TASK_ENTITY_CHARS_MAX,
  TASK_SOURCE_CHARS_MAX,
  TASK_WORDS_CHARS_MAX,
  type TaskRequest,
} from '../../src/model/task.ts';
import { peopleQuery, sourcesQuery } from '../api/queries.ts';
import { Inert } from '../parts/inert.tsx';
import { duration, msOf, ZONE } from '../parts/time.tsx';

/** What somebody is filling in. Times as the field holds them, in the viewer's own zone. */
export interface AskDraft {
  readonly source: string;
  readonly entity: string;
  readonly from: string;
  readonly to: string;
  readonly words: string;
  readonly owner: string;
  /** Minutes from the signature on; empty: as long as the proposal waits. */
  readonly due: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DUE_MINUTES = [15, 30, 60, 120];

/** What is missing suggests what to ask for: the first gap, of the target. */
export function firstAsk(view: ProposalView): AskDraft {
  const { gaps } = view.presentation.coverage;
  const gap = gaps.find(one => one.required) ?? gaps[0];
  const now = Date.now();
  return {
    source: gap === undefined ? '' : streamText(gap.stream).slice(0, TASK_SOURCE_CHARS_MAX),
    entity: view.presentation.targetName.slice(0, TASK_ENTITY_CHARS_MAX),
    from: localText(msOf(gap?.from) ?? now - DAY_MS),
    to: localText(msOf(gap?.to) ?? now),
    words: '',
    owner: '',
    due: '',
  };
}

/** `2026-11-27T09:05` in the viewer's zone, as such a field takes it. */
function localText(ms: number): string {
  const at = new Date(ms);
  return new Date(ms - at.getTimezoneOffset() * MINUTE_MS).toISOString().slice(0, 16);
}

/** What is asked, and why it cannot be asked yet. `now` is when it is signed. */
export function taskOf(
  draft: AskDraft,
  view: ProposalView,
  owner: string,
  now: number,
): { readonly task: TaskRequest | undefined; readonly missing: readonly string[] } {
  const [from, to] = [msOf(draft.from), msOf(draft.to)];
  const reviewBy = msOf(view.row.reviewBy) ?? now;
  const dueAt = draft.due === '' ? reviewBy : Math.min(reviewBy, now + Number(draft.due) * MINUTE_MS);
  const missing = [
    draft.source.trim() === '' ? 'say whose records' : '',
    draft.entity.trim() === '' ? 'say about whom or what' : '',
    from === undefined || to === undefined || from >= to ? 'say from when to when' : '',
    owner === '' ? 'say who is asked' : '',
  ].filter(text => text !== '');
  if (missing.length > 0 || from === undefined || to === undefined) return { task: undefined, missing };
  return {
    task: {
      asks: {
        source: draft.source.trim(),
        entity: draft.entity.trim(),
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        words: draft.words.trim(),
      },
      owner: owner as TaskRequest['owner'],
      dueAt: new Date(dueAt).toISOString(),
    },
    missing: [],
  };
}

const WORKING = ['administrator', 'responder', 'owner', 'analyst'];

/** Who can be asked. Whoever contributed knows most, so they come first. */
export function useAskable(view: ProposalView, me: Me): readonly PersonRow[] {
  const people = useQuery(peopleQuery);
  const asker = askerOf(view.origin);
  const rank = ({ id }: PersonRow) =>
    id === me.person?.id ? 3 : view.contributors.some(one => one.id === id) ? 0 : id === asker ? 1 : 2;
  return (people.data ?? [])
    .filter(person => !person.isPending && person.roles.some(role => WORKING.includes(role)))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

interface AskFieldsProps {
  readonly view: ProposalView;
  readonly me: Me;
  readonly askable: readonly PersonRow[];
  readonly draft: AskDraft;
  readonly onDraft: (draft: AskDraft) => void;
}

/** What is wanted, concretely, of whom and until when. */
export function AskFields({ view, me, askable, draft, onDraft }: AskFieldsProps) {
  const sources = useQuery(sourcesQuery);
  const set = (part: Partial<AskDraft>) => onDraft({ ...draft, ...part });
  const left = (msOf(view.row.reviewBy) ?? 0) - Date.now();
  return (
    <div className="ask-fields">
      <label className="field">
        <span className="label">Records of</span>
        <input
          className="input"
          list="ask-sources"
          value={draft.source}
          maxLength={TASK_SOURCE_CHARS_MAX}
          placeholder="a source, a product, a log"
          onChange={event => set({ source: event.target.value })}
          data-testid="ask-source"
        />
        <datalist id="ask-sources">
          {(sources.data ?? []).map(source => (
            <option key={source.id} value={source.id} />
          ))}
        </datalist>
      </label>
      <label className="field">
        <span className="label">about</span>
        <input
          className="input"
          value={draft.entity}
          maxLength={TASK_ENTITY_CHARS_MAX}
          onChange={event => set({ entity: event.target.value })}
          data-testid="ask-entity"
        />
      </label>
      <label className="field">
        <span className="label">from ({ZONE})</span>
        <input
          className="input"
          type="datetime-local"
          value={draft.from}
          onChange={event => set({ from: event.target.value })}
          data-testid="ask-from"
        />
      </label>
      <label className="field">
        <span className="label">to</span>
        <input
          className="input"
          type="datetime-local"
          value={draft.to}
          onChange={event => set({ to: event.target.value })}
          data-testid="ask-to"
        />
      </label>
      <label className="field is-wide">
        <span className="label">What you want to know (may stay empty)</span>
        <textarea
          className="input"
          rows={2}
          value={draft.words}
          maxLength={TASK_WORDS_CHARS_MAX}
          onChange={event => set({ words: event.target.value })}
          data-testid="ask-words"
        />
      </label>
      <label className="field">
        <span className="label">Asked of</span>
        <select
          className="input"
          value={draft.owner === '' ? (askable[0]?.id ?? '') : draft.owner}
          onChange={event => set({ owner: event.target.value })}
          data-testid="ask-owner"
        >
          {askable.map(person => (
            <option key={person.id} value={person.id}>
              {person.name}
              {person.id === me.person?.id ? ' (you)' : ''}
              {view.contributors.some(one => one.id === person.id) ? ', who contributed' : ''}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span className="label">Due</span>
        <select
          className="input"
          value={draft.due}
          onChange={event => set({ due: event.target.value })}
          data-testid="ask-due"
        >
          <option value="">before the proposal expires, in {duration(left)}</option>
          {DUE_MINUTES.filter(minutes => minutes * MINUTE_MS < left).map(minutes => (
            <option key={minutes} value={String(minutes)}>
              in {duration(minutes * MINUTE_MS)}
            </option>
          ))}
        </select>
      </label>
      <p className="quiet is-wide">
        Neither a yes nor a no: others may sign meanwhile, and if nobody answers, nothing happens by that. What is
        brought stands in the evidence of the next revision of <Inert text={view.presentation.targetName} form="line" />
        .
      </p>
    </div>
  );
}
