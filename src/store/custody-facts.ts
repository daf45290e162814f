import type { StoredCustody } from '../core/decide/custody.ts';
import type { Queryable } from './log.ts';

/** Versions of one identity that are looked at. */
const VERSIONS_MAX = 20;

/** Who signed for a machine identity, newest first. Signatures are checked by whoever uses one. */
export async function readCustodies(
  db: Queryable,
  tenant: string,
  identity: string,
): Promise<readonly StoredCustody[]> {
  const { rows } = await db.query<StoredCustody>(
    'SELECT statement, signature FROM machine_custody WHERE tenant_id = $1 AND identity = $2 ORDER BY version DESC LIMIT $3',
    [tenant, identity, VERSIONS_MAX],
  );
  return rows;
}
