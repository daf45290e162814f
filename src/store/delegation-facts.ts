import type { StoredDelegation } from '../core/decide/delegation.ts';
import type { Queryable } from './log.ts';

/** Delegations that are read; more at once in one installation are not looked at, and so do not count. */
const DELEGATIONS_MAX = 500;

/** Every delegation of late, newest first. Signatures are checked by whoever uses one. */
export async function readDelegations(db: Queryable, tenant: string): Promise<readonly StoredDelegation[]> {
  const { rows } = await db.query<StoredDelegation>(
    `SELECT d.id, d.statement, d.signature, e.id IS NOT NULL AS "isEnded" FROM delegation d
       LEFT JOIN delegation_end e ON e.tenant_id = d.tenant_id AND e.id = d.id
      WHERE d.tenant_id = $1 ORDER BY d.at DESC LIMIT $2`,
    [tenant, DELEGATIONS_MAX],
  );
  return rows;
}
