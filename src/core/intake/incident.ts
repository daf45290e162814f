import type { Id } from '../../base/id.ts';
import type { Alert, EntityKind, Severity } from '../../model/alert.ts';
import { SEVERITY_RANK } from '../../model/alert.ts';
import type { IncidentEvent } from '../../model/incident.ts';
import { gravestRule, type RuleTally, rulesOf } from './gravest.ts';

/** An event with its place in the one order of all incident events. `undone` names an event by its `seq`. */
export interface NumberedEvent {
  readonly seq: number;
  readonly event: IncidentEvent;
}

/** Which alert is in which incident. INVARIANT: every alert that was ever placed is in exactly one incident. */
export interface Membership {
  readonly incidentOf: ReadonlyMap<Id<'alert'>, Id<'incident'>>;
  /** Alerts in the order in which they came. An incident that gave all its alerts away is empty, and stays. */
  readonly alertsOf: ReadonlyMap<Id<'incident'>, ReadonlySet<Id<'alert'>>>;
  /** Where the alerts of an incident went that no longer stands by itself. */
  readonly mergedInto: ReadonlyMap<Id<'incident'>, Id<'incident'>>;
}

const CAN_BE_UNDONE: ReadonlySet<IncidentEvent['kind']> = new Set(['merged', 'split', 'detached', 'undone']);

/**
 * The events that count: all but those that a later, itself standing `undone` names. Undoing an undo brings the
 * event back. Only structural events (merge, split, detach) and undos can be undone; an `undone` that names
 * anything else, or an event that comes after it, does nothing.
 */
export function standingEvents(events: readonly NumberedEvent[]): readonly NumberedEvent[] {
  const undone = new Set<number>();
  const kinds = new Map(events.map(({ seq, event }) => [seq, event.kind]));
  for (const { seq, event } of events.toReversed()) {
    if (event.kind !== 'undone' || undone.has(seq) || event.event >= seq) continue;
    const kind = kinds.get(event.event);
    if (kind !== undefined && CAN_BE_UNDONE.has(kind)) undone.add(event.event);
  }
  return events.filter(({ seq }) => !undone.has(seq));
}

/**
 * Folds events, in the order of `seq`, into who is in which incident.
 *
 * Undo works by folding again without what was undone, so it restores the exact sets that would stand had the
 * event never been. News that was filed under an incident that an undone split had made goes back with the split.
 */
export function foldMembership(events: readonly NumberedEvent[]): Membership {
  const ordered = events.toSorted((a, b) => a.seq - b.seq);
  const standing = new Set(standingEvents(ordered));
  const fold = new Fold();
  for (const numbered of ordered) {
    if (standing.has(numbered)) fold.apply(numbered.event);
    else fold.skip(numbered.event);
  }
  return fold;
}

class Fold implements Membership {
  readonly incidentOf = new Map<Id<'alert'>, Id<'incident'>>();
  readonly alertsOf = new Map<Id<'incident'>, Set<Id<'alert'>>>();
  readonly mergedInto = new Map<Id<'incident'>, Id<'incident'>>();

  apply(event: IncidentEvent): void {
    switch (event.kind) {
      case 'opened':
        this.placeNew(event.alert, event.incident);
        return;
      case 'joined':
        for (const alert of event.alerts) this.placeNew(alert, event.incident);
        return;
      case 'moved': {
        const [from, into] = [this.standing(event.from), this.standing(event.incident)];
        for (const alert of event.alerts) if (this.incidentOf.get(alert) === from) this.move(alert, into);
        return;
      }
      case 'merged': {
        const [into, from] = [this.standing(event.incident), this.standing(event.from)];
        if (into === from) return;
        for (const alert of [...this.members(from)]) this.move(alert, into);
        this.mergedInto.set(from, into);
        return;
      }
      case 'split': {
        const [source, into] = [this.standing(event.incident), this.standing(event.into)];
        for (const alert of event.alerts) if (this.incidentOf.get(alert) === source) this.move(alert, into);
        return;
      }
      case 'detached':
        if (this.incidentOf.get(event.alert) === this.standing(event.incident)) {
          this.move(event.alert, this.standing(event.into));
        }
        return;
      case 'undone':
      case 'owned':
      case 'noted':
        return;
    }
  }

  /** An alert that is placed already stays where people or an earlier event put it. */
  private placeNew(alert: Id<'alert'>, incident: Id<'incident'>): void {
    if (!this.incidentOf.has(alert)) this.move(alert, this.standing(incident));
  }

  /** A split or detach that does not stand: what was filed under its new incident belongs to the old one. */
  skip(event: IncidentEvent): void {
    if (event.kind !== 'split' && event.kind !== 'detached') return;
    const [into, source] = [this.standing(event.into), this.standing(event.incident)];
    if (into !== source && !this.alertsOf.has(into)) this.mergedInto.set(into, source);
  }

  private standing(incident: Id<'incident'>): Id<'incident'> {
    let at = incident;
    for (let next = this.mergedInto.get(at); next !== undefined; next = this.mergedInto.get(at)) at = next;
    return at;
  }

  private members(incident: Id<'incident'>): Set<Id<'alert'>> {
    let set = this.alertsOf.get(incident);
    if (set === undefined) {
      set = new Set();
      this.alertsOf.set(incident, set);
    }
    return set;
  }

  private move(alert: Id<'alert'>, into: Id<'incident'>): void {
    const from = this.incidentOf.get(alert);
    if (from !== undefined) this.members(from).delete(alert);
    this.members(into).add(alert);
    this.incidentOf.set(alert, into);
  }
}

/** The person who owns the incident, or the empty string: the last `owned` that names it. */
export function ownerOf(events: readonly NumberedEvent[], incident: Id<'incident'>): string {
  return events.reduce(
    (owner, { event }) => (event.kind === 'owned' && event.incident === incident ? event.owner : owner),
    '',
  );
}

type Described = Pick<Alert, 'title' | 'rule' | 'severity' | 'entities'>;

/** The worst severity among the alerts; `unknown` where there is none. Unknown ranks with medium, never below. */
export function severityOf(alerts: readonly Pick<Alert, 'severity'>[]): Severity {
  let worst: Severity | undefined;
  for (const { severity } of alerts) {
    const isWorse = worst === undefined || SEVERITY_RANK[severity] > SEVERITY_RANK[worst];
    // Medium and unknown rank alike: what was said outranks what was not.
    const isSaid = worst === 'unknown' && severity === 'medium';
    if (isWorse || isSaid) worst = severity;
  }
  return worst ?? 'unknown';
}

const TITLE_CHARS_MAX = 160;

/** Of an Amazon Resource Name, whose first half is the same all over an account, the resource: `user/ci-deployer`. */
function shortLabel(label: string): string {
  return /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.+)$/.exec(label)?.[1] ?? label;
}
/** The kinds by which people name an incident, the most telling first. */
const TITLE_KINDS: readonly EntityKind[] = [
  'user',
  'nhi',
  'host',
  'access_key',
  'mailbox',
  'cloud_account',
  'database',
  'ip',
];

/**
 * One line that names an incident: its gravest and then rarest rule, who or where, and how much more there is.
 * The same alerts give the same title in any order. At most 160 characters. `rules` are the tallies of the whole
 * incident where `alerts` are but some of it.
 */
export function titleOf(alerts: readonly Described[], rules: ReadonlyMap<string, RuleTally> = rulesOf(alerts)): string {
  const entities = new Map<string, { label: string; kind: number; count: number }>();
  for (const alert of alerts) {
    for (const { kind, value, label, role } of alert.entities) {
      const at = TITLE_KINDS.indexOf(kind);
      if (at < 0 || (role === 'observer' && kind !== 'host')) continue;
      const key = `${kind}:${value}`;
      const known = entities.get(key);
      entities.set(key, {
        label: known !== undefined && known.label < label ? known.label : label,
        kind: at,
        count: (known?.count ?? 0) + 1,
      });
    }
  }
  const top = gravestRule(rules);
  if (top === undefined) return 'empty incident';
  const named = [...entities].sort(([a, x], [b, y]) => y.count - x.count || x.kind - y.kind || (a < b ? -1 : 1));
  const who = named.slice(0, 2).map(([, entity]) => shortLabel(entity.label));
  const more = rules.size > 1 ? ` and ${rules.size - 1} other ${rules.size === 2 ? 'kind' : 'kinds'} of alert` : '';
  const title = `${top.tally.title.replace(/[.\s]+$/, '')}${more}${who.length > 0 ? `: ${who.join(', ')}` : ''}`;
  return title.length <= TITLE_CHARS_MAX ? title : `${title.slice(0, TITLE_CHARS_MAX - 1)}…`;
}
