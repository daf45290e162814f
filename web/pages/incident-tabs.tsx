import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { IncidentEventRow } from '../../src/model/api.ts';
import type { EntityInvolved } from '../../src/model/claim.ts';
import { request } from '../api/client.ts';
import { enrichmentQuery } from '../api/queries.ts';
import { FactChips } from '../parts/facts.tsx';
import { Inert } from '../parts/inert.tsx';
import { Empty, Outcome } from '../parts/states.tsx';
import { Moment, MomentText } from '../parts/time.tsx';

const ROLES = ['entry', 'actor', 'pivot', 'target', 'infrastructure', 'bystander'] as const;

/** Who and what is involved, in which role and why, with what the inventory knows of it. */
export function IncidentEntities({
  id,
  entities,
}: {
  readonly id: string;
  readonly entities: readonly EntityInvolved[];
}) {
  const known = useQuery(enrichmentQuery(id));
  const factsOf = new Map(known.data?.entities.map(({ key, facts }) => [key, facts]));
  if (entities.length === 0)
    return <Empty title="No entities">No record of this incident maps a user, host or address.</Empty>;
  const sorted = [...entities].sort(
    (a, b) => ROLES.indexOf(a.role) - ROLES.indexOf(b.role) || b.alertCount - a.alertCount,
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label="Entities">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Role</th>
            <th scope="col">Entity</th>
            <th scope="col">Why this role</th>
            <th scope="col" className="num">
              Alerts
            </th>
            <th scope="col">First to last seen</th>
            <th scope="col">Inventory</th>
            <th scope="col">Known besides</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map(entity => (
            <tr key={entity.key} data-testid="entity">
              <td>{entity.role}</td>
              <td className="entity-name">
                <Inert text={entity.label} /> <span className="quiet">{entity.kind}</span>
              </td>
              <td className="soft">
                <Inert text={entity.because} form="line" />
              </td>
              <td className="num">{entity.alertCount}</td>
              <td className="nowrap">
                <Moment at={entity.firstSeen} /> – <Moment at={entity.lastSeen} />
              </td>
              <td>{inventoryText(entity)}</td>
              <td>
                {known.isPending && <span className="quiet">…</span>}
                {known.isError && <span className="gap-text">could not be read</span>}
                {known.data !== undefined && <FactChips facts={factsOf.get(entity.key) ?? []} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function inventoryText({ inventory }: EntityInvolved): string {
  if (inventory === undefined) return 'not in the inventory';
  const words = [
    inventory.isMachine ? 'machine identity' : '',
    inventory.privileged === 'yes' ? 'privileged' : inventory.privileged === 'unknown' ? 'privilege unknown' : '',
    inventory.criticality === 'unknown' ? 'criticality unknown' : `criticality ${inventory.criticality}`,
    inventory.owner === '' ? 'no owner' : `owner ${inventory.owner}`,
  ];
  return words.filter(word => word !== '').join(' · ');
}

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
