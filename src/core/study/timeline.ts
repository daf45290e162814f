import { rfc3339, type UnixMs } from '../../base/time.ts';
import { type Alert, activityTime, type EntityKind } from '../../model/alert.ts';
import type { TimelineEntry } from '../../model/claim.ts';
import type { SourceClock } from '../../model/clock.ts';
import { type ClockInput, clockOf } from './clock-pairs.ts';
import { whoIn } from './identify.ts';
import { clockFault, createOrderJudge, markOrder } from './order.ts';
import type { Resolver } from './resolve.ts';
import { clocksOf } from './skew.ts';

/** What a timeline is made of; a million of these must fit. */
export type TimelineInput = ClockInput & Pick<Alert, 'evidence' | 'severity' | 'endedAt'>;

/**
 * The alerts in the order in which things happened by their own clocks, each with both clocks. `isTimeAssumed` marks an
 * entry whose record does not say when it happened: it stands where it was raised or heard. A clock that is off is said
 * and never corrected for: `skew` says how far, `order` which neighbour may have come first in truth, `clockFault` that
 * the time cannot be meant. `now` is our clock where it is known; without it the moment when we heard counts.
 *
 * Entries of the same instant keep the order: reported, then heard, then id. The same set gives the same order.
 */
export function timelineOf(
  alerts: readonly TimelineInput[],
  clocks: readonly SourceClock[] = clocksOf(alerts),
  now?: UnixMs,
  resolver?: Resolver,
): readonly TimelineEntry[] {
  const off = new Map(clocks.filter(({ skew }) => skew.isMaterial).map(({ clock, skew }) => [clock, skew.text]));
  const entries = alerts
    .map(alert => ({ alert, time: activityTime(alert) }))
    .sort((a, b) => a.time - b.time || compareWithin(a.alert, b.alert))
    .map(({ alert, time }): TimelineEntry => {
      const product = clockOf(alert);
      const fault = clockFault(time, alert.receivedAt, now);
      const skew = off.get(product);
      const who = resolver === undefined ? [] : whoIn(alert, time, resolver);
      return {
        alert: alert.id,
        evidence: alert.evidence,
        time,
        heard: alert.receivedAt,
        isTimeAssumed: alert.occurredAt === undefined,
        source: alert.source,
        product,
        severity: alert.severity,
        text: lineOf(alert, time),
        ...(who.length === 0 ? {} : { who }),
        ...(skew === undefined ? {} : { skew }),
        ...(fault === undefined ? {} : { clockFault: fault }),
      };
    });
  return off.size === 0 ? entries : markOrder(entries, createOrderJudge(clocks));
}

/** A record names its product itself, so their number is not ours to trust. */
const LANES_MAX = 20;

/**
 * The lanes of a timeline: the products that raised its entries, by name. Beyond the bound the busiest have a lane, and
 * the last lane is of all others.
 */
export function lanesOf(entries: readonly Pick<TimelineEntry, 'product'>[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { product } of entries) counts.set(product, (counts.get(product) ?? 0) + 1);
  const named = (a: string, b: string): number => (a < b ? -1 : 1);
  if (counts.size <= LANES_MAX) return [...counts.keys()].sort(named);
  const busiest = [...counts].sort(([a, x], [b, y]) => y - x || named(a, b)).slice(0, LANES_MAX - 1);
  return [...busiest.map(([product]) => product).sort(named), `${counts.size - busiest.length} other products`];
}

function compareWithin(a: TimelineInput, b: TimelineInput): number {
  const reported = (a.reportedAt ?? a.receivedAt) - (b.reportedAt ?? b.receivedAt);
  return reported || a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

const SUBJECT_COUNT_MAX = 3;
/** What people follow an attack by; commands and files stand in the evidence. */
const SUBJECT_KINDS: ReadonlySet<EntityKind> = new Set<EntityKind>([
  'user',
  'nhi',
  'host',
  'mailbox',
  'access_key',
  'ip',
  'database',
  'service',
  'cloud_resource',
  'domain',
]);
const LABEL_CHARS_MAX = 64;
/** An alert that spans less than this is shown as an instant. */
const SPAN_MS_MIN = 1000;

/** `title (actor → target on host)`, from mapped fields only. */
function lineOf(alert: TimelineInput, time: UnixMs): string {
  const labels = (role: string): string =>
    [
      ...new Set(
        alert.entities
          .filter(entity => entity.role === role && SUBJECT_KINDS.has(entity.kind))
          .map(entity => clipped(entity.label)),
      ),
    ]
      .slice(0, SUBJECT_COUNT_MAX)
      .join(', ');
  const [actor, target, observer, related] = ['actor', 'target', 'observer', 'related'].map(labels);
  const who = [actor, target].filter(Boolean).join(' → ') || related || '';
  const where = observer ? ` on ${observer}` : '';
  const until =
    alert.endedAt !== undefined && alert.endedAt - time >= SPAN_MS_MIN ? `, until ${rfc3339(alert.endedAt)}` : '';
  return `${alert.title}${who === '' && where === '' ? '' : ` (${`${who}${where}`.trim()})`}${until}`;
}

function clipped(label: string): string {
  return label.length <= LABEL_CHARS_MAX ? label : `${label.slice(0, LABEL_CHARS_MAX - 1)}…`;
}
