import { MS_PER_DAY } from '../../base/time.ts';
import type { ServerContext } from '../context.ts';
import { type Audience, type Found, plainFact, recipientsOf } from './audience.ts';

/** What ended longer ago stands on the pages, and is no news. */
const TOLD_MS = 2 * MS_PER_DAY;
const TURNS_MAX = 200;

/** Leases that ended: a release waits for people, or none could be proposed and somebody has to look. Once for each turn. */
export async function findLeases(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{ key: string; proposal: string; release: string }>(
    `SELECT t.execution_id || '/' || t.number AS key, e.proposal_id AS proposal, t.release_id AS release
       FROM lease_turn t JOIN execution e ON e.tenant_id = t.tenant_id AND e.id = t.execution_id
      WHERE t.tenant_id = $1 AND t.at > $2
        AND NOT EXISTS (SELECT FROM notice_fact f WHERE f.tenant_id = t.tenant_id AND f.key = 'lease_ended/' || t.execution_id || '/' || t.number)
      ORDER BY t.at LIMIT $3`,
    [context.tenant, new Date(context.now() - TOLD_MS), TURNS_MAX],
  );
  return rows.map(({ key, proposal, release }) => ({
    // Nothing is missing where a release waits; of none, zero.
    fact: {
      ...plainFact('lease_ended', key, release === '' ? proposal : release),
      count: release === '' ? 0 : 1,
    },
    recipients: recipientsOf(audience, 'lease_ended'),
  }));
}

/** Undos that left something else than was declared, or of which that could not be read. Once for each. */
export async function findDifferences(context: ServerContext, audience: Audience): Promise<readonly Found[]> {
  const { rows } = await context.pool.query<{ execution: string; proposal: string }>(
    `SELECT f.execution_id AS execution, e.proposal_id AS proposal
       FROM execution_fact f JOIN execution e ON e.tenant_id = f.tenant_id AND e.id = f.execution_id
      WHERE f.tenant_id = $1 AND f.kind = 'compared' AND f.at > $2 AND f.body->>'verdict' <> 'as_declared'
        AND NOT EXISTS (SELECT FROM notice_fact n WHERE n.tenant_id = f.tenant_id AND n.key = 'undo_differs/' || f.execution_id)
      ORDER BY f.at LIMIT $3`,
    [context.tenant, new Date(context.now() - TOLD_MS), TURNS_MAX],
  );
  return rows.map(({ execution, proposal }) => ({
    fact: plainFact('undo_differs', execution, proposal),
    recipients: recipientsOf(audience, 'undo_differs'),
  }));
}
