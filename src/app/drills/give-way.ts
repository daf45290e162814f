import type { Id } from '../../base/id.ts';
import { ok } from '../../base/result.ts';
import { type Db, record, type ServerContext, transact } from '../context.ts';
import { refreshProposal } from '../proposals/project.ts';
import { TAKEN_BACK_BY } from './open.ts';

/** Takes a drill back that somebody means in earnest, or that graver things leave no room for. False where it is none. */
export async function giveWay(context: ServerContext, proposal: string): Promise<boolean> {
  const done = await transact(context, async client => {
    const isTaken = await takeBack(context, client, proposal);
    if (isTaken) await refreshProposal(context, client, proposal);
    return ok(isTaken);
  });
  return done.ok && done.value;
}

/**
 * Ends a drill, in the caller's transaction, who refreshes. Also where a reviewer asks for more: that is an answer to it, and
 * nobody else is sent to look for what a drill lacks. False where it is none, or over.
 */
export async function takeBack(context: ServerContext, client: Db, proposal: string): Promise<boolean> {
  const { rows } = await client.query<{ id: Id<'proposal'>; revision: number }>(
    `INSERT INTO withdrawal (tenant_id, proposal_id, revision, by, reason, at)
       SELECT d.tenant_id, d.proposal_id, (SELECT max(r.revision) FROM revision r WHERE r.tenant_id = d.tenant_id AND r.proposal_id = d.proposal_id),
              $3, 'the drill is over', $4
         FROM drill d WHERE d.tenant_id = $1 AND d.proposal_id = $2 AND d.opened_at IS NULL
       ON CONFLICT DO NOTHING RETURNING proposal_id AS id, revision`,
    [context.tenant, proposal, TAKEN_BACK_BY, new Date(context.now())],
  );
  const [taken] = rows;
  if (taken === undefined) return false;
  const { id, revision } = taken;
  await record(context, client, {
    type: 'proposal.withdrawn',
    proposal: id,
    revision: String(revision),
    by: TAKEN_BACK_BY,
  });
  return true;
}

/** Drills that nobody decided yet. */
export async function openDrills(context: ServerContext): Promise<readonly string[]> {
  const { rows } = await context.pool.query<{ id: string }>(
    'SELECT proposal_id AS id FROM drill WHERE tenant_id = $1 AND opened_at IS NULL',
    [context.tenant],
  );
  return rows.map(({ id }) => id);
}
