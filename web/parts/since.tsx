import { useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { request } from '../api/client.ts';
import { meQuery, sinceQuery } from '../api/queries.ts';
import { Inert } from './inert.tsx';
import { MomentText } from './time.tsx';

/** So long somebody has to have an incident open before it counts as looked at. */
const LOOK_MS = 3_000;

/** What changed since this person last looked; nothing on a first look and where nothing did. */
export function SinceLast({ id }: { readonly id: string }) {
  const me = useQuery(meQuery);
  const isPerson = me.data !== undefined && me.data.person !== null;
  const since = useQuery({ ...sinceQuery(id), enabled: isPerson });
  const isTold = since.isSuccess;
  useEffect(() => {
    if (!isTold) return;
    // A look that could not be noted shows the same changes again the next time.
    const timer = setTimeout(
      () => void request('POST', `/api/v1/incidents/${id}/looked`).catch(() => undefined),
      LOOK_MS,
    );
    return () => clearTimeout(timer);
  }, [id, isTold]);
  if (since.data === undefined || since.data.lookedAt === undefined || since.data.changes.length === 0) return null;
  const { lookedAt, changes, more } = since.data;
  return (
    <section className="since" aria-label="Since you last looked" data-testid="since">
      <h3>
        Since you last looked, <MomentText at={lookedAt} />
      </h3>
      <ul>
        {changes.map(change => (
          <li key={`${change.kind} ${change.about ?? ''} ${change.text}`}>
            <Inert text={change.text} form="line" />
          </li>
        ))}
      </ul>
      {more > 0 && <p className="quiet">and {more} more changes</p>}
    </section>
  );
}
