/**
 * What we know of who and what there is. Closed, because an administrator signs it: an unsigned mark can only make a
 * review stricter, and a missing one counts as unknown, which ranks with the worst.
 */
export interface InventoryRecord {
  /** `person` | `nhi` | `host` | `service` | `cloud_account` | `business_service`. */
  readonly kind: 'person' | 'nhi' | 'host' | 'service' | 'cloud_account' | 'business_service';
  readonly name: string;
  /** Other names under which alerts know it: `kind:value` entity keys, sorted. */
  readonly aliases: readonly string[];
  /** Where it can be acted on: target system and its name there. */
  readonly accounts: readonly { readonly system: string; readonly name: string }[];
  /** Name of the owning person, or the empty string. */
  readonly owner: string;
  readonly privileged: 'yes' | 'no' | 'unknown';
  readonly criticality: 'low' | 'medium' | 'high' | 'critical' | 'unknown';
  /** Names of business services and others that rest on it. */
  readonly dependents: readonly string[];
}

export interface Inventory {
  readonly v: '1';
  /** Decimal, rising by one. The executor never goes back to a lower one. */
  readonly version: string;
  readonly records: readonly InventoryRecord[];
}
