import type { Severity } from '../../src/model/alert.ts';
import { SEVERITY_RANK } from '../../src/model/alert.ts';
import type { Installation } from './installation.ts';
import { INCIDENT } from './proposals.ts';
import { TENANT } from './tenant.ts';

/** Puts the incident that studies speak of into the database, with so many alerts. */
export async function addIncident(world: Installation, severity: Severity = 'low', alerts = 2): Promise<void> {
  await world.database.ownerPool.query(
    `INSERT INTO incident (tenant_id, id, title, severity, severity_rank, alert_count, sources, entities, first_seen, last_seen, updated_at)
     VALUES ($1, $2, 'A login from a new network', $3, $4, 0, '{}', '[]', now(), now(), now())`,
    [TENANT, INCIDENT, severity, SEVERITY_RANK[severity]],
  );
  for (let i = 0; i < alerts; i++) await addAlert(world);
}

/** One more alert joins it. */
export async function addAlert(world: Installation): Promise<void> {
  const id = world.context.newId('alert');
  await world.database.ownerPool.query(
    `INSERT INTO alert (tenant_id, id, alert_key, evidence_id, source, product, title, rule, severity, activity_at, received_at, body, incident_id, because, batch_id)
     VALUES ($1, $2, $2, 'evd_none', 'generic', 'test', 'a login', 'login', 'low', now(), now(), '{}', $3, '[]', 'bat_test')`,
    [TENANT, id, INCIDENT],
  );
  await world.database.ownerPool.query(
    `UPDATE incident SET alert_count = alert_count + 1,
        state = CASE WHEN state = 'closed' THEN 'open' ELSE state END WHERE tenant_id = $1 AND id = $2`,
    [TENANT, INCIDENT],
  );
}
