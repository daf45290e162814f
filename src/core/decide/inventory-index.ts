import type { Inventory, InventoryRecord } from '../../model/inventory.ts';

interface InventoryIndex {
  /** Every record that lists the account. */
  readonly byAccount: (account: { readonly system: string; readonly name: string }) => readonly InventoryRecord[];
  readonly byName: (kind: InventoryRecord['kind'], name: string) => readonly InventoryRecord[];
}

/** An inventory may hold 100,000 records and is asked for with each view of a proposal. It never changes, so once is enough. */
const known = new WeakMap<Inventory, InventoryIndex>();

/** Finds records of an inventory by where they can be acted on and by what they are called. */
export function indexOf(inventory: Inventory): InventoryIndex {
  const before = known.get(inventory);
  if (before !== undefined) return before;
  const accounts = new Map<string, InventoryRecord[]>();
  const names = new Map<string, InventoryRecord[]>();
  const add = (map: Map<string, InventoryRecord[]>, key: string, record: InventoryRecord) => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [record]);
    else if (!list.includes(record)) list.push(record);
  };
  for (const record of inventory.records) {
    add(names, `${record.kind}\n${record.name}`, record);
    for (const { system, name } of record.accounts) add(accounts, `${system}\n${name}`, record);
  }
  const index: InventoryIndex = {
    byAccount: ({ system, name }) => accounts.get(`${system}\n${name}`) ?? [],
    byName: (kind, name) => names.get(`${kind}\n${name}`) ?? [],
  };
  known.set(inventory, index);
  return index;
}
