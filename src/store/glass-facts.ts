import type { Id } from '../base/id.ts';
import { unixMsFrom } from '../base/time.ts';
import type { GlassUse } from '../core/decide/glass.ts';
import type { Person } from '../model/review.ts';
import type { Queryable } from './log.ts';

/** Acts that were begun on the word of one person, as the executor wrote them; of all people where none is named. */
export async function readGlassUses(db: Queryable, tenant: string, person?: string): Promise<readonly GlassUse[]> {
  const { rows } = await db.query<{ execution: Id<'execution'>; proposal: Id<'proposal'>; by: Person['id']; at: Date }>(
    `SELECT e.id AS execution, e.proposal_id AS proposal, f.body ->> 'brokenBy' AS by, f.at
       FROM execution_fact f JOIN execution e ON e.tenant_id = f.tenant_id AND e.id = f.execution_id
      WHERE f.tenant_id = $1 AND f.kind = 'intended' AND f.body ? 'brokenBy' AND ($2::text IS NULL OR f.body ->> 'brokenBy' = $2)
      ORDER BY f.at`,
    [tenant, person ?? null],
  );
  return rows.map(row => ({ ...row, at: unixMsFrom(row.at.getTime()) }));
}
