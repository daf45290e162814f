import { unixMsFrom } from '../base/time.ts';
import type { Conclusion } from '../core/act/judge.ts';
import { type RemediationActivity, remediationActivity } from '../core/act/remediation.ts';
import type { Operation, Plan, Receipt } from '../ports/responder.ts';
import { RESPONDERS } from '../responders/index.ts';
import type { ServerContext } from './context.ts';

/** What a page of acts asks for. */
export interface ActsAfter {
  /** A place in the log: what was concluded up to there was read already. -1 for all. */
  readonly after: number;
  readonly limit: number;
}

const listedOperation = (responder: string, operation: string): Operation | undefined =>
  RESPONDERS.get(responder)?.manifest.operations.find(({ name }) => name === operation);

interface Row {
  readonly idx: string;
  readonly execution: string;
  readonly proposal: string;
  readonly concluded: { readonly outcome: Conclusion; readonly because: string };
  readonly at: Date;
  readonly intended: { readonly actDigest: string; readonly idempotencyKey: string; readonly plan: Plan };
  readonly receipt: Receipt | null;
  readonly responder: string;
}

/**
 * What was concluded about acts, as OCSF Remediation Activity, in the order of the log and only once it stands in it: whoever
 * goes on from the last one's `metadata.sequence` misses none and reads none twice. An act that was refused before it
 * was begun changed nothing and is no remediation; it is in the log. Drills are never carried out.
 *
 * The cursor's own time bounds what is read: an entry is in the log within a day of its fact, or the log has stopped.
 */
export async function readActs(
  context: ServerContext,
  { after, limit }: ActsAfter,
  productVersion: string,
  operationOf = listedOperation,
): Promise<readonly RemediationActivity[]> {
  const { rows } = await context.pool.query<Row>(
    `SELECT l.idx, c.execution_id AS execution, e.proposal_id AS proposal, c.body AS concluded, c.at, i.body AS intended, r.body AS receipt,
            v.act::jsonb ->> 'responder' AS responder
       FROM execution_fact c
       JOIN audit_entry l ON l.tenant_id = c.tenant_id AND l.pending_id = c.pending_id
       JOIN execution e ON e.tenant_id = c.tenant_id AND e.id = c.execution_id
       JOIN revision v ON v.tenant_id = c.tenant_id AND v.proposal_id = e.proposal_id AND v.revision = e.revision
       JOIN execution_fact i ON i.tenant_id = c.tenant_id AND i.execution_id = c.execution_id AND i.kind = 'intended'
       LEFT JOIN execution_fact r ON r.tenant_id = c.tenant_id AND r.execution_id = c.execution_id AND r.kind = 'receipt'
      WHERE c.tenant_id = $1 AND c.kind = 'concluded' AND l.idx > $2
        AND c.at >= coalesce((SELECT (convert_from(a.entry, 'UTF8')::jsonb ->> 'at')::timestamptz - interval '1 day'
                                FROM audit_entry a WHERE a.tenant_id = $1 AND a.idx = $2), '-infinity')
      ORDER BY l.idx LIMIT $3`,
    [context.tenant, after, limit],
  );
  return rows.map(row => {
    const { plan, actDigest, idempotencyKey } = row.intended;
    return remediationActivity({
      execution: row.execution,
      proposal: row.proposal,
      actDigest,
      idempotencyKey,
      operation: operationOf(row.responder, plan.operation),
      plan,
      receipt: row.receipt ?? undefined,
      conclusion: row.concluded.outcome,
      because: row.concluded.because,
      concludedAt: unixMsFrom(row.at.getTime()),
      logIndex: Number(row.idx),
      productVersion,
    });
  });
}
