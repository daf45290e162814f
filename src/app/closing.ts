import type { Id } from '../base/id.ts';
import type { CloseOutcome, IncidentClosure } from '../model/incident.ts';
import { isOwnTarget, type Target } from '../model/proposal.ts';
import type { Db, ServerContext } from './context.ts';

const OBJECT = 'incident/';

/**
 * Writes on the row of an incident what was decided of it last, so that the queue finds it. The row is a copy: an incident is
 * closed while its last own effect says so and no alert joined it since, and the executor judges by that.
 */
export async function projectClosing(context: ServerContext, client: Db, target: Target): Promise<void> {
  if (!isOwnTarget(target) || target.type !== 'incident') return;
  await client.query(
    `UPDATE incident i SET updated_at = $3, state = CASE WHEN o.value ->> 'state' = 'closed' AND i.alert_count <= (o.value ->> 'alerts')::int THEN 'closed' ELSE 'open' END
       FROM (SELECT value FROM own_effect WHERE tenant_id = $1 AND object = $2 ORDER BY seq DESC LIMIT 1) o
      WHERE i.tenant_id = $1 AND i.id = $4`,
    [context.tenant, target.immutableId, new Date(context.now()), target.immutableId.slice(OBJECT.length)],
  );
}

/** The last time that an incident was closed, and whether it still is. Undefined where it never was, or was opened since by people. */
export async function closureOf(
  context: ServerContext,
  incident: Id<'incident'>,
): Promise<IncidentClosure | undefined> {
  const { rows } = await context.pool.query<{
    value: { readonly state: string; readonly outcome?: CloseOutcome; readonly alerts?: string };
    at: Date;
    alert_count: number;
    proposal: Id<'proposal'> | null;
  }>(
    `SELECT o.value, o.at, i.alert_count,
            (SELECT e.proposal_id FROM execution_fact f JOIN execution e ON e.tenant_id = f.tenant_id AND e.id = f.execution_id
              WHERE f.tenant_id = o.tenant_id AND f.kind = 'intended' AND f.body ->> 'idempotencyKey' = o.idempotency_key LIMIT 1) AS proposal
       FROM own_effect o JOIN incident i ON i.tenant_id = o.tenant_id AND i.id = $3
      WHERE o.tenant_id = $1 AND o.object = $2 ORDER BY o.seq DESC LIMIT 1`,
    [context.tenant, `${OBJECT}${incident}`, incident],
  );
  const [row] = rows;
  const { outcome, alerts } = row?.value ?? {};
  if (row === undefined || row.value.state !== 'closed' || outcome === undefined) return undefined;
  const alertsSince = Math.max(0, row.alert_count - Number(alerts ?? 0));
  return {
    isClosed: alertsSince === 0,
    outcome,
    at: row.at.toISOString(),
    proposal: row.proposal ?? undefined,
    alertsSince,
  };
}
