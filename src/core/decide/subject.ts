import { type Id, parseId } from '../../base/id.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import { indexOf } from './inventory-index.ts';

/** In front of the id of whoever is enrolled here, among the aliases of their record: `person:usr_…`. */
export const PERSON_ALIAS = 'person:';

/** Whether an alias says who is enrolled here and is no name that telemetry knows. */
export function isPersonLink(alias: string): boolean {
  return alias.startsWith(PERSON_ALIAS);
}

/**
 * The enrolled people whom an account belongs to, by the signed inventory: every record that lists the account, and of each
 * the people whom it is linked to. Nobody where no record says so.
 */
export function subjectsOf(
  inventory: Inventory | undefined,
  account: { readonly system: string; readonly name: string },
): readonly Id<'person'>[] {
  const own = inventory === undefined ? [] : indexOf(inventory).byAccount(account);
  return [...new Set(own.flatMap(linkedPeople))];
}

/** The enrolled people whom a record says that it is. */
export function linkedPeople({ aliases }: InventoryRecord): readonly Id<'person'>[] {
  return aliases.flatMap(alias => {
    const id = isPersonLink(alias) ? parseId('person', alias.slice(PERSON_ALIAS.length)) : undefined;
    return id?.ok === true ? [id.value] : [];
  });
}
