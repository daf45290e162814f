import type { Id } from '../../base/id.ts';
import { type Alert, activityTime, type EntityHit, type EntityKind } from '../../model/alert.ts';
import type { JoinTold } from '../../model/claim.ts';
import type { JoinReason } from '../../model/incident.ts';
import { durationText } from './duration-text.ts';

/** Why each alert stands where it does, as it was placed. */
export type ReasonsOf = (alert: Id<'alert'>) => readonly JoinReason[];

/** Reasons that are told, and the alerts that one names. */
const TOLD_MAX = 5;
const ALERTS_MAX = 4;
const NAMES_MAX = 2;

/** The strongest first. Kinds that are not here join nothing. */
const STRENGTH: { readonly [K in JoinReason['kind']]?: number } = {
  person: 0,
  vendor_link: 1,
  shared_entity: 2,
  attack_order: 3,
  adjacent: 4,
};

interface Group {
  readonly kind: JoinReason['kind'];
  readonly names: readonly string[];
  readonly text: string;
  count: number;
  readonly apart: number[];
  readonly alerts: Alert[];
}

/**
 * Why these alerts are one incident: the reasons by which they were placed, those of the same values told once with how
 * many alerts they joined. A duplicate is no reason, and an alert is counted once, by its strongest. The same alerts and
 * reasons give the same, in any order.
 */
export function joinsOf(alerts: readonly Alert[], reasonsOf: ReasonsOf): readonly JoinTold[] {
  const byId = new Map(alerts.map(alert => [alert.id, alert]));
  const groups = new Map<string, Group>();
  for (const alert of alerts) {
    const reason = strongest(reasonsOf(alert.id));
    if (reason === undefined) continue;
    const other = reason.to === undefined ? undefined : byId.get(reason.to);
    const names = other === undefined ? [] : inCommon(alert, other, reason.text);
    const key = JSON.stringify([reason.kind, names.length > 0 ? names : reason.text]);
    const group = groups.get(key) ?? { kind: reason.kind, names, text: reason.text, count: 0, apart: [], alerts: [] };
    groups.set(key, group);
    group.count++;
    group.alerts.push(alert);
    if (other !== undefined) group.apart.push(Math.abs(activityTime(alert) - activityTime(other)));
  }
  const rank = ({ kind }: Group): number => STRENGTH[kind] ?? TOLD_MAX;
  return [...groups]
    .sort(([a, x], [b, y]) => rank(x) - rank(y) || y.count - x.count || (a < b ? -1 : 1))
    .slice(0, TOLD_MAX)
    .map(([, group]) => toldOf(group));
}

function strongest(reasons: readonly JoinReason[]): JoinReason | undefined {
  let best: JoinReason | undefined;
  for (const reason of reasons) {
    const rank = STRENGTH[reason.kind];
    if (rank !== undefined && (best === undefined || rank < (STRENGTH[best.kind] ?? TOLD_MAX))) best = reason;
  }
  return best;
}

/** By what people know an incident, the most telling first; what is not here is named by nobody. */
const NAMED: readonly EntityKind[] = [
  'user',
  'nhi',
  'mailbox',
  'access_key',
  'host',
  'cloud_account',
  'cloud_resource',
  'database',
  'service',
  'ip',
  'domain',
  'url',
  'message',
  'session',
  'file',
];
const DIGEST_CHARS_SHOWN = 12;

/** The values of both that the reason names: people and places, and of the digests of one file the longest, shortened. */
function inCommon(alert: Alert, other: Alert, text: string): readonly string[] {
  const own = alert.entities.filter(
    ({ kind, value }) => other.entities.some(one => one.value === value && one.kind === kind) && text.includes(value),
  );
  const rank = ({ kind }: EntityHit): number => NAMED.indexOf(kind);
  const named = own
    .filter(entity => rank(entity) >= 0)
    .sort((a, b) => rank(a) - rank(b) || (a.value < b.value ? -1 : 1))
    .map(({ value }) => value);
  const [digest] = own
    .flatMap(({ kind, value }) => (kind === 'hash' ? [value] : []))
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
  return [
    ...[...new Set(named)].slice(0, NAMES_MAX),
    ...(digest === undefined ? [] : [`the file ${digest.slice(0, DIGEST_CHARS_SHOWN)}…`]),
  ];
}

function toldOf({ kind, names, text, count, apart, alerts }: Group): JoinTold {
  const ordered = alerts.toSorted((a, b) => activityTime(a) - activityTime(b) || (a.id < b.id ? -1 : 1));
  const first = ordered.slice(0, ALERTS_MAX).map(({ id, evidence }) => ({ alert: id, evidence }));
  if (names.length === 0) return { kind, text, count, alerts: first };
  const many = count === 1 ? 'One alert' : `${count} alerts`;
  const [least, most] = [
    apart.reduce((a, b) => Math.min(a, b), Number.MAX_SAFE_INTEGER),
    apart.reduce((a, b) => Math.max(a, b), 0),
  ];
  const pause = durationText(most) === durationText(least) ? durationText(most) : `at most ${durationText(most)}`;
  const onward = kind === 'attack_order' ? ', and a later stage of an attack' : '';
  const linked = kind === 'vendor_link' ? ', related by the product itself' : '';
  const told = `${many} joined by ${names.join(' and ')}${linked}, ${pause} apart${onward}`;
  return { kind, text: told, count, alerts: first };
}
