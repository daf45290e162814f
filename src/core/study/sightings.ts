import type { Id } from '../../base/id.ts';
import { MS_PER_DAY, MS_PER_SECOND, type UnixMs, unixMsFrom } from '../../base/time.ts';
import { type Alert, activityTime, type EntityHit, entityKey } from '../../model/alert.ts';
import type { BindingKind } from '../../model/binding.ts';
import type { Citation } from '../../model/claim.ts';
import { addressScope, isAddress } from './address-scope.ts';
import { predicateOf } from './predicate.ts';
import type { ReadField } from './verify-claim.ts';

/** One record's word that two entities belonged together at a moment, with the fields that say so. */
export interface Sighting {
  readonly kind: BindingKind;
  readonly subject: string;
  readonly subjectLabel: string;
  readonly object: string;
  readonly objectLabel: string;
  readonly at: UnixMs;
  /** Until when the record itself says that it holds: the end of a lease, the life of an answer. */
  readonly until: UnixMs | undefined;
  /** The record says that it ends here. */
  readonly isEnd: boolean;
  readonly alert: Id<'alert'>;
  readonly citations: readonly Citation[];
}

/** What one record may say at most. */
const SIGHTINGS_MAX = 24;
const ANSWERS_MAX = 8;
const LEASE_MS_MAX = 366 * MS_PER_DAY;
const ADDRESSES_PER_HOST_MAX = 8;

/** Keys, letters and digits only, under which a product writes the address of the host that stands beside it. */
const OWN_KEYS: ReadonlySet<string> = new Set(
  'ip ips ipaddress ipaddresses ipv4 ipv6 address addresses localip localaddress agentip agentipv4 agentipv6 hostip deviceip lastipaddress lastinternalip privateip privateipaddress connectionip ipinterfaces localaddressip4 localaddressip6'.split(
    ' ',
  ),
);
/** The address that a host is seen from outside. */
const OUTER_KEYS: ReadonlySet<string> = new Set(
  'externalip externalipaddress lastexternalip lastexternalipaddress publicip publicipaddress'.split(' '),
);
/** At the top of a flat record many things stand beside each other; only these say whose they are. */
const OWN_KEYS_FLAT: ReadonlySet<string> = new Set(
  'localip agentip agentipv4 agentipv6 hostip deviceip lastipaddress lastinternalip localaddressip4 localaddressip6'.split(
    ' ',
  ),
);

const DHCP = /dhcp/i;
const GRANTED = /\b(?:ack|assign\w*|renew\w*|grant\w*|lease[ds]?)\b/i;
const RELEASED = /\b(?:release[ds]?|expire[ds]?|delete[ds]?)\b/i;
const LOGGED_OFF =
  /\blog(?:ged)?[- ]?o(?:ff|ut)\b|\bsign(?:ed)?[- ]?out\b|session\.(?:end|clear|revoke)|session closed/i;
const WIRE = /zeek|bro\b|suricata|corelight/i;
const NAMES = /\bdns\b/i;
const NETWORK = /dhcp|dns|zeek|bro\b|suricata|corelight/i;
const NOTHING: readonly Sighting[] = [];
const WORDS_CHARS_MAX = 400;

/**
 * What an alert says of who held which address, account or name at its time. Read from mapped entities, and of leases
 * and answers from the record's own fields; nothing is taken from free text. Every sighting cites the fields.
 *
 * A host name in a DHCP request is whatever the client sent: it is shown as what the record says, and can never make
 * a target ({@link isSelfAsserted}).
 */
export function sightingsIn(alert: Alert, read: ReadField): readonly Sighting[] {
  // Called for every alert that comes in: most say nothing of this, and that is found out first.
  const words = wordsOf(alert);
  const found = [
    ...(NETWORK.test(words) ? [...leases(alert, words, read), ...answers(alert, words, read)] : NOTHING),
    ...ownAddresses(alert),
    ...sensorAddresses(alert, read),
    ...signIns(alert),
  ];
  if (found.length === 0) return NOTHING;
  // One record says a thing once, however many of its fields repeat it.
  const once = new Map<string, Sighting>();
  for (const one of found) {
    const key = JSON.stringify([one.kind, one.subject, one.object, one.isEnd]);
    if (one.subject !== one.object && !once.has(key)) once.set(key, one);
  }
  return [...once.values()].slice(0, SIGHTINGS_MAX);
}

function wordsOf({ source, product, rule, title, fields }: Worded): string {
  return `${source} ${product} ${rule} ${title} ${fields.action ?? ''}`.slice(0, WORDS_CHARS_MAX);
}

type Worded = Pick<Alert, 'source' | 'product' | 'rule' | 'title' | 'fields'>;

interface Named {
  readonly key: string;
  readonly label: string;
  readonly pointer: string;
}

function namedOf(hit: EntityHit): Named {
  return { key: entityKey(hit), label: hit.label, pointer: hit.pointer };
}

function sighting(
  alert: Alert,
  kind: BindingKind,
  subject: Named,
  object: Named,
  more: { readonly until?: UnixMs; readonly isEnd?: boolean; readonly cited?: readonly Citation[] } = {},
): Sighting {
  const cite = ({ pointer, label }: Named): Citation => ({ evidence: alert.evidence, pointer, value: label });
  return {
    kind,
    subject: subject.key,
    subjectLabel: subject.label,
    object: object.key,
    objectLabel: object.label,
    at: activityTime(alert),
    until: more.until,
    isEnd: more.isEnd ?? false,
    alert: alert.id,
    citations: [cite(subject), cite(object), ...(more.cited ?? [])],
  };
}

/** A field of the raw record as an entity: the alert's own where it maps the field, so that names compare alike. */
function rawNamed(alert: Alert, read: ReadField, kind: 'ip' | 'host' | 'domain', pointer: string): Named | undefined {
  const label = read(alert.evidence, pointer)?.trim();
  if (label === undefined || label === '' || label.length > 255) return undefined;
  const mapped = alert.entities.find(hit => hit.kind === kind && (hit.pointer === pointer || hit.label === label));
  if (mapped !== undefined) return { ...namedOf(mapped), label, pointer };
  if (kind === 'ip' && !isAddress(label)) return undefined;
  return { key: `${kind}:${label.toLowerCase().replace(/\.$/, '')}`, label, pointer };
}

/** An address that any host may have at any time, or that is no host's, tells nothing. */
function isTelling(address: string): boolean {
  return addressScope(address) !== 'nobody';
}

/** Where leases stand: Zeek's dhcp.log and Suricata's dhcp event, by their own documentation. */
const LEASE_SHAPES = [
  {
    address: '/assigned_addr',
    names: ['/client_fqdn', '/host_name'],
    kinds: ['/msg_types/0', '/msg_types/1', '/msg_types/2', '/msg_types/3'],
    seconds: '/lease_time',
  },
  { address: '/dhcp/assigned_ip', names: ['/dhcp/hostname'], kinds: ['/dhcp/dhcp_type'], seconds: '/dhcp/lease_time' },
] as const;

function leases(alert: Alert, words: string, read: ReadField): readonly Sighting[] {
  if (!DHCP.test(words) && !WIRE.test(words)) return [];
  for (const shape of LEASE_SHAPES) {
    const address = rawNamed(alert, read, 'ip', shape.address);
    const host = shape.names.map(name => rawNamed(alert, read, 'host', name)).find(one => one !== undefined);
    if (address === undefined || host === undefined || !isTelling(address.label)) continue;
    const kinds = shape.kinds.map(kind => read(alert.evidence, kind)?.toLowerCase());
    if (kinds.includes('release')) return [sighting(alert, 'lease', address, host, { isEnd: true })];
    if (!kinds.includes('ack')) return [];
    const seconds = read(alert.evidence, shape.seconds);
    const lasts =
      seconds !== undefined && /^\d{1,9}(?:\.\d{1,9})?$/.test(seconds) ? Number(seconds) * MS_PER_SECOND : 0;
    if (seconds === undefined || lasts <= 0 || lasts > LEASE_MS_MAX) return [sighting(alert, 'lease', address, host)];
    const cited = [{ evidence: alert.evidence, pointer: shape.seconds, value: seconds }];
    return [sighting(alert, 'lease', address, host, { until: unixMsFrom(activityTime(alert) + lasts), cited })];
  }
  return DHCP.test(words) ? mappedLease(alert, words) : [];
}

/** Of a product without a shape of its own: one address and one host, in a record that says that a lease was given. */
function mappedLease(alert: Alert, words: string): readonly Sighting[] {
  const of = (kind: EntityHit['kind']) => alert.entities.filter(hit => hit.kind === kind && hit.role !== 'observer');
  const [[address, ...addresses], [host, ...hosts]] = [of('ip'), of('host')];
  if (address === undefined || host === undefined || addresses.length > 0 || hosts.length > 0) return [];
  if (!isTelling(address.value)) return [];
  const isEnd = RELEASED.test(words);
  return isEnd || GRANTED.test(words) ? [sighting(alert, 'lease', namedOf(address), namedOf(host), { isEnd })] : [];
}

/** The parent of a field, and its key without case or signs; a place in a list belongs to the list. */
function placeOf(pointer: string): { readonly parent: string; readonly key: string } {
  const path = pointer.split('/');
  while (path.length > 2 && /^\d+$/.test(path.at(-1) ?? '')) path.pop();
  const key = (path.pop() ?? '').toLowerCase().replace(/[^a-z0-9]/g, '');
  return { parent: path.join('/'), key };
}

/** Objects that stand beside each other and are all of the agent (SentinelOne's `agentRealtimeInfo` and others) are one. */
function ownerOf(parent: string): string {
  const at = parent.lastIndexOf('/');
  return /^agent/i.test(parent.slice(at + 1)) ? `${parent.slice(0, at)}/agent` : parent;
}

/** Addresses that mapped fields give to a host of ours, its own ones and those that it is seen from outside. */
export function ownAddresses(alert: Alert): readonly Sighting[] {
  if (!alert.entities.some(({ kind }) => kind === 'ip')) return NOTHING;
  const hosts = new Map<string, EntityHit[]>();
  for (const hit of alert.entities) {
    if (hit.kind !== 'host' || hit.pointer === '') continue;
    const owner = ownerOf(placeOf(hit.pointer).parent);
    hosts.set(owner, [...(hosts.get(owner) ?? []), hit]);
  }
  if (hosts.size === 0) return NOTHING;
  const found: Sighting[] = [];
  for (const hit of alert.entities) {
    if (hit.kind !== 'ip' || hit.pointer === '' || !isTelling(hit.value)) continue;
    const { parent, key } = placeOf(hit.pointer);
    const [host, ...others] = hosts.get(ownerOf(parent)) ?? [];
    // Where two hosts stand beside an address, whose it is is not said.
    if (host === undefined || others.some(other => other.value !== host.value)) continue;
    const isOwn = (parent === '' ? OWN_KEYS_FLAT : OWN_KEYS).has(key);
    if (!isOwn && !OUTER_KEYS.has(key)) continue;
    found.push(sighting(alert, isOwn ? 'own_address' : 'behind', namedOf(hit), namedOf(host)));
    if (found.length >= ADDRESSES_PER_HOST_MAX) break;
  }
  return found;
}

/**
 * Where sensors write the addresses of their own host, by their documentation, whether or not the source maps them: the
 * Elastic Common Schema's `host`, CrowdStrike's `device`, SentinelOne's `agentDetectionInfo`.
 */
const SENSOR_SHAPES: readonly {
  readonly source: RegExp;
  readonly kind: 'own_address' | 'behind';
  readonly hosts: readonly string[];
  readonly addresses: readonly string[];
}[] = [
  {
    source: /^elastic/,
    kind: 'own_address',
    hosts: ['/host/name', '/host/hostname', '/host.name', '/host.hostname'],
    addresses: ['/host/ip', '/host/ip/0', '/host/ip/1', '/host/ip/2', '/host.ip', '/host.ip/0', '/host.ip/1'],
  },
  { source: /^crowdstrike/, kind: 'behind', hosts: ['/device/hostname'], addresses: ['/device/external_ip'] },
  {
    source: /^sentinelone/,
    kind: 'behind',
    hosts: ['/agentRealtimeInfo/agentComputerName', '/agentDetectionInfo/name'],
    addresses: ['/agentDetectionInfo/externalIp'],
  },
];

function sensorAddresses(alert: Alert, read: ReadField): readonly Sighting[] {
  const shape = SENSOR_SHAPES.find(one => one.source.test(alert.source));
  if (shape === undefined) return NOTHING;
  const host = shape.hosts.map(pointer => rawNamed(alert, read, 'host', pointer)).find(one => one !== undefined);
  if (host === undefined) return [];
  return shape.addresses
    .map(pointer => rawNamed(alert, read, 'ip', pointer))
    .filter(address => address !== undefined)
    .filter(({ label }) => isTelling(label))
    .map(address => sighting(alert, shape.kind, address, host));
}

/** A person or a service that signs in; a computer's and a system's own account says nothing of who was there. */
function isWho(hit: EntityHit): boolean {
  if (hit.kind !== 'user' && hit.kind !== 'nhi') return false;
  return hit.machine !== 'computer' && hit.machine !== 'system' && !hit.value.endsWith('$');
}

function pick(
  alert: Alert,
  field: 'user' | 'host' | 'src_ip',
  is: (hit: EntityHit) => boolean,
  roles: string,
): EntityHit | undefined {
  const fitting = alert.entities.filter(is).sort((a, b) => (a.pointer < b.pointer ? -1 : 1));
  return (
    fitting.find(hit => hit.label === alert.fields[field]) ??
    roles
      .split(' ')
      .map(role => fitting.find(hit => hit.role === role))
      .find(hit => hit !== undefined)
  );
}

function signIns(alert: Alert): readonly Sighting[] {
  if (!alert.entities.some(isWho)) return NOTHING;
  const isEnd = LOGGED_OFF.test(`${alert.fields.action ?? ''} ${alert.title}`.slice(0, WORDS_CHARS_MAX));
  if (!isEnd && (alert.fields.outcome !== 'success' || predicateOf(alert) !== 'auth_succeeded')) return NOTHING;
  const user = pick(alert, 'user', isWho, 'target actor related');
  if (user === undefined) return [];
  const address = pick(alert, 'src_ip', ({ kind }) => kind === 'ip', 'actor');
  const host = pick(alert, 'host', ({ kind }) => kind === 'host', 'target observer actor related');
  const found: Sighting[] = [];
  if (address !== undefined && isTelling(address.value))
    found.push(sighting(alert, 'sign_in', namedOf(address), namedOf(user), { isEnd }));
  if (host !== undefined) found.push(sighting(alert, 'logon', namedOf(host), namedOf(user), { isEnd }));
  // The device that a person sits at, not the one that they reach.
  const isDevice = host?.role === 'actor' || host?.role === 'related';
  if (address !== undefined && host !== undefined && isDevice && isTelling(address.value) && !isEnd)
    found.push(sighting(alert, 'behind', namedOf(address), namedOf(host)));
  return found;
}

/** Where answers stand: Zeek's dns.log and Suricata's dns event. `*` is a place in a list. */
const ANSWER_SHAPES = [
  { name: '/query', address: '/answers/*', seconds: '/TTLs/*' },
  { name: '/dns/rrname', address: '/dns/answers/*/rdata', seconds: '/dns/answers/*/ttl' },
  { name: '/dns/rrname', address: '/dns/grouped/A/*', seconds: '' },
] as const;

function answers(alert: Alert, words: string, read: ReadField): readonly Sighting[] {
  if (!NAMES.test(words) && !WIRE.test(words)) return [];
  for (const shape of ANSWER_SHAPES) {
    const name = rawNamed(alert, read, 'domain', shape.name);
    if (name === undefined) continue;
    const found: Sighting[] = [];
    for (let place = 0; place < ANSWERS_MAX; place++) {
      const address = rawNamed(alert, read, 'ip', shape.address.replace('*', String(place)));
      if (address === undefined || !isAddress(address.label)) continue;
      const pointer = shape.seconds.replace('*', String(place));
      const seconds = pointer === '' ? undefined : read(alert.evidence, pointer);
      const lasts =
        seconds !== undefined && /^\d{1,9}(?:\.\d{1,9})?$/.test(seconds) ? Number(seconds) * MS_PER_SECOND : 0;
      if (seconds === undefined || lasts <= 0) {
        found.push(sighting(alert, 'dns', name, address));
        continue;
      }
      const cited = [{ evidence: alert.evidence, pointer, value: seconds }];
      found.push(sighting(alert, 'dns', name, address, { until: unixMsFrom(activityTime(alert) + lasts), cited }));
    }
    if (found.length > 0) return found;
  }
  return [];
}

const ASSERTED_KEYS: ReadonlySet<string> = new Set(['hostname', 'clientfqdn', 'clienthostname', 'clientname', 'fqdn']);

/**
 * Whether a host's name in this alert is what a client said of itself when it asked for an address. Anybody on the
 * network may send any name, so it names nothing that one may act on.
 *
 * Decided by the product, its operation and the field's place alone: words of a title or a rule may be a sender's, and
 * nobody may keep a host from being contained by writing of leases.
 */
export function isSelfAsserted(alert: Pick<Alert, 'source' | 'product' | 'fields'>, hit: EntityHit): boolean {
  if (hit.kind !== 'host' || hit.role === 'observer') return false;
  const words = `${alert.source} ${alert.product} ${alert.fields.action ?? ''}`.slice(0, WORDS_CHARS_MAX);
  if (DHCP.test(words)) return true;
  const { parent, key } = placeOf(hit.pointer);
  return ASSERTED_KEYS.has(key) && (DHCP.test(parent) || (WIRE.test(words) && parent === ''));
}
