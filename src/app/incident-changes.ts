import type { Id } from '../base/id.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { ownerOf } from '../core/intake/incident.ts';
import { type Failure, failureOf } from '../model/failure.ts';
import type { IncidentEvent } from '../model/incident.ts';
import { type Db, record, type ServerContext, transact } from './context.ts';
import type { CorrelatingPlacer } from './correlating.ts';
import { appendStructural, markMerged } from './incident-events.ts';
import type { IncidentRows } from './incident-rows.ts';
import { UNDOABLE } from './incidents.ts';
import type { Intake } from './intake.ts';
import { insertEvents } from './intake-store.ts';
import type { Overview } from './overview.ts';
import { peoplesChangeOf } from './replay.ts';
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
  readonly overview: Pick<Overview, 'changed'>;
}

interface Changed {
  readonly incidents: readonly Id<'incident'>[];
  readonly event: IncidentEvent;
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
  const done = await intake.exclusively(async rows => {
    const applied = await transact(context, client => apply(context, client, rows, by, incident, change));
    const means = applied.ok ? peoplesChangeOf(applied.value.event) : undefined;
    if (means !== undefined) await parts.placer.peopleChanged(means);
    return applied;
  });
  if (!done.ok) return done;
  const { incidents } = done.value;
  parts.study.changed(incidents);
  parts.overview.changed();
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
  const { difference, events } = await appendStructural(client, context.tenant, incident, event.value, () =>
    insertEvents(client, context.tenant, at, by, [event.value]),
  );
  if (UNDOABLE.has(event.value.kind)) {
    if (difference.moves.size === 0) return fail(failureOf('incident.cannot_undo', 'the change would move nothing'));
    await rows.rebuild(client, context.tenant, difference.incidents, at);
  }
  await markMerged(client, context.tenant, difference.merged, at);
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
  return ok({ event: event.value, incidents: [...new Set([incident, ...difference.incidents])] });
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
