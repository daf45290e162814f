import type { Id } from '../base/id.ts';
import type { IncidentEvent } from '../model/incident.ts';
import type { Db } from './context.ts';
import { appendStructural, markMerged as markRows } from './incident-events.ts';
import { insertEvents, storableJson } from './intake-store.ts';
import type { Placing } from './placer.ts';

/**
 * Writes what placing a batch did to incidents and to alerts that were there before. Resolves to the incidents whose
 * rows have to be written anew; then comes {@link markPlacing}.
 */
export async function writePlacing(
  client: Db,
  tenant: string,
  placing: Placing,
  at: Date,
): Promise<ReadonlySet<Id<'incident'>>> {
  const touched = new Set(await unmerge(client, tenant, placing, at));
  await insertEvents(client, tenant, at, 'correlator', placing.events);
  for (const id of await moveMerged(client, tenant, placing.events)) touched.add(id);
  for (const id of await moveReplaced(client, tenant, placing)) touched.add(id);
  return touched;
}

/** Says on the rows of incidents, which are written by now, where their alerts went. */
export async function markPlacing(client: Db, tenant: string, { events }: Placing): Promise<void> {
  await markMerged(client, tenant, events);
  await markEmptied(client, tenant, events);
}

/** Takes back the merges that nothing holds together any more. Resolves to the incidents whose alerts changed. */
async function unmerge(
  client: Db,
  tenant: string,
  { unmerged }: Placing,
  at: Date,
): Promise<readonly Id<'incident'>[]> {
  const changed: Id<'incident'>[] = [];
  for (const { incident, from } of unmerged) {
    const { rows } = await client.query<{ seq: string }>(
      `SELECT seq FROM incident_event
        WHERE tenant_id = $1 AND event ->> 'from' = $2 AND event ->> 'kind' = 'merged' ORDER BY seq DESC LIMIT 1`,
      [tenant, from],
    );
    const [merge] = rows;
    if (merge === undefined) continue;
    const event: IncidentEvent = { kind: 'undone', incident, event: Number(merge.seq), by: 'correlator' };
    const { difference } = await appendStructural(client, tenant, incident, event, () =>
      insertEvents(client, tenant, at, 'correlator', [event]),
    );
    await markRows(client, tenant, difference.merged, at);
    changed.push(...difference.incidents);
  }
  return changed;
}

/** Moves the alerts of incidents that the correlator found to be one. Resolves to the incidents whose rows changed. */
async function moveMerged(
  client: Db,
  tenant: string,
  events: readonly IncidentEvent[],
): Promise<ReadonlySet<Id<'incident'>>> {
  const touched = new Set<Id<'incident'>>();
  for (const event of events) {
    if (event.kind !== 'merged') continue;
    await client.query('UPDATE alert SET incident_id = $3 WHERE tenant_id = $1 AND incident_id = $2', [
      tenant,
      event.from,
      event.incident,
    ]);
    touched.add(event.from).add(event.incident);
  }
  return touched;
}

/** Writes where alerts stand that one which came late put in another light. Resolves to the incidents whose rows changed. */
async function moveReplaced(
  client: Db,
  tenant: string,
  { replaced, events }: Placing,
): Promise<readonly Id<'incident'>[]> {
  if (replaced.length === 0) return [];
  await client.query(
    `UPDATE alert SET incident_id = new.incident, because = new.because,
            duplicate_of = CASE WHEN alert.duplicate_of IS NOT DISTINCT FROM new.was THEN new.duplicate_of ELSE alert.duplicate_of END
       FROM json_to_recordset($2::json) AS new (alert text, incident text, duplicate_of text, was text, because jsonb)
      WHERE alert.tenant_id = $1 AND alert.id = new.alert`,
    [
      tenant,
      storableJson(
        replaced.map(one => ({
          alert: one.alert,
          incident: one.incident,
          duplicate_of: one.duplicateOf,
          was: one.wasDuplicateOf,
          because: one.because,
        })),
      ),
    ],
  );
  return events.flatMap(event => (event.kind === 'moved' ? [event.from, event.incident] : []));
}

/** An incident that gave all its alerts away is shown as a part of the one to which they went. */
async function markEmptied(client: Db, tenant: string, events: readonly IncidentEvent[]): Promise<void> {
  for (const event of events) {
    if (event.kind !== 'moved') continue;
    await client.query(
      `UPDATE incident SET merged_into = $3 WHERE tenant_id = $1 AND id = $2 AND merged_into IS NULL AND alert_count = 0`,
      [tenant, event.from, event.incident],
    );
  }
}

/** Says on each merged incident's row where its alerts went. */
async function markMerged(client: Db, tenant: string, events: readonly IncidentEvent[]): Promise<void> {
  for (const event of events) {
    if (event.kind !== 'merged') continue;
    await client.query('UPDATE incident SET merged_into = $3 WHERE tenant_id = $1 AND (id = $2 OR merged_into = $2)', [
      tenant,
      event.from,
      event.incident,
    ]);
  }
}
