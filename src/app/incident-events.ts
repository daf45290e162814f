import type { Id } from '../base/id.ts';
import { foldMembership, type Membership, type NumberedEvent } from '../core/intake/incident.ts';
import type { IncidentEvent } from '../model/incident.ts';
import type { Db } from './context.ts';

/** What the change of some events does to where alerts stand. */
export interface Difference {
  readonly incidents: readonly Id<'incident'>[];
  readonly moves: ReadonlyMap<Id<'alert'>, Id<'incident'>>;
  /** Into which incident each was merged, undefined where it stands by itself again. */
  readonly merged: ReadonlyMap<Id<'incident'>, Id<'incident'> | undefined>;
}

/** An event as it is now; earlier releases wrote one `joined` for each alert. */
export function incidentEventOf(stored: unknown): IncidentEvent {
  const event = stored as IncidentEvent & { readonly alert?: Id<'alert'> };
  if (event.kind !== 'joined' || event.alert === undefined) return event;
  return { kind: 'joined', incident: event.incident, alerts: [event.alert] };
}

/** Incidents that alerts went between, in any number of steps: what has to be folded together. */
export async function relatedIncidents(
  client: Db,
  tenant: string,
  event: IncidentEvent,
  incident: Id<'incident'>,
): Promise<readonly string[]> {
  const known = new Set<string>([
    incident,
    ...('from' in event ? [event.from] : []),
    ...('into' in event ? [event.into] : []),
  ]);
  if (event.kind === 'undone') {
    const { rows } = await client.query<{ a: string; b: string | null; c: string | null }>(
      `SELECT incident_id AS a, event ->> 'from' AS b, event ->> 'into' AS c FROM incident_event WHERE tenant_id = $1 AND seq = $2`,
      [tenant, event.event],
    );
    for (const { a, b, c } of rows) for (const id of [a, b, c]) if (id !== null) known.add(id);
  }
  for (let before = 0; before !== known.size; ) {
    before = known.size;
    const { rows } = await client.query<{ a: string; b: string | null; c: string | null }>(
      `SELECT incident_id AS a, event ->> 'from' AS b, event ->> 'into' AS c FROM incident_event
        WHERE tenant_id = $1 AND event ->> 'kind' IN ('merged', 'split', 'detached', 'moved')
          AND (incident_id = ANY($2) OR event ->> 'from' = ANY($2) OR event ->> 'into' = ANY($2))`,
      [tenant, [...known]],
    );
    for (const { a, b, c } of rows) for (const id of [a, b, c]) if (id !== null) known.add(id);
  }
  return [...known];
}

export async function readEvents(
  client: Db,
  tenant: string,
  incidents: readonly string[],
): Promise<readonly NumberedEvent[]> {
  const { rows } = await client.query<{ seq: string; event: unknown }>(
    'SELECT seq, event FROM incident_event WHERE tenant_id = $1 AND incident_id = ANY($2) ORDER BY seq',
    [tenant, incidents],
  );
  return rows.map(row => ({ seq: Number(row.seq), event: incidentEventOf(row.event) }));
}

export function differenceOf(before: Membership, after: Membership): Difference {
  const moves = new Map<Id<'alert'>, Id<'incident'>>();
  const incidents = new Set<Id<'incident'>>();
  for (const [alert, incident] of after.incidentOf) {
    const old = before.incidentOf.get(alert);
    if (old === incident) continue;
    moves.set(alert, incident);
    incidents.add(incident);
    if (old !== undefined) incidents.add(old);
  }
  const merged = new Map<Id<'incident'>, Id<'incident'> | undefined>();
  for (const id of new Set([...before.mergedInto.keys(), ...after.mergedInto.keys()])) {
    if (before.mergedInto.get(id) !== after.mergedInto.get(id)) merged.set(id, after.mergedInto.get(id));
  }
  return { incidents: [...incidents], moves, merged };
}

/**
 * Appends an event with what it means for where alerts stand: folds what is related before and after, and moves the
 * alerts. Resolves to what changed; the rows of the queue are the caller's to write anew.
 */
export async function appendStructural(
  client: Db,
  tenant: string,
  incident: Id<'incident'>,
  event: IncidentEvent,
  append: () => Promise<void>,
): Promise<{ readonly difference: Difference; readonly events: readonly NumberedEvent[] }> {
  const related = await relatedIncidents(client, tenant, event, incident);
  const before = foldMembership(await readEvents(client, tenant, related));
  await append();
  const events = await readEvents(client, tenant, related);
  const difference = differenceOf(before, foldMembership(events));
  await moveAlerts(client, tenant, difference.moves);
  return { difference, events };
}

async function moveAlerts(client: Db, tenant: string, moves: ReadonlyMap<Id<'alert'>, Id<'incident'>>): Promise<void> {
  if (moves.size === 0) return;
  await client.query(
    `UPDATE alert SET incident_id = new.incident FROM unnest($2::text[], $3::text[]) AS new (alert, incident) WHERE alert.tenant_id = $1 AND alert.id = new.alert`,
    [tenant, [...moves.keys()], [...moves.values()]],
  );
}

/** Says on the rows of incidents where their alerts went, or that they stand by themselves again. */
export async function markMerged(client: Db, tenant: string, merged: Difference['merged'], at: Date): Promise<void> {
  for (const [id, into] of merged) {
    await client.query('UPDATE incident SET merged_into = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2', [
      tenant,
      id,
      into ?? null,
      at,
    ]);
  }
}
