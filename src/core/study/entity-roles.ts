import type { UnixMs } from '../../base/time.ts';
import { type Alert, activityTime, type EntityKind, entityKey } from '../../model/alert.ts';
import type { EntityInvolved } from '../../model/claim.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import { minuteText } from './render-claim.ts';

/** Who or what people ask about first. Kinds that are not here stand in the alerts, not among the involved. */
const KINDS: readonly EntityKind[] = [
  'user',
  'nhi',
  'host',
  'mailbox',
  'access_key',
  'database',
  'service',
  'cloud_account',
  'cloud_resource',
  'ip',
  'domain',
];
/** Kinds that act or are acted on; the others carry what was done. */
const PARTIES: ReadonlySet<EntityKind> = new Set(KINDS.filter(kind => kind !== 'ip' && kind !== 'domain'));
/** Involved entities that a summary names. What is beyond is counted, not cut silently. */
export const ENTITIES_MAX = 40;

interface Seen {
  readonly key: string;
  readonly kind: EntityKind;
  label: string;
  alertCount: number;
  firstSeen: UnixMs;
  lastSeen: UnixMs;
  firstActed: UnixMs | undefined;
  lastActed: UnixMs | undefined;
  acted: number;
  firstTargeted: UnixMs | undefined;
  targeted: number;
  observed: number;
}

/** Finds the inventory's record of an entity key. Built once; a name alone counts only for its own kind. */
export function createInventoryIndex(inventory: Inventory | undefined): (key: string) => InventoryRecord | undefined {
  const byKey = new Map<string, InventoryRecord>();
  for (const record of inventory?.records ?? []) {
    const name = record.name.toLowerCase();
    for (const kind of KINDS_OF_RECORD[record.kind])
      if (!byKey.has(`${kind}:${name}`)) byKey.set(`${kind}:${name}`, record);
  }
  // An alias is stated, so it outranks what is only assumed from a name.
  for (const record of inventory?.records ?? []) for (const alias of record.aliases) byKey.set(alias, record);
  return key => byKey.get(key);
}

const KINDS_OF_RECORD: { readonly [K in InventoryRecord['kind']]: readonly EntityKind[] } = {
  person: ['user'],
  nhi: ['nhi', 'user'],
  host: ['host'],
  service: ['service', 'database'],
  cloud_account: ['cloud_account'],
  business_service: ['service'],
};

/**
 * Everybody and everything involved, each in one role with the reason, parties before infrastructure. At most
 * {@link ENTITIES_MAX}; `total` counts all.
 */
export function entitiesInvolved(
  alerts: readonly Alert[],
  inventory: Inventory | undefined,
): { readonly entities: readonly EntityInvolved[]; readonly total: number } {
  const seen = observe(alerts);
  const find = createInventoryIndex(inventory);
  const entry = entryAmong(seen);
  const involved = seen.map((entity): EntityInvolved => {
    const record = find(entity.key);
    return {
      key: entity.key,
      kind: entity.kind,
      label: entity.label,
      ...roleOf(entity, entry),
      alertCount: entity.alertCount,
      firstSeen: entity.firstSeen,
      lastSeen: entity.lastSeen,
      inventory:
        record === undefined
          ? undefined
          : {
              name: record.name,
              privileged: record.privileged,
              criticality: record.criticality,
              isMachine: record.kind === 'nhi',
              owner: record.owner,
            },
    };
  });
  involved.sort(
    (a, b) => ROLE_ORDER[a.role] - ROLE_ORDER[b.role] || b.alertCount - a.alertCount || (a.key < b.key ? -1 : 1),
  );
  return { entities: involved.slice(0, ENTITIES_MAX), total: involved.length };
}

const ROLE_ORDER: { readonly [R in EntityInvolved['role']]: number } = {
  entry: 0,
  pivot: 1,
  actor: 2,
  target: 3,
  infrastructure: 4,
  bystander: 5,
};

function observe(alerts: readonly Alert[]): Seen[] {
  const all = new Map<string, Seen>();
  for (const alert of alerts) {
    const time = activityTime(alert);
    const counted = new Set<string>();
    for (const hit of alert.entities) {
      if (!KINDS.includes(hit.kind)) continue;
      const key = entityKey(hit);
      let entity = all.get(key);
      if (entity === undefined) {
        entity = {
          key,
          kind: hit.kind,
          label: hit.label,
          alertCount: 0,
          firstSeen: time,
          lastSeen: time,
          firstActed: undefined,
          lastActed: undefined,
          acted: 0,
          firstTargeted: undefined,
          targeted: 0,
          observed: 0,
        };
        all.set(key, entity);
      }
      if (hit.label < entity.label) entity.label = hit.label;
      if (counted.has(`${key} ${hit.role}`)) continue;
      if (!counted.has(key)) entity.alertCount++;
      counted.add(key).add(`${key} ${hit.role}`);
      entity.firstSeen = earlier(entity.firstSeen, time);
      entity.lastSeen = later(entity.lastSeen, time);
      if (hit.role === 'actor') {
        entity.acted++;
        entity.firstActed = earlier(entity.firstActed, time);
        entity.lastActed = later(entity.lastActed, time);
      } else if (hit.role === 'target') {
        entity.targeted++;
        entity.firstTargeted = earlier(entity.firstTargeted, time);
      } else if (hit.role === 'observer') entity.observed++;
    }
  }
  return [...all.values()];
}

function earlier(a: UnixMs | undefined, b: UnixMs): UnixMs {
  return a === undefined || b < a ? b : a;
}

function later(a: UnixMs | undefined, b: UnixMs): UnixMs {
  return a === undefined || b > a ? b : a;
}

/**
 * The first party that acted or was acted on; of one instant, who acts comes before whom it befalls. None where the
 * earliest instant still names several alike.
 */
function entryAmong(seen: readonly Seen[]): Seen | undefined {
  const parties = seen.filter(entity => PARTIES.has(entity.kind) && entity.acted + entity.targeted > 0);
  if (parties.length < 2) return undefined;
  const rank = (entity: Seen): number =>
    (entity.firstActed === entity.firstSeen ? 0 : KINDS.length) + KINDS.indexOf(entity.kind);
  const [first, second] = parties.toSorted((a, b) => a.firstSeen - b.firstSeen || rank(a) - rank(b));
  if (first === undefined || second === undefined) return first;
  return second.firstSeen > first.firstSeen || rank(second) > rank(first) ? first : undefined;
}

function roleOf(entity: Seen, entry: Seen | undefined): Pick<EntityInvolved, 'role' | 'because'> {
  const { firstTargeted, lastActed, acted, targeted, alertCount } = entity;
  if (!PARTIES.has(entity.kind))
    return { role: 'infrastructure', because: `an address or name that stands in ${alertsText(alertCount)}` };
  if (firstTargeted !== undefined && lastActed !== undefined && firstTargeted < lastActed) {
    return {
      role: 'pivot',
      because: `acted on at ${minuteText(firstTargeted)}, and acted itself until ${minuteText(lastActed)} (UTC)`,
    };
  }
  if (entity === entry)
    return { role: 'entry', because: `the first that is named, at ${minuteText(entity.firstSeen)} UTC` };
  if (acted > 0) return { role: 'actor', because: `acts in ${alertsText(acted)}` };
  if (targeted > 0) return { role: 'target', because: `acted on in ${alertsText(targeted)}` };
  if (entity.observed === alertCount)
    return { role: 'bystander', because: `saw ${alertsText(alertCount)}; nothing says that it took part` };
  return { role: 'bystander', because: `stands in ${alertsText(alertCount)} without a part` };
}

function alertsText(count: number): string {
  return count === 1 ? 'one alert' : `${count} alerts`;
}
