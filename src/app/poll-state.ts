import { ok } from '../base/result.ts';
import type { UnixMs } from '../base/time.ts';
import type { PollBatch, PollGap, PollTroubleKind } from '../ports/poller.ts';
import { type Db, type ServerContext, transact } from './context.ts';
import type { Poll } from './polls.ts';

/** What stands in the database about one source that is read. */
export interface PollState {
  readonly cursor: string | undefined;
}

/** Where to go on. The row is made where there is none; a cursor of another product under this name is forgotten. */
export async function openPollState(context: ServerContext, poll: Poll): Promise<PollState> {
  await context.pool.query(
    `INSERT INTO poll_state (tenant_id, source, poller, generation) VALUES ($1, $2, $3, $4)
     ON CONFLICT (tenant_id, source) DO UPDATE SET poller = excluded.poller, generation = excluded.generation, cursor = NULL,
       watermark = NULL, whole_at = NULL, trouble = NULL, trouble_text = '', fix = '', trouble_since = NULL, retry_at = NULL
     WHERE poll_state.generation <> excluded.generation`,
    [context.tenant, poll.source, poll.poller, poll.generation],
  );
  const { rows } = await context.pool.query<{ cursor: string | null }>(
    'SELECT cursor FROM poll_state WHERE tenant_id = $1 AND source = $2',
    [context.tenant, poll.source],
  );
  return { cursor: rows[0]?.cursor ?? undefined };
}

/**
 * Moves the cursor from where this reader found it. Called when everything before `batch.next` is durable. False where
 * another reader has moved it meanwhile: then this one has to stop, and has lost and doubled nothing.
 */
export async function moveCursor(
  context: ServerContext,
  poll: Poll,
  from: string | undefined,
  batch: PollBatch,
): Promise<boolean> {
  const moved = await transact(context, async client => {
    const { rowCount } = await client.query(
      `UPDATE poll_state SET cursor = $4, watermark = greatest(watermark, $5), polled_at = $6, records = records + $7,
              trouble = NULL, trouble_text = '', fix = '', trouble_since = NULL, retry_at = NULL
        WHERE tenant_id = $1 AND source = $2 AND generation = $3 AND cursor IS NOT DISTINCT FROM $8`,
      [
        context.tenant,
        poll.source,
        poll.generation,
        batch.next,
        batch.watermark === undefined ? null : new Date(batch.watermark),
        new Date(context.now()),
        batch.records.length,
        from ?? null,
      ],
    );
    if (rowCount === 1 && batch.gap !== undefined) await insertGap(client, context, poll.source, batch.gap);
    return ok(rowCount === 1);
  });
  return moved.ok && moved.value;
}

async function insertGap(client: Db, context: ServerContext, source: string, gap: PollGap): Promise<void> {
  await client.query(
    'INSERT INTO source_gap (tenant_id, source, kind, gap_from, gap_to, why, at) VALUES ($1, $2, $3, $4, $5, $6, $7)',
    [context.tenant, source, gap.kind, new Date(gap.from), new Date(gap.to), gap.why, new Date(context.now())],
  );
}

/** The product has no more for now. */
export async function markWhole(context: ServerContext, poll: Poll): Promise<void> {
  await context.pool.query('UPDATE poll_state SET whole_at = $3, polled_at = $3 WHERE tenant_id = $1 AND source = $2', [
    context.tenant,
    poll.source,
    new Date(context.now()),
  ]);
}

export async function markTrouble(
  context: ServerContext,
  poll: Poll,
  trouble: { readonly kind: PollTroubleKind | 'intake'; readonly text: string; readonly fix: string },
  retryAt: UnixMs,
): Promise<void> {
  await context.pool.query(
    `UPDATE poll_state SET trouble = $3, trouble_text = $4, fix = $5, polled_at = $6, retry_at = $7,
            trouble_since = coalesce(trouble_since, $6) WHERE tenant_id = $1 AND source = $2`,
    [context.tenant, poll.source, trouble.kind, trouble.text, trouble.fix, new Date(context.now()), new Date(retryAt)],
  );
}
