import type { ServerContext } from '../context.ts';
import type { StudiedAlerts } from '../studied-alerts.ts';
import { blobOf, type StoredRecord, writeRecord } from './records.ts';
import { settledShown } from './replay.ts';
import type { Intended } from './telling.ts';

/** Calls that are written up at once; the others at the next look. */
const LOST_MAX = 200;

/**
 * Writes the record of every question that left and of which nothing more is known, because whoever asked was killed: what
 * was reserved for it stays spent. Those that left in the last `sinceMs` may still be answered.
 */
export async function recordLostCalls(
  context: ServerContext,
  studied: StudiedAlerts,
  sinceMs: number,
): Promise<number> {
  const { rows } = await context.pool.query<{ body: Intended; tokens: string | null; cost: string | null }>(
    `SELECT a.body, (SELECT sum(cost_micros) FROM ai_spending s WHERE s.tenant_id = a.tenant_id AND s.record_id = a.record_id) AS cost
       FROM ai_asking a WHERE a.tenant_id = $1 AND a.at < $2
        AND NOT EXISTS (SELECT 1 FROM ai_record r WHERE r.tenant_id = a.tenant_id AND r.id = a.record_id)
      ORDER BY a.at LIMIT $3`,
    [context.tenant, new Date(context.now() - sinceMs), LOST_MAX],
  );
  for (const { body, cost } of rows) {
    const outcome = { kind: 'not_used', because: 'ai.process_down' } as const;
    const head = { ...body.record, incident: body.record.incident, usage: undefined, answer: undefined, outcome };
    const shown = await settledShown(context, studied, { ...head, shownSha256: '' });
    const printed = blobOf('countersign/assist/v1', shown ?? '{}');
    const stored: StoredRecord = { ...head, costMicros: Number(cost ?? 0), shownSha256: printed.sha256 };
    await writeRecord(context, stored, [printed]);
  }
  return rows.length;
}
