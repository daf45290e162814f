import type { Id } from '../../base/id.ts';
import { oncePer } from '../../base/once.ts';
import { type Alert, type EntityKind, entityKey } from '../../model/alert.ts';
import type { Claim } from '../../model/claim.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import { createInventoryIndex } from './entity-roles.ts';
import { isSelfAsserted } from './sightings.ts';

/** Entities that one may act on: identities and what holds their access. Addresses and files are no targets. */
const TARGET_KINDS: ReadonlySet<EntityKind> = new Set<EntityKind>([
  'user',
  'nhi',
  'access_key',
  'mailbox',
  'host',
  'service',
  'database',
]);

/** Somebody or something of the inventory that verified claims name. */
export interface Subject {
  readonly record: InventoryRecord;
  /** Keys of the entities by which the alerts name it. */
  readonly keys: ReadonlySet<string>;
  /** Verified. */
  readonly claims: readonly Claim[];
  /** Claims that would support an act on it and could not be recomputed. */
  readonly failed: readonly Claim[];
}

/** An entity that one may act on, and where its name stands. */
interface Named {
  readonly place: string;
  readonly key: string;
  readonly label: string;
}

/** Whom an alert names so that one may act on them. It never changes, so it is worked out once for as long as it is kept. */
const namedIn = oncePer((alert: Alert): { readonly mapped: readonly Named[]; readonly guessed: readonly string[] } => {
  const named = alert.entities.filter(({ kind, role }) => TARGET_KINDS.has(kind) && role !== 'observer');
  return {
    // A guess is no mapping: what a sender names his keys must not choose whom we act on.
    mapped: named
      .filter(entity => entity.isGuessed !== true && !isSelfAsserted(alert, entity))
      .map(entity => ({
        place: placeOf(alert.evidence, entity.pointer),
        key: entityKey(entity),
        label: entity.label,
      })),
    guessed: named.filter(({ isGuessed }) => isGuessed === true).map(({ label }) => label),
  };
});

/** Names that one cannot act on, because a guess put them into their field. */
export function guessedNames(alerts: readonly Alert[]): readonly string[] {
  return [...new Set(alerts.flatMap(alert => namedIn(alert).guessed))];
}

interface Gathered {
  readonly record: InventoryRecord;
  readonly keys: Set<string>;
  readonly claims: Claim[];
  readonly failed: Claim[];
}

/**
 * Inventory records named by claims, through the entities that the claims' citations point at, the best supported first.
 * What only failed claims name is no subject.
 */
export function subjectsOf(
  alerts: readonly Alert[],
  claims: readonly Claim[],
  inventory: Inventory | undefined,
): readonly Subject[] {
  const find = createInventoryIndex(inventory);
  const entityAt = new Map<string, Named>();
  for (const alert of alerts) for (const named of namedIn(alert).mapped) entityAt.set(named.place, named);
  const byName = new Map<string, Gathered>();
  for (const claim of claims) {
    for (const citation of claim.citations) {
      const entity = entityAt.get(placeOf(citation.evidence, citation.pointer));
      const record = entity === undefined || entity.label !== citation.value ? undefined : find(entity.key);
      if (entity === undefined || record === undefined) continue;
      const subject = byName.get(record.name) ?? { record, keys: new Set(), claims: [], failed: [] };
      byName.set(record.name, subject);
      const list = claim.verdict.kind === 'verified' ? subject.claims : subject.failed;
      if (list === subject.claims) subject.keys.add(entity.key);
      if (!list.includes(claim)) list.push(claim);
    }
  }
  return [...byName.values()]
    .filter(subject => subject.claims.length > 0)
    .sort((a, b) => weightOf(b) - weightOf(a) || (a.record.name < b.record.name ? -1 : 1));
}

function placeOf(evidence: Id<'evidence'>, pointer: string): string {
  return `${evidence} ${pointer}`;
}

function weightOf({ claims }: Gathered): number {
  return claims.reduce((sum, claim) => sum + Math.log2(1 + claim.count), 0);
}

/** Records of the inventory that answer to the same name or account: the first is the subject itself. More than one is a doubt. */
export function answeringTo(
  { record, keys }: Pick<Subject, 'record' | 'keys'>,
  account: { readonly system: string; readonly name: string },
  inventory: Inventory | undefined,
): readonly InventoryRecord[] {
  const others = (inventory?.records ?? []).filter(
    other =>
      other !== record &&
      (other.aliases.some(alias => keys.has(alias)) ||
        other.accounts.some(({ system, name }) => system === account.system && name === account.name)),
  );
  return [record, ...others];
}
