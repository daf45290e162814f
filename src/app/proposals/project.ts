import type { ProposalState } from '../../model/proposal.ts';
import { projectClosing } from '../closing.ts';
import { type Db, record, type ServerContext } from '../context.ts';
import { openIfOver } from '../drills/open.ts';
import { type KnownProposal, knowProposal } from './facts.ts';

/** States that nothing but the clock, a person or the executor moves on. */
const MOVING: readonly ProposalState[] = [
  'in_review',
  'approved',
  'checking',
  'executing',
  'succeeded',
  'in_doubt',
  'not_in_effect',
  'verified',
];

/**
 * Computes a proposal's state from its facts and writes it into the index that lists read, in the caller's transaction.
 * What follows from the new state for the log (decided, expired) is recorded with it, once.
 */
export async function refreshProposal(
  context: ServerContext,
  client: Db,
  id: string,
): Promise<KnownProposal | undefined> {
  const { rows } = await client.query<{ state: ProposalState; revision: number }>(
    'SELECT state, revision FROM proposal_index WHERE tenant_id = $1 AND proposal_id = $2 FOR UPDATE',
    [context.tenant, id],
  );
  const before = rows[0];
  const known = await knowProposal(context, id, client);
  if (known === undefined) return undefined;
  const isSame = before?.state === known.state && before.revision === known.current.revision;
  if (isSame) return known;
  await client.query(
    `INSERT INTO proposal_index (tenant_id, proposal_id, revision, state, tier, updated_at, review_by) VALUES ($1, $2, $3, $4, $5, now(), $6)
       ON CONFLICT (tenant_id, proposal_id) DO UPDATE SET revision = excluded.revision, state = excluded.state, tier = excluded.tier, updated_at = now(), review_by = excluded.review_by`,
    [context.tenant, id, known.current.revision, known.state, known.current.tier, new Date(known.current.reviewBy)],
  );
  await recordChange(context, client, known);
  await openIfOver(context, client, known);
  await projectClosing(context, client, known.act.target);
  const { incident } = known.stored;
  context.live.publish(
    { kind: 'proposal', id: known.stored.id, state: known.state },
    ...(incident === '' ? [] : [{ kind: 'incident', id: incident } as const]),
  );
  return known;
}

async function recordChange(context: ServerContext, client: Db, known: KnownProposal): Promise<void> {
  const { id } = known.stored;
  const revision = String(known.current.revision);
  switch (known.state) {
    case 'approved':
    case 'rejected':
    case 'revoked':
      await record(context, client, {
        type: 'proposal.decided',
        proposal: id,
        revision,
        decision: known.state,
        reviews: known.tally.counted.map(review => review.id),
      });
      break;
    case 'expired':
      await record(context, client, { type: 'proposal.expired', proposal: id, revision });
      break;
  }
}

const UPKEEP_EVERY_MS = 1_000;
const UPKEEP_ROWS_MAX = 500;

/** Keeps the index of proposals up with the clock and the executor. Returns how to stop; nothing that acts depends on it. */
export function startProposalUpkeep(context: ServerContext): () => Promise<void> {
  let isStopped = false;
  let wake: () => void = () => {};
  const done = (async () => {
    while (!isStopped) {
      await refreshMoving(context).catch((error: unknown) =>
        context.logger.warn({ err: error }, 'the index of proposals is behind'),
      );
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, UPKEEP_EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  })();
  const leave = context.live.subscribe(event => {
    if (event.kind === 'proposal') wake();
  });
  return async () => {
    isStopped = true;
    leave();
    wake();
    await done;
  };
}

/** Proposals whose facts changed since they were indexed, or whose time is up. */
async function refreshMoving(context: ServerContext): Promise<void> {
  const { rows } = await context.pool.query<{ id: string }>(
    `SELECT i.proposal_id AS id FROM proposal_index i
      WHERE i.tenant_id = $1 AND i.state = ANY ($2) AND (
        (i.state IN ('in_review', 'approved') AND i.review_by < now())
        OR (i.state = 'approved' AND i.updated_at < now() - interval '5 seconds')
        OR EXISTS (SELECT FROM execution e LEFT JOIN execution_fact f ON f.tenant_id = e.tenant_id AND f.execution_id = e.id
          WHERE e.tenant_id = i.tenant_id AND e.proposal_id = i.proposal_id AND greatest(e.claimed_at, f.at) > i.updated_at - interval '2 seconds')
        OR EXISTS (SELECT FROM proposal p JOIN execution e ON e.tenant_id = p.tenant_id AND e.proposal_id = p.id
          JOIN execution_fact f ON f.tenant_id = e.tenant_id AND f.execution_id = e.id
          WHERE p.tenant_id = i.tenant_id AND i.state = 'verified' AND f.kind = 'concluded' AND f.at > i.updated_at - interval '2 seconds'
            AND p.undoes_execution = (SELECT x.id FROM execution x WHERE x.tenant_id = i.tenant_id AND x.proposal_id = i.proposal_id LIMIT 1)))
      ORDER BY i.review_by LIMIT $3`,
    [context.tenant, MOVING, UPKEEP_ROWS_MAX],
  );
  for (const { id } of rows) {
    const client = await context.pool.connect();
    try {
      await client.query('BEGIN');
      await refreshProposal(context, client, id);
      await client.query('COMMIT');
      context.nudgeLog();
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      client.release();
    }
  }
}
