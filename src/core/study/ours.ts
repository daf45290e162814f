import { getDomain, getPublicSuffix } from 'tldts';
import { oncePer } from '../../base/once.ts';
import { type Alert, type EntityHit, entityKey } from '../../model/alert.ts';
import type { Inventory } from '../../model/inventory.ts';
import { addressScope } from './address-scope.ts';
import { ownAddresses } from './sightings.ts';

/** Private names of providers count as suffixes: whoever blocks `example-cloud.com` blocks all its customers. */
const LISTS = { allowPrivateDomains: true } as const;

/** Keys of the addresses that an alert gives to a host. It never changes, so it is worked out once for as long as it is kept. */
const hostAddressesIn = oncePer((alert: Alert): readonly string[] => ownAddresses(alert).map(({ subject }) => subject));

/**
 * Whether an address or a domain is one of ours, or everybody's, so that it is never kept out: in a range that is private or
 * reserved, given to a host by a record, listed in the inventory, of a domain that stands there, or one below which everybody
 * registers. Whoever can write a record can name whatever they like; that they name us must not make us cut ourselves off.
 */
export function oursBy(
  alerts: readonly Alert[],
  inventory: Inventory | undefined,
): (named: Pick<EntityHit, 'kind' | 'value'>) => boolean {
  const ofHosts = new Set(alerts.flatMap(hostAddressesIn));
  const words = new Set<string>();
  const domains = new Set<string>();
  for (const { name, aliases, accounts } of inventory?.records ?? []) {
    const all = [name, ...aliases.map(alias => alias.slice(alias.indexOf(':') + 1)), ...accounts.map(one => one.name)];
    for (const word of all.map(one => one.toLowerCase())) {
      words.add(word);
      const domain = getDomain(word.slice(word.lastIndexOf('@') + 1), LISTS);
      if (domain !== null) domains.add(domain);
    }
  }
  return named => {
    if (ofHosts.has(entityKey(named)) || words.has(named.value)) return true;
    if (named.kind === 'ip') return addressScope(named.value) !== 'outside';
    const domain = getDomain(named.value, LISTS);
    return domain === null || getPublicSuffix(named.value, LISTS) === named.value || domains.has(domain);
  };
}
