import { type Id, parseId } from '../../base/id.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import { indexOf } from './inventory-index.ts';
import type { TargetOwners } from './quorum.ts';
import { linkedPeople, PERSON_ALIAS } from './subject.ts';

/**
 * Who owns an account and the business that rests on it, by the signed inventory. An owner is a person of this installation
 * where the record says `person:usr_…`, or names a person's record that is linked so; a name alone binds nobody, since two
 * people may share it. Those whom the account itself belongs to are left out: nobody decides on an account of their own.
 */
export function ownersOf(
  inventory: Inventory | undefined,
  account: { readonly system: string; readonly name: string },
  subjects: readonly Id<'person'>[],
): TargetOwners {
  const none = { own: { slot: 'asset_owner', people: [] }, business: [] } as const;
  if (inventory === undefined) return none;
  const { byAccount, byName } = indexOf(inventory);
  const records = byAccount(account);
  const people = (owner: string) => ownerPeople(owner, byName);
  const own = records.flatMap(record => people(record.owner));
  const business = records
    .flatMap(record => record.dependents.flatMap(name => byName('business_service', name)))
    .filter(({ criticality }) => criticality === 'high' || criticality === 'critical')
    .flatMap(record => people(record.owner));
  const isIdentity = records.some(({ kind }) => kind === 'person' || kind === 'nhi');
  const named = (ids: readonly Id<'person'>[]) => [...new Set(ids)].filter(id => !subjects.includes(id)).sort();
  return {
    own: { slot: isIdentity ? 'identity_owner' : 'asset_owner', people: named(own) },
    business: named(business),
  };
}

function ownerPeople(
  owner: string,
  byName: (kind: InventoryRecord['kind'], name: string) => readonly InventoryRecord[],
): readonly Id<'person'>[] {
  if (owner.startsWith(PERSON_ALIAS)) {
    const id = parseId('person', owner.slice(PERSON_ALIAS.length));
    return id.ok ? [id.value] : [];
  }
  return byName('person', owner).flatMap(linkedPeople);
}
