import { MS_PER_HOUR, MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import { type Alert, entityKey } from '../../model/alert.ts';

/** What pairs and skews are read from: normalised fields only. */
export type ClockInput = Pick<
  Alert,
  | 'id'
  | 'product'
  | 'source'
  | 'rule'
  | 'title'
  | 'vendorLinks'
  | 'entities'
  | 'fields'
  | 'occurredAt'
  | 'reportedAt'
  | 'receivedAt'
>;

/** Two clocks, by name, and what the first reads minus what the second reads at the same events. */
export interface ClockPairs {
  readonly a: string;
  readonly b: string;
  /** Ascending. */
  readonly differencesMs: readonly number[];
}

/** Whose clock an alert's times are read from: the product's, as in the lanes of a timeline. */
export function clockOf(alert: Pick<Alert, 'product' | 'source'>): string {
  return alert.product.trim() || alert.source;
}

/** A shared id of one event pairs over a zone's error too; what merely looks alike pairs only nearby. */
const ID_MS_MAX = 26 * MS_PER_HOUR;
const ALIKE_MS_MAX = 15 * MS_PER_MINUTE;
/** Links of one event. An incident, a case or a session holds many events, so its id says nothing of a moment. */
const EVENT_LINK = /^(?:flow|community[-_]?id|connection|conn|uid|event|shared-event|message|transaction|request):/i;
/** An event that one clock reports more often pairs nothing: which report would be the other's cannot be told. */
const REPORTS_MAX = 4;
const LINKS_MAX = 8;
const COMMAND_CHARS_MAX = 512;
/** Keys that are kept. Of more alerts an even share of the keys is kept, chosen by the key alone, in whatever order. */
const KEYS_MAX = 200_000;
const KEYS_PER_ALERT = 4;
/** Clocks that are compared at most. */
const CLOCKS_MAX = 24;

interface Reports {
  readonly boundMs: number;
  readonly byClock: Map<string, { readonly id: string; readonly at: UnixMs }[]>;
}

/** What says that an alert is about one certain event, and how far apart two reports of it may stand. */
export type EventKeys = (alert: ClockInput) => readonly (readonly [string, number])[];

/**
 * The differences between clocks, from alerts of two of them about one event: the same flow, message or event id, the
 * same connection, the same command line on the same host, the same rule for the same parties.
 *
 * Two alerts pair once, however much they share. The order of the alerts does not matter. `keysOf` is
 * {@link eventKeys}, or remembers what it gave.
 */
export function clockPairs(alerts: readonly ClockInput[], keysOf: EventKeys = eventKeys): readonly ClockPairs[] {
  const clocks = busiestClocks(alerts);
  if (clocks.size < 2) return [];
  const events = collect(alerts, clocks, keysOf);
  const pairs = new Map<string, { readonly a: string; readonly b: string; readonly found: Map<string, number> }>();
  for (const event of events.values()) pairWithin(event, pairs);
  return [...pairs.values()]
    .map(({ a, b, found }) => ({ a, b, differencesMs: [...found.values()].sort((x, y) => x - y) }))
    .sort((x, y) => compare(x.a, y.a) || compare(x.b, y.b));
}

/**
 * The busiest clock of each source, then the second busiest of each, and so on: whoever makes up product names within
 * one source takes no other source's clocks from the comparison.
 */
function busiestClocks(alerts: readonly ClockInput[]): ReadonlySet<string> {
  const counts = new Map<string, { source: string; count: number }>();
  for (const alert of alerts) {
    if (alert.occurredAt === undefined) continue;
    const clock = clockOf(alert);
    const own = counts.get(clock) ?? { source: alert.source, count: 0 };
    counts.set(clock, own);
    own.count++;
    if (alert.source < own.source) own.source = alert.source;
  }
  const busiest = [...counts].sort(([a, x], [b, y]) => y.count - x.count || compare(a, b));
  const places = new Map<string, number>();
  const ranked = busiest.map(([clock, { source }]) => {
    const place = places.get(source) ?? 0;
    places.set(source, place + 1);
    return { clock, place };
  });
  // Sorting is stable: of one place the busier stays first.
  ranked.sort((a, b) => a.place - b.place);
  return new Set(ranked.slice(0, CLOCKS_MAX).map(({ clock }) => clock));
}

function collect(
  alerts: readonly ClockInput[],
  clocks: ReadonlySet<string>,
  keysOf: EventKeys,
): ReadonlyMap<string, Reports> {
  const share = Math.max(1, Math.ceil((alerts.length * KEYS_PER_ALERT) / KEYS_MAX));
  const events = new Map<string, Reports>();
  for (const alert of alerts) {
    const clock = clockOf(alert);
    if (alert.occurredAt === undefined || !clocks.has(clock)) continue;
    for (const [key, boundMs] of keysOf(alert)) {
      if (share > 1 && hashOf(key) % share !== 0) continue;
      let reports = events.get(key);
      if (reports === undefined) {
        reports = { boundMs, byClock: new Map() };
        events.set(key, reports);
      }
      const own = reports.byClock.get(clock);
      if (own === undefined) reports.byClock.set(clock, [{ id: alert.id, at: alert.occurredAt }]);
      // One above the bound is kept, so that it is known that the bound was passed.
      else if (own.length <= REPORTS_MAX) own.push({ id: alert.id, at: alert.occurredAt });
    }
  }
  return events;
}

function pairWithin(
  { boundMs, byClock }: Reports,
  pairs: Map<string, { readonly a: string; readonly b: string; readonly found: Map<string, number> }>,
): void {
  if (byClock.size < 2) return;
  const clocks = [...byClock.keys()].sort(compare);
  for (const [index, a] of clocks.entries()) {
    for (const b of clocks.slice(index + 1)) {
      const [ours, theirs] = [byClock.get(a) ?? [], byClock.get(b) ?? []];
      if (ours.length !== theirs.length || ours.length > REPORTS_MAX) continue;
      const [first, second] = [ours, theirs].map(list => list.toSorted((x, y) => x.at - y.at || compare(x.id, y.id)));
      const name = JSON.stringify([a, b]);
      for (const [place, report] of (first ?? []).entries()) {
        const other = second?.[place];
        if (other === undefined || Math.abs(report.at - other.at) > boundMs) continue;
        const known = pairs.get(name) ?? { a, b, found: new Map<string, number>() };
        pairs.set(name, known);
        known.found.set(`${report.id} ${other.id}`, report.at - other.at);
      }
    }
  }
}

/** Follows from the alert alone. */
export function eventKeys(alert: ClockInput): readonly (readonly [string, number])[] {
  const keys: [string, number][] = [];
  for (const link of alert.vendorLinks.slice(0, LINKS_MAX)) if (EVENT_LINK.test(link)) keys.push([link, ID_MS_MAX]);
  const of = (kind: string, role?: string): string | undefined =>
    alert.entities
      .filter(hit => hit.kind === kind && (role === undefined || hit.role === role))
      .map(hit => hit.value)
      .sort(compare)[0];
  const message = of('message');
  if (message !== undefined) keys.push([`message ${message}`, ID_MS_MAX]);
  const session = of('session');
  if (session !== undefined) keys.push([`session ${session}`, ALIKE_MS_MAX]);
  const { src_ip, src_port, dst_ip, dst_port } = alert.fields;
  if (src_ip && src_port && dst_ip && dst_port) {
    const ends = [`${src_ip} ${src_port}`, `${dst_ip} ${dst_port}`].sort(compare);
    keys.push([`connection ${ends.join(' ')}`, ALIKE_MS_MAX]);
  }
  const [host, command] = [of('host'), of('command_line') ?? alert.fields.command_line];
  if (host !== undefined && command !== undefined)
    keys.push([`command ${host} ${command.slice(0, COMMAND_CHARS_MAX)}`, ALIKE_MS_MAX]);
  const parties = alert.entities
    .filter(({ kind, role }) => role !== 'observer' && (kind === 'user' || kind === 'ip' || kind === 'host'))
    .map(hit => entityKey(hit))
    .sort(compare);
  if (parties.length > 0) keys.push([`rule ${alert.title} ${[...new Set(parties)].join(' ')}`, ALIKE_MS_MAX]);
  return keys;
}

/** FNV-1a, 32 bits: an even share of keys that depends on nothing but the key. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
