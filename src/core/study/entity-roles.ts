import type { Id } from '../../base/id.ts';
import type { UnixMs } from '../../base/time.ts';
import type { Alert, EntityKind, MachineKind } from '../../model/alert.ts';
import type { EntityInvolved } from '../../model/claim.ts';
import type { Inventory, InventoryRecord } from '../../model/inventory.ts';
import { clockOf } from './clock-pairs.ts';
import { resolutionOf } from './identify.ts';
import { believableTime, type OrderJudge } from './order.ts';
import { type ArrivalSign, KINDS, LATE_TACTICS, PARTIES, type Part, type Parts, partsIn, surerKind } from './parts.ts';
import { minuteText } from './render-claim.ts';
import type { Resolver } from './resolve.ts';

/** Involved entities that a summary names. What is beyond is counted, not cut silently. */
export const ENTITIES_MAX = 40;

/** Alerts that a reason names at most. */
const SAID_BY_MAX = 5;

/** What one alert says of an entity's part. */
interface Hit {
  readonly alert: Id<'alert'>;
  readonly evidence: Id<'evidence'>;
  readonly time: UnixMs;
  readonly clock: string;
}

interface Seen {
  readonly key: string;
  readonly kind: EntityKind;
  label: string;
  machine: MachineKind | undefined;
  alertCount: number;
  firstSeen: UnixMs;
  lastSeen: UnixMs;
  readonly moments: UnixMs[];
  /** The first alerts of each part, by time; the counts are of all. */
  readonly all: Hit[];
  readonly acts: Hit[];
  acted: number;
  /** The last alert in which it acts on somebody else. */
  lastOnOthers: Hit | undefined;
  /** Alerts in which it is acted on and does not act itself. */
  readonly befalls: Hit[];
  targeted: number;
  observed: number;
  /** Those of the last stages among them, and which stages. */
  readonly late: Hit[];
  readonly lateTactics: Set<string>;
  entry: EntrySign | undefined;
}

/** What says that the attack came in here. */
interface EntrySign extends ArrivalSign {
  readonly hit: Hit;
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
 * Everybody and everything involved, each in one role with the reason and the alerts that say so, parties before
 * infrastructure. At most {@link ENTITIES_MAX}; `total` counts all. The order of the alerts does not matter. Where the
 * records leave two alike for a role, or their clocks leave the order open, that is said, and none is preferred.
 *
 * Who held an address is told beside it and decides no role: names in such records may be anybody's.
 */
export function entitiesInvolved(
  alerts: readonly Alert[],
  inventory: Inventory | undefined,
  more: { readonly judge?: OrderJudge; readonly resolver?: Resolver } = {},
): { readonly entities: readonly EntityInvolved[]; readonly total: number } {
  const seen = observe(alerts);
  const find = createInventoryIndex(inventory);
  const entry = entryAmong(seen, more.judge);
  const involved = seen.map(entity => ({ entity, part: roleOf(entity, entry, more.judge) }));
  involved.sort(
    (a, b) =>
      ROLE_ORDER[a.part.role] - ROLE_ORDER[b.part.role] ||
      b.entity.alertCount - a.entity.alertCount ||
      (a.entity.key < b.entity.key ? -1 : 1),
  );
  const entities = involved.slice(0, ENTITIES_MAX).map(({ entity, part }): EntityInvolved => {
    const { key, kind, label, alertCount, firstSeen, lastSeen, machine } = entity;
    const { role, because, doubt } = part;
    const resolution = more.resolver && resolutionOf(entity, entity.moments, more.resolver);
    return {
      key,
      kind,
      label,
      role,
      because,
      alertCount,
      firstSeen,
      lastSeen,
      saidBy: part.saidBy.slice(0, SAID_BY_MAX).map(({ alert, evidence }) => ({ alert, evidence })),
      ...(doubt === undefined ? {} : { doubt }),
      ...(machine === undefined ? {} : { machine }),
      ...(resolution === undefined ? {} : { resolution }),
      inventory: knownOf(find(key)),
    };
  });
  return { entities, total: involved.length };
}

function knownOf(record: InventoryRecord | undefined): EntityInvolved['inventory'] {
  if (record === undefined) return undefined;
  const { name, privileged, criticality, owner } = record;
  return { name, privileged, criticality, isMachine: record.kind === 'nhi', owner };
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
  const ordered = alerts
    .map(alert => ({ alert, time: believableTime(alert) }))
    .sort((a, b) => a.time - b.time || (a.alert.id < b.alert.id ? -1 : 1));
  for (const { alert, time } of ordered) {
    const hit: Hit = { alert: alert.id, evidence: alert.evidence, time, clock: clockOf(alert) };
    const said = partsIn(alert);
    for (const part of said.parts) {
      const entity = all.get(part.key) ?? newcomer(part, time);
      all.set(part.key, entity);
      note(entity, part, hit, said);
    }
  }
  return [...all.values()];
}

function newcomer({ key, kind, label }: Part, time: UnixMs): Seen {
  return {
    key,
    kind,
    label,
    machine: undefined,
    alertCount: 0,
    firstSeen: time,
    lastSeen: time,
    moments: [],
    all: [],
    acts: [],
    acted: 0,
    lastOnOthers: undefined,
    befalls: [],
    targeted: 0,
    observed: 0,
    late: [],
    lateTactics: new Set(),
    entry: undefined,
  };
}

/** What one alert adds. Alerts come by time, so what is kept first is the earliest. */
function note(entity: Seen, { label, machine, roles, hasOthers }: Part, hit: Hit, said: Parts): void {
  if (label < entity.label) entity.label = label;
  entity.machine = surerKind(entity.machine, machine);
  entity.alertCount++;
  entity.lastSeen = hit.time;
  entity.moments.push(hit.time);
  keep(entity.all, hit);
  if (roles.has('actor')) {
    entity.acted++;
    keep(entity.acts, hit);
    if (hasOthers) entity.lastOnOthers = hit;
  } else if (roles.has('target')) {
    entity.targeted++;
    keep(entity.befalls, hit);
    if (said.lateTactics.length > 0) keep(entity.late, hit);
    for (const tactic of said.lateTactics) entity.lateTactics.add(tactic);
  } else if (roles.has('observer')) entity.observed++;
  if (entity.entry === undefined && (roles.has('actor') || roles.has('target')))
    entity.entry = entrySign(entity, hit, said);
}

function keep(hits: Hit[], hit: Hit): void {
  if (hits.length < SAID_BY_MAX) hits.push(hit);
}

/** What of an alert says that whoever stands in it is where the attack came in. */
function entrySign(entity: Seen, hit: Hit, { arrival, isMail }: Parts): EntrySign | undefined {
  // What the system itself does is nobody's way in.
  const isSystem = entity.machine === 'system' || entity.machine === 'computer';
  if (!PARTIES.has(entity.kind) || isSystem) return undefined;
  if (arrival !== undefined) return { hit, ...arrival };
  const isRecipient = entity.kind === 'mailbox' || entity.kind === 'user';
  return isMail && isRecipient && entity.acted === 0
    ? { hit, rank: 2, says: 'as a recipient of the message' }
    : undefined;
}

/** The entry, or those that are alike and of which none is it. */
interface Entry {
  readonly one: Seen | undefined;
  readonly alike: ReadonlySet<Seen>;
  readonly doubt: string | undefined;
}

/**
 * The party with the earliest sign of entry; of one instant the stronger sign, then who acts before whom it befalls,
 * then people before machines. Without a sign nobody is: to be named first is not to be the entry.
 */
function entryAmong(seen: readonly Seen[], judge: OrderJudge | undefined): Entry {
  const signed = seen.flatMap(entity => (entity.entry === undefined ? [] : [{ entity, sign: entity.entry }]));
  const place = ({ entity, sign }: (typeof signed)[number]): number =>
    (sign.rank * 2 + (entity.acts[0]?.alert === sign.hit.alert ? 0 : 1)) * KINDS.length + KINDS.indexOf(entity.kind);
  const [first, ...others] = signed.sort(
    (a, b) => a.sign.hit.time - b.sign.hit.time || place(a) - place(b) || (a.entity.key < b.entity.key ? -1 : 1),
  );
  if (first === undefined) return { one: undefined, alike: new Set(), doubt: undefined };
  const alike = others.filter(other => other.sign.hit.time === first.sign.hit.time && place(other) === place(first));
  if (alike.length > 0)
    return { one: undefined, alike: new Set([first, ...alike].map(({ entity }) => entity)), doubt: undefined };
  const rival = others.find(other => other.sign.hit.alert !== first.sign.hit.alert);
  return { one: first.entity, alike: new Set(), doubt: rival && judge?.doubt(first.sign.hit, rival.sign.hit)?.text };
}

interface Role extends Pick<EntityInvolved, 'role' | 'because'> {
  readonly saidBy: readonly Hit[];
  readonly doubt?: string | undefined;
}

function roleOf(entity: Seen, entry: Entry, judge: OrderJudge | undefined): Role {
  const { acted, targeted, alertCount, lastOnOthers } = entity;
  if (!PARTIES.has(entity.kind)) {
    const because = `an address or name that stands in ${alertsText(alertCount)}`;
    return { role: 'infrastructure', because, saidBy: entity.all };
  }
  const [befell] = entity.befalls;
  if (befell !== undefined && lastOnOthers !== undefined && befell.time < lastOnOthers.time) {
    return {
      role: 'pivot',
      because: `acted on at ${minuteText(befell.time)}, and acted on others until ${minuteText(lastOnOthers.time)} (UTC)`,
      saidBy: [befell, lastOnOthers],
      doubt: judge?.doubt(befell, lastOnOthers)?.text,
    };
  }
  if (entity === entry.one && entity.entry !== undefined) {
    const { hit, says } = entity.entry;
    return {
      role: 'entry',
      because: `the first sign of entry, ${says}, at ${minuteText(hit.time)} UTC`,
      saidBy: [hit],
      doubt: entry.doubt,
    };
  }
  const others = entry.alike.size - 1;
  const doubt = entry.alike.has(entity)
    ? `may be the entry: ${others === 1 ? 'one other is' : `${others} others are`} named in the same way at the same time`
    : undefined;
  if (acted > 0) {
    const too = targeted > 0 ? `, and is acted on in ${alertsText(targeted)}` : '';
    return { role: 'actor', because: `acts in ${alertsText(acted)}${too}`, saidBy: entity.acts, doubt };
  }
  if (targeted > 0) {
    const late = LATE_TACTICS.filter(tactic => entity.lateTactics.has(tactic)).map(tactic =>
      tactic.replaceAll('-', ' '),
    );
    const stages = late.length > 0 ? `, ${late.join(' and ')} among them` : '';
    const saidBy = [...new Set([...entity.late, ...entity.befalls])];
    return { role: 'target', because: `acted on in ${alertsText(targeted)}${stages}`, saidBy, doubt };
  }
  const isObserver = entity.observed === alertCount;
  const because = isObserver
    ? `saw ${alertsText(alertCount)}; nothing says that it took part`
    : `stands in ${alertsText(alertCount)} without a part`;
  return { role: 'bystander', because, saidBy: entity.all };
}

function alertsText(count: number): string {
  return count === 1 ? 'one alert' : `${count} alerts`;
}
