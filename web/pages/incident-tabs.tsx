import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { IncidentEventRow } from '../../src/model/api.ts';
import { request } from '../api/client.ts';
import { Inert } from '../parts/inert.tsx';
import { Outcome } from '../parts/states.tsx';
import { MomentText } from '../parts/time.tsx';

export function IncidentNotes({ id, notes }: { readonly id: string; readonly notes: readonly IncidentEventRow[] }) {
  const [text, setText] = useState('');
  const cache = useQueryClient();
  const add = useMutation({
    mutationFn: () => request('POST', `/api/v1/incidents/${id}/note`, { text }),
    onSuccess: () => {
      setText('');
      void cache.invalidateQueries({ queryKey: ['incident', id] });
    },
  });
  return (
    <div className="stack">
      {notes.length === 0 && <p className="quiet">No notes yet.</p>}
      <ul className="notes">
        {notes.map(note => (
          <li key={note.seq}>
            <span className="quiet">
              {note.by} · <MomentText at={note.at} />
            </span>
            <p>
              <Inert text={note.text} form="line" keepLines />
            </p>
          </li>
        ))}
      </ul>
      <form
        className="note-form"
        onSubmit={event => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <textarea
          className="input"
          aria-label="New note"
          placeholder="What you found, for whoever looks next"
          value={text}
          onChange={event => setText(event.target.value)}
          rows={2}
          maxLength={4_000}
        />
        <button type="submit" className="btn" disabled={text.trim() === '' || add.isPending}>
          Add note
        </button>
      </form>
      <Outcome error={add.error} />
    </div>
  );
}

/** What happened to the incident itself. Whatever changed its shape can be undone, and that is an entry too. */
export function IncidentLog({ id, events }: { readonly id: string; readonly events: readonly IncidentEventRow[] }) {
  const cache = useQueryClient();
  const undo = useMutation({
    mutationFn: (event: number) => request('POST', `/api/v1/incidents/${id}/undo`, { event }),
    onSuccess: () => cache.invalidateQueries({ queryKey: ['incident', id] }),
  });
  const newest = [...events].sort((a, b) => b.seq - a.seq);
  return (
    <>
      <Outcome error={undo.error} />
      <ol className="event-list">
        {newest.map(event => (
          <li key={event.seq} className="event">
            <span className="quiet nowrap">
              <MomentText at={event.at} />
            </span>
            <span className="badge">{event.kind}</span>
            <span className="event-text">
              <Inert text={event.text} form="line" />
            </span>
            <span className="quiet">{event.by}</span>
            {event.canUndo && (
              <button
                type="button"
                className="btn-link"
                disabled={undo.isPending}
                onClick={() => undo.mutate(event.seq)}
              >
                undo
              </button>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}
