import { createHash } from 'node:crypto';
import { unixMsFrom } from '../base/time.ts';
import { type EntityHit, entityKey } from '../model/alert.ts';
import type { Sightings } from '../model/enrichment.ts';
import type { ServerContext } from './context.ts';

/** Incidents of one value are counted up to here, and hosts up to what the schema keeps; beyond, it says "at least". */
const INCIDENTS_MAX = 1_000;
const HOSTS_MAX = 100;
/** As `entity_key` in the schema. */
const VALUE_BYTES_MAX = 400;

/** The key under which an entity's sightings are kept: a long value stands as its digest. */
export function storedKey(entity: Pick<EntityHit, 'kind' | 'value'>): string {
  return Buffer.byteLength(entity.value) > VALUE_BYTES_MAX
    ? `${entity.kind}:#${createHash('sha256').update(entity.value).digest('hex')}`
    : entityKey(entity);
}

/** How often each of these was seen, by stored key. What was never seen is absent. Incidents that were merged count once. */
export async function readSightings(
  context: ServerContext,
  keys: readonly string[],
): Promise<ReadonlyMap<string, Sightings>> {
  const { rows } = await context.pool.query<{
    entity_key: string;
    alerts: number;
    first_seen: Date;
    last_seen: Date;
    incidents: string;
    hosts: number;
  }>(
    `SELECT s.entity_key, s.alerts, s.first_seen, s.last_seen,
                  (SELECT count(DISTINCT coalesce(i.merged_into, i.id)) FROM
                    (SELECT incident_id FROM entity_incident WHERE tenant_id = $1 AND entity_key = s.entity_key LIMIT $3) x
                    JOIN incident i ON i.tenant_id = $1 AND i.id = x.incident_id) AS incidents,
            cardinality(s.hosts) AS hosts
             FROM entity_seen s WHERE s.tenant_id = $1 AND s.entity_key = ANY($2)`,
    [context.tenant, keys, INCIDENTS_MAX],
  );
  return new Map(
    rows.map(row => [
      row.entity_key,
      {
        alerts: row.alerts,
        incidents: Number(row.incidents),
        hosts: row.hosts,
        isBounded: Number(row.incidents) >= INCIDENTS_MAX || row.hosts >= HOSTS_MAX,
        firstSeen: unixMsFrom(row.first_seen.getTime()),
        lastSeen: unixMsFrom(row.last_seen.getTime()),
      },
    ]),
  );
}

/** Alerts that are kept, counted from the batches that brought them. */
export async function countAlerts(context: ServerContext): Promise<number> {
  const { rows } = await context.pool.query<{ kept: string }>(
    'SELECT coalesce(sum(kept), 0) AS kept FROM intake_batch WHERE tenant_id = $1',
    [context.tenant],
  );
  return Number(rows[0]?.kept ?? 0);
}
