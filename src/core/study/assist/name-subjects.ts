import { type Alert, type AlertField, entityKey } from '../../../model/alert.ts';
import type { Claim, ResponseOption } from '../../../model/claim.ts';
import type { Inventory, InventoryRecord } from '../../../model/inventory.ts';
import { createInventoryIndex } from '../entity-roles.ts';
import type { PacketInput } from './packet.ts';

/** Somebody or something that a packet speaks of by an id. */
export interface Subject {
  readonly key: string;
  readonly label: string;
  readonly kind: string;
}

/** Finds who stands behind a role's value or an option's target. */
export interface Subjects {
  /** Undefined where the value is a word about what happened, and names nobody. */
  readonly ofRole: (claim: Claim, role: string, value: string) => Subject | undefined;
  readonly ofOption: (option: ResponseOption) => Subject | undefined;
  /** By its key or the lower-case name of a host. */
  readonly ofHost: (name: string) => Subject;
  readonly alertsWith: (key: string) => number;
  readonly record: (key: string) => InventoryRecord | undefined;
}

/** Roles whose value says what was done, not who or what was there. */
const WORDS_OF: ReadonlySet<string> = new Set([
  'operation',
  'outcome',
  'count',
  'reason',
  'technique',
  'tactic',
  'status',
  'method',
  'protocol',
  'rule',
  'predicate',
  'role',
  'what',
  'sure',
  'stat',
  'days',
  'baseline',
  'kind',
]);

/** What a role's value is, where no entity of the alerts stands there. */
const KIND_OF_ROLE: ReadonlyMap<string, string> = new Map([
  ['actor', 'user'],
  ['target', 'user'],
  ['identity', 'user'],
  ['user', 'user'],
  ['host', 'host'],
  ['source_ip', 'ip'],
  ['destination_ip', 'ip'],
  ['address', 'ip'],
  ['process', 'process'],
  ['url', 'url'],
  ['sender', 'mailbox'],
  ['recipient', 'mailbox'],
  ['domain', 'domain'],
  ['file', 'file'],
  ['hash', 'hash'],
]);

export function createSubjects({ alerts, inventory }: Pick<PacketInput, 'alerts' | 'inventory'>): Subjects {
  const record = createInventoryIndex(inventory);
  const at = new Map<string, Subject>();
  const byKey = new Map<string, Subject>();
  const byLabel = new Map<string, Subject>();
  const counts = new Map<string, number>();
  for (const alert of alerts) {
    for (const key of new Set(alert.entities.map(entityKey))) counts.set(key, (counts.get(key) ?? 0) + 1);
    for (const { kind, value, label, pointer } of alert.entities) {
      const subject: Subject = { key: entityKey({ kind, value }), label, kind };
      lesser(at, `${alert.evidence} ${pointer} ${label}`, subject);
      lesser(byKey, subject.key, subject);
      lesser(byLabel, label.toLowerCase(), subject);
      lesser(byLabel, value.toLowerCase(), subject);
    }
  }
  const one = (subject: Subject | undefined): Subject | undefined =>
    subject === undefined ? undefined : (byKey.get(subject.key) ?? subject);
  const madeUp = (kind: string, label: string): Subject =>
    byKey.get(`${kind}:${label.toLowerCase()}`) ?? { key: `${kind}:${label.toLowerCase()}`, label, kind };
  const targets = targetsOf(inventory, [...byKey.keys()].sort(), record);
  return {
    ofRole: (claim, role, value) => {
      if (WORDS_OF.has(role)) return undefined;
      for (const citation of claim.citations) {
        const found =
          citation.value === value ? at.get(`${citation.evidence} ${citation.pointer} ${value}`) : undefined;
        if (found !== undefined) return one(found);
      }
      const kind = KIND_OF_ROLE.get(role) ?? 'other';
      return (
        byKey.get(`${kind}:${value.toLowerCase()}`) ?? one(byLabel.get(value.toLowerCase())) ?? madeUp(kind, value)
      );
    },
    ofOption: ({ system, targetName }) => {
      if (system === undefined || targetName === undefined) return undefined;
      const key = targets.get(`${system} ${targetName}`);
      if (key !== undefined) return byKey.get(key);
      // What is kept out goes by its own name, and stands in no inventory.
      return byKey.get(`ip:${targetName}`) ?? byKey.get(`domain:${targetName}`) ?? madeUp('account', targetName);
    },
    ofHost: name => madeUp('host', name),
    alertsWith: key => counts.get(key) ?? 0,
    record,
  };
}

/** Of two that could stand there the first by key, then by label, so that the order of the alerts does not matter. */
function lesser(into: Map<string, Subject>, at: string, subject: Subject): void {
  const known = into.get(at);
  const isLess =
    known === undefined || subject.key < known.key || (subject.key === known.key && subject.label < known.label);
  if (isLess) into.set(at, subject);
}

/** For each account of the inventory the entity that stands in the alerts. */
function targetsOf(
  inventory: Inventory | undefined,
  keys: readonly string[],
  find: (key: string) => InventoryRecord | undefined,
): ReadonlyMap<string, string> {
  const keyOf = new Map<InventoryRecord, string>();
  for (const key of keys) {
    const record = find(key);
    if (record !== undefined && !keyOf.has(record)) keyOf.set(record, key);
  }
  const targets = new Map<string, string>();
  for (const record of inventory?.records ?? []) {
    const key = keyOf.get(record);
    if (key !== undefined) for (const { system, name } of record.accounts) targets.set(`${system} ${name}`, key);
  }
  return targets;
}

const NAMING_FIELDS: readonly AlertField[] = [
  'src_ip',
  'dst_ip',
  'user',
  'host',
  'process',
  'command_line',
  'file_path',
  'hash_sha256',
  'url',
  'domain',
  'email_from',
  'email_to',
];

/** Every name by which the incident, the inventory and the options know somebody or something. */
export function namesIn(
  input: Pick<PacketInput, 'alerts' | 'inventory' | 'options' | 'gaps' | 'summary'>,
): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (name: string | undefined): void => {
    if (name !== undefined && name !== '') names.add(name);
  };
  for (const alert of input.alerts) addNamesOfAlert(alert, add);
  for (const { label, key, kind } of input.summary.entities) {
    add(label);
    add(key.slice(kind.length + 1));
  }
  for (const { name, aliases, accounts, owner, dependents } of input.inventory?.records ?? []) {
    for (const one of [name, owner, ...dependents, ...aliases.map(alias => alias.slice(alias.indexOf(':') + 1))])
      add(one);
    for (const account of accounts) {
      add(account.system);
      add(account.name);
    }
  }
  for (const { system, targetName } of input.options) {
    add(system);
    add(targetName);
  }
  for (const { stream } of input.gaps) add(stream.slice(0, stream.indexOf('|')));
  return names;
}

function addNamesOfAlert(alert: Alert, add: (name: string | undefined) => void): void {
  for (const { label, value, vendorId } of alert.entities) {
    add(label);
    add(value);
    add(vendorId);
  }
  for (const field of NAMING_FIELDS) add(alert.fields[field]);
}
