import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { foldMembership, type Membership, type NumberedEvent, ownerOf } from '../core/intake/incident.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { IncidentEvent } from '../model/incident.ts';
import { type Db, record, type ServerContext, transact } from './context.ts';
import type { CorrelatingPlacer } from './correlating.ts';
import type { IncidentRows } from './incident-rows.ts';
import { UNDOABLE } from './incidents.ts';
import type { Intake } from './intake.ts';
import { insertEvents } from './intake-store.ts';
import type { Study } from './study.ts';

/** What a person may do to an incident. Each is an event, and the structural ones can be undone. */
export type IncidentChange =
  | { readonly kind: 'merge'; readonly from: Id<'incident'>; readonly because: string }
  | { readonly kind: 'split'; readonly alerts: readonly Id<'alert'>[] }
  | { readonly kind: 'detach'; readonly alert: Id<'alert'> }
  | { readonly kind: 'undo'; readonly event: number }
  | { readonly kind: 'own'; readonly owner: string }
  | { readonly kind: 'note'; readonly text: string };

/** What changing incidents needs: intake stands still meanwhile, and the correlator learns of it. */
export interface ChangeParts {
  readonly context: ServerContext;
  readonly intake: Intake;
  readonly placer: Pick<CorrelatingPlacer, 'peopleChanged'>;
  readonly study: Pick<Study, 'changed'>;
}

interface Changed {
  readonly incidents: readonly Id<'incident'>[];
  readonly moves: ReadonlyMap<Id<'alert'>, Id<'incident'>>;
  readonly merged: ReadonlyMap<Id<'incident'>, Id<'incident'> | undefined>;
}

/**
 * Carries out one change: the event, what it does to the alerts and the rows, and the entry of the log, or nothing.
 * Resolves to the incidents that look different now.
 */
export async function changeIncident(
  parts: ChangeParts,
  by: string,
  incident: Id<'incident'>,
  change: IncidentChange,
): Promise<Result<readonly Id<'incident'>[], Failure>> {
  const { context, intake } = parts;
  const done = await intake.exclusively(rows =>
    transact(context, client => apply(context, client, rows, by, incident, change)),
  );
  if (!done.ok) return done;
  parts.placer.peopleChanged(done.value.moves, done.value.merged);
  const { incidents } = done.value;
  parts.study.changed(incidents);
  context.live.publish(
    { kind: 'incidents', changed: incidents.length },
    ...incidents.map(id => ({ kind: 'incident', id }) as const),
  );
  return ok(incidents);
}

async function apply(
  context: ServerContext,
  client: Db,
  rows: IncidentRows,
  by: string,
  incident: Id<'incident'>,
  change: IncidentChange,
): Promise<Result<Changed, Failure>> {
  const standing = await client.query<{ merged_into: string | null; state: string }>(
    'SELECT merged_into, state FROM incident WHERE tenant_id = $1 AND id = $2',
    [context.tenant, incident],
  );
  const [row] = standing.rows;
  if (row === undefined) return fail(failureOf('not_found', `no incident ${incident}`));
  if (row.merged_into !== null && change.kind !== 'undo')
    return fail(failureOf('incident.closed', `${incident} was merged into ${row.merged_into}`));
  const event = await eventOf(context, client, by, incident, change);
  if (!event.ok) return event;
  const at = new Date(context.now());
  const related = await relatedIncidents(client, context.tenant, event.value, incident);
  const before = foldMembership(await readEvents(client, context.tenant, related));
  await insertEvents(client, context.tenant, at, by, [event.value]);
  const events = await readEvents(client, context.tenant, related);
  const after = foldMembership(events);
  const changed = difference(before, after);
  const isStructural = UNDOABLE.has(event.value.kind);
  if (isStructural && changed.moves.size === 0)
    return fail(failureOf('incident.cannot_undo', 'the change would move nothing'));
  await moveAlerts(client, context.tenant, changed.moves);
  if (isStructural) await rows.rebuild(client, context.tenant, changed.incidents, at);
  await markMerged(client, context.tenant, changed.merged, at);
  if (event.value.kind === 'owned') {
    await client.query('UPDATE incident SET owner = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2', [
      context.tenant,
      incident,
      ownerOf(events, incident),
      at,
    ]);
  }
  await record(context, client, {
    type: 'incident.changed',
    incident,
    change: change.kind,
    by,
    detail: detailOf(event.value),
  });
  return ok({ ...changed, incidents: [...new Set([incident, ...changed.incidents])] });
}

/** The event that a change means, once what it names is found to be there. */
async function eventOf(
  context: ServerContext,
  client: Db,
  by: string,
  incident: Id<'incident'>,
  change: IncidentChange,
): Promise<Result<IncidentEvent, Failure>> {
  const { tenant } = context;
  switch (change.kind) {
    case 'merge': {
      const { rowCount } = await client.query(
        'SELECT 1 FROM incident WHERE tenant_id = $1 AND id = $2 AND merged_into IS NULL AND id <> $3',
        [tenant, change.from, incident],
      );
      if (rowCount === 0) return fail(failureOf('not_found', `no other open incident ${change.from}`));
      return ok({ kind: 'merged', incident, from: change.from, because: change.because, by });
    }
    case 'split':
    case 'detach': {
      const alerts = change.kind === 'split' ? change.alerts : [change.alert];
      const { rows } = await client.query<{ here: string; total: string }>(
        'SELECT count(*) FILTER (WHERE id = ANY($3)) AS here, count(*) AS total FROM alert WHERE tenant_id = $1 AND incident_id = $2',
        [tenant, incident, alerts],
      );
      if (Number(rows[0]?.here ?? 0) !== new Set(alerts).size)
        return fail(failureOf('not_found', 'not all of these alerts stand in the incident'));
      if (Number(rows[0]?.total ?? 0) === alerts.length)
        return fail(failureOf('incident.cannot_undo', 'these are all of its alerts'));
      const into = context.newId('incident');
      return ok(
        change.kind === 'split'
          ? { kind: 'split', incident, into, alerts, by }
          : { kind: 'detached', incident, alert: change.alert, into, by },
      );
    }
    case 'undo': {
      const { rows } = await client.query<{ event: IncidentEvent }>(
        'SELECT event FROM incident_event WHERE tenant_id = $1 AND seq = $2',
        [tenant, change.event],
      );
      const [found] = rows;
      if (found === undefined || !UNDOABLE.has(found.event.kind))
        return fail(failureOf('incident.cannot_undo', `event ${change.event} cannot be undone`));
      const { rowCount } = await client.query(
        `SELECT 1 FROM incident_event WHERE tenant_id = $1 AND event ->> 'kind' = 'undone' AND (event ->> 'event')::bigint = $2`,
        [tenant, change.event],
      );
      if (rowCount !== 0) return fail(failureOf('incident.cannot_undo', `event ${change.event} was undone before`));
      return ok({ kind: 'undone', incident, event: change.event, by });
    }
    case 'own':
      return ok({ kind: 'owned', incident, owner: change.owner, by });
    case 'note':
      return ok({ kind: 'noted', incident, text: change.text, by });
  }
}

/** Incidents that alerts went between, in any number of steps: what has to be folded together. */
async function relatedIncidents(
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
        WHERE tenant_id = $1 AND event ->> 'kind' IN ('merged', 'split', 'detached')
          AND (incident_id = ANY($2) OR event ->> 'from' = ANY($2) OR event ->> 'into' = ANY($2))`,
      [tenant, [...known]],
    );
    for (const { a, b, c } of rows) for (const id of [a, b, c]) if (id !== null) known.add(id);
  }
  return [...known];
}

async function readEvents(client: Db, tenant: string, incidents: readonly string[]): Promise<readonly NumberedEvent[]> {
  const { rows } = await client.query<{ seq: string; event: IncidentEvent }>(
    'SELECT seq, event FROM incident_event WHERE tenant_id = $1 AND incident_id = ANY($2) ORDER BY seq',
    [tenant, incidents],
  );
  return rows.map(row => ({ seq: Number(row.seq), event: row.event }));
}

function difference(before: Membership, after: Membership): Changed {
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

async function moveAlerts(client: Db, tenant: string, moves: ReadonlyMap<Id<'alert'>, Id<'incident'>>): Promise<void> {
  if (moves.size === 0) return;
  await client.query(
    `UPDATE alert SET incident_id = new.incident FROM unnest($2::text[], $3::text[]) AS new (alert, incident) WHERE alert.tenant_id = $1 AND alert.id = new.alert`,
    [tenant, [...moves.keys()], [...moves.values()]],
  );
}

async function markMerged(client: Db, tenant: string, merged: Changed['merged'], at: Date): Promise<void> {
  for (const [id, into] of merged) {
    await client.query('UPDATE incident SET merged_into = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2', [
      tenant,
      id,
      into ?? null,
      at,
    ]);
  }
}

/** Ids and counts only: a note's words are personal data and stay out of the log. */
function detailOf(event: IncidentEvent): { readonly [key: string]: string } {
  switch (event.kind) {
    case 'merged':
      return { from: event.from };
    case 'split':
      return { into: event.into, alerts: String(event.alerts.length) };
    case 'detached':
      return { into: event.into, alert: event.alert };
    case 'undone':
      return { event: String(event.event) };
    case 'owned':
      return { owner: event.owner };
    default:
      return {};
  }
}
