import type { PersonSignature } from '../model/audit-entry.ts';
import type { Queryable } from './log.ts';

/** A version of the inventory without its records, which may be megabytes. Nothing of it is to be believed unchecked. */
export interface StoredInventory {
  readonly version: number;
  readonly digest: string;
  readonly signature: PersonSignature | null;
}

/** Inventory versions, newest first. A signature is checked by whoever uses one. */
export async function readInventories(db: Queryable, tenant: string, most: number): Promise<StoredInventory[]> {
  const { rows } = await db.query<StoredInventory>(
    'SELECT version, digest, signature FROM inventory_version WHERE tenant_id = $1 ORDER BY version DESC LIMIT $2',
    [tenant, most],
  );
  return rows;
}

/** The text of one version; undefined where there is no such version. */
export async function readInventoryText(db: Queryable, tenant: string, version: number): Promise<string | undefined> {
  const { rows } = await db.query<{ body: string }>(
    'SELECT body FROM inventory_version WHERE tenant_id = $1 AND version = $2',
    [tenant, version],
  );
  return rows[0]?.body;
}

export interface StoredKillSwitch {
  readonly seq: number;
  readonly isOn: boolean;
  readonly statement: string;
  readonly signature: PersonSignature | { readonly kind: 'none' };
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

/** Every setting of the kill switch, newest first. */
export async function readKillSwitch(db: Queryable, tenant: string): Promise<StoredKillSwitch[]> {
  const { rows } = await db.query<{
    seq: number;
    is_on: boolean;
    statement: string;
    signature: StoredKillSwitch['signature'];
    by: string;
    reason: string;
    at: Date;
  }>(
    'SELECT seq, is_on, statement, signature, by, reason, at FROM kill_switch WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 50',
    [tenant],
  );
  return rows.map(row => ({
    seq: row.seq,
    isOn: row.is_on,
    statement: row.statement,
    signature: row.signature,
    by: row.by,
    reason: row.reason,
    at: row.at.getTime(),
  }));
}
