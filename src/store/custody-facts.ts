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

/** {@link readCustodies} of many identities at once. */
export async function readCustodiesOf(
  db: Queryable,
  tenant: string,
  identities: readonly string[],
): Promise<ReadonlyMap<string, readonly StoredCustody[]>> {
  const { rows } = await db.query<StoredCustody & { identity: string }>(
    `SELECT identity, statement, signature FROM (
       SELECT identity, statement, signature, row_number() OVER (PARTITION BY identity ORDER BY version DESC) AS turn
         FROM machine_custody WHERE tenant_id = $1 AND identity = ANY ($2)) newest
      WHERE turn <= $3 ORDER BY identity, turn`,
    [tenant, identities, VERSIONS_MAX],
  );
  const found = new Map<string, StoredCustody[]>();
  for (const { identity, ...custody } of rows) found.set(identity, [...(found.get(identity) ?? []), custody]);
  return found;
}
