import type { Id } from '../../base/id.ts';
import { MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import type { EntityKind, EntityRole } from '../../model/alert.ts';
import type { JoinReason } from '../../model/incident.ts';
import { stageOf } from './attack-stage.ts';
import { Hours, hourOf } from './commonness.ts';
import { continuesGroup, FINGERPRINT_VERSION, fingerprintOf, PAUSE_MS_FREE } from './dedupe.ts';
import { type Cluster, type Group, NOTHING, Print, pauseBetween, remember, rootOf, type Value } from './group.ts';
import { firstText, type Link, reasonOf } from './join-reason.ts';
import {
  CLASS_BIT,
  JOINS_ALONE,
  type LinkClass,
  linkClassOf,
  REACH_MS_MAX,
  reachMs,
  STRENGTH,
  strengthOf,
} from './linking.ts';

/** What placing an alert needs of it. An `Alert` fits when `at` is its activity time. */
export interface CorrelationInput {
  readonly id: Id<'alert'>;
  readonly source: string;
  readonly title: string;
  readonly rule: string;
  readonly at: UnixMs;
  readonly entities: readonly { readonly kind: EntityKind; readonly value: string; readonly role: EntityRole }[];
  readonly tactics: readonly string[];
  readonly vendorLinks: readonly string[];
}

/** Where an alert belongs. */
export interface Placement {
  /** The correlator's number of the cluster, of all that are now one the lowest. */
  readonly cluster: number;
  /** The alert of which this one is another occurrence. */
  readonly duplicateOf?: Id<'alert'>;
  /** Why it stands there: one reason for each cluster that it joined; `first` where there was none. */
  readonly because: readonly JoinReason[];
  /** Clusters that this alert showed to be one with `cluster`; they are not used again. */
  readonly merged?: readonly number[];
}

/** A value that joins nothing for now, with the reason in words. */
export interface OverCommon {
  readonly value: string;
  readonly because: string;
}

export interface Correlator {
  /**
   * Places an alert beside those before it. Deterministic: the same alerts in the same order give the same
   * placements. Alerts may come a little out of order; the reach of a join is measured in activity time.
   */
  add(alert: CorrelationInput): Placement;
  /** What is too common to join by, at present; the most common first, at most `limit`. */
  overCommon(limit?: number): readonly OverCommon[];
  /** Values remembered, for metrics; never above `valuesMax` but for one alert's own. */
  readonly size: number;
}

/** The one setting for all data. */
export interface CorrelatorSettings {
  /** A value that stands beside so many different others of a class is a hub (an address of a proxy, a shared tool). */
  readonly hubNeighboursMax: number;
  /** Two occurrences of one rare rule on different devices this close together are one event seen twice. */
  readonly adjacentMs: number;
  /** Values and fingerprints remembered. Above this number those are swept that have not come for longest. */
  readonly valuesMax: number;
}

export const DEFAULT_SETTINGS: CorrelatorSettings = {
  hubNeighboursMax: 12,
  adjacentMs: MS_PER_MINUTE,
  valuesMax: 500_000,
};

/** Entities of one alert that take part; a record with more is an inventory, not an alert. */
const ENTITIES_MAX = 64;
/** How many reasons a placement spells out. */
const REASONS_MAX = 8;

export function createCorrelator(settings: CorrelatorSettings = DEFAULT_SETTINGS): Correlator {
  return new StreamCorrelator(settings);
}

class StreamCorrelator implements Correlator {
  private readonly values = new Map<string, Value>();
  private readonly prints = new Map<string, Print>();
  private readonly numbers = new Map<string, number>();
  private clusters = 0;
  private serial = 0;
  private began = Number.POSITIVE_INFINITY;
  private newest = Number.NEGATIVE_INFINITY;
  private readonly settings: CorrelatorSettings;

  constructor(settings: CorrelatorSettings) {
    this.settings = settings;
  }

  get size(): number {
    return this.values.size + this.prints.size;
  }

  add(alert: CorrelationInput): Placement {
    const { at } = alert;
    const hour = hourOf(at);
    if (hour < this.began) this.began = hour;
    if (at > this.newest) this.newest = at;
    const key = fingerprintOf(alert);
    const print = key === undefined ? undefined : this.printOf(key, at);
    const isEveryday = print?.isCommon(hour, this.began) ?? false;
    if (print !== undefined) {
      const group = print.group;
      if (group !== undefined && continuesGroup(group, at)) return repeat(group, at);
    }
    const placement = this.place(alert, print, isEveryday);
    if (this.size > this.settings.valuesMax) this.sweep();
    return placement;
  }

  private place(alert: CorrelationInput, print: Print | undefined, isEveryday: boolean): Placement {
    const values = this.valuesOf(alert, isEveryday);
    const links = isEveryday ? [] : this.linksOf(alert, values);
    const joined: { cluster: Cluster; reason: JoinReason }[] = [];
    for (const link of links) {
      const cluster = rootOf(link.group.cluster);
      if (joined.some(one => one.cluster === cluster)) continue;
      joined.push({ cluster, reason: reasonOf(link) });
    }
    joined.sort((a, b) => a.cluster.number - b.cluster.number);
    const [first, ...others] = joined;
    const cluster = first?.cluster ?? { number: this.clusters++, parent: undefined };
    for (const other of others) other.cluster.parent = cluster;
    const group: Group = {
      id: alert.id,
      title: alert.title,
      cluster,
      host: hostOf(alert),
      stage: stageOf(alert.tactics),
      first: alert.at,
      last: alert.at,
      reach: alert.at,
      count: 1,
      isEveryday,
      serial: 0,
      common: NOTHING,
    };
    if (print !== undefined) print.group = group;
    if (!isEveryday) for (const value of values) remember(value, group);
    const because: JoinReason[] = joined.slice(0, REASONS_MAX).map(one => one.reason);
    if (because.length === 0) because.push({ kind: 'first', text: firstText(isEveryday), to: undefined });
    return {
      cluster: cluster.number,
      because,
      ...(others.length > 0 ? { merged: others.map(other => other.cluster.number) } : {}),
    };
  }

  /** The alert's values that may join, each once, with what they stood beside taken note of. */
  private valuesOf(alert: CorrelationInput, isEveryday: boolean): readonly Value[] {
    const found: Value[] = [];
    const hour = hourOf(alert.at);
    const take = (kind: LinkClass, name: string): void => {
      let value = this.values.get(name);
      if (value === undefined) {
        value = {
          name,
          kind,
          groups: [],
          next: 0,
          lastAt: alert.at,
          hours: new Hours(),
          neighbours: undefined,
          isHub: false,
        };
        this.values.set(name, value);
      }
      if (found.includes(value)) return;
      if (alert.at > value.lastAt) value.lastAt = alert.at;
      value.hours.add(hour);
      found.push(value);
    };
    for (const { kind, value, role } of alert.entities.slice(0, ENTITIES_MAX)) {
      const linkClass = linkClassOf(kind, role, value);
      if (linkClass !== undefined) take(linkClass, `${kind}:${value}`);
    }
    for (const link of alert.vendorLinks.slice(0, ENTITIES_MAX)) take('link', `link:${alert.source}:${link}`);
    if (!isEveryday) take('rule', `rule:${alert.source}:${alert.rule}`);
    this.meet(found);
    return found;
  }

  /** Notes which identities and devices stand beside which values. */
  private meet(values: readonly Value[]): void {
    for (const one of values) {
      if (one.isHub) continue;
      for (const other of values) {
        if (other === one || other.kind === one.kind || (other.kind !== 'identity' && other.kind !== 'device'))
          continue;
        if (other.name.startsWith('ip:')) continue;
        one.neighbours ??= new Set();
        one.neighbours.add(this.numberOf(other.name));
      }
      if (one.neighbours === undefined || one.neighbours.size <= this.settings.hubNeighboursMax) continue;
      one.isHub = true;
      one.neighbours = undefined;
    }
  }

  /** Groups that enough is in common with, over a short enough pause. */
  private linksOf(alert: CorrelationInput, values: readonly Value[]): readonly Link[] {
    const { at } = alert;
    const hour = hourOf(at);
    const newcomer = { host: hostOf(alert), stage: stageOf(alert.tactics) };
    const usable = values.filter(value => !this.isOverCommon(value, hour));
    // No group further away than everything of this alert together reaches can be joined.
    const reach = Math.min(REACH_MS_MAX, reachMs(strengthOf(usable) + (newcomer.stage === undefined ? 0 : 1)));
    const serial = ++this.serial;
    const near: Group[] = [];
    for (const value of usable) {
      const limit = value.kind === 'rule' ? Math.min(reach, this.settings.adjacentMs) : reach;
      for (const group of value.groups) {
        if (group.serial !== serial) {
          if (pauseBetween(group, at) > limit) continue;
          group.serial = serial;
          group.common = [];
          near.push(group);
        }
        group.common.push(value);
      }
    }
    const links: Link[] = [];
    for (const group of near) {
      const link = this.judge(group, group.common, pauseBetween(group, at), newcomer);
      if (link !== undefined) links.push(link);
    }
    return links;
  }

  private judge(group: Group, common: readonly Value[], pause: number, newcomer: Newcomer): Link | undefined {
    const { host, stage } = newcomer;
    let strength = 0;
    let isAlone = false;
    let counted = 0;
    for (const { kind } of common) {
      const bit = CLASS_BIT[kind];
      if ((counted & bit) !== 0) continue;
      counted |= bit;
      strength += STRENGTH[kind];
      if (JOINS_ALONE.has(kind)) isAlone = true;
    }
    if (isAlone && pause <= reachMs(strength)) return { group, common, pause, kind: 'shared_entity' };
    const isOnward = group.stage !== undefined && stage !== undefined && stage > group.stage;
    if (isOnward && (counted & WHO_BITS) !== 0 && pause <= reachMs(strength + 1))
      return { group, common, pause, kind: 'attack_order' };
    const isElsewhere = host !== undefined && group.host !== undefined && host !== group.host;
    if (isElsewhere && pause <= this.settings.adjacentMs && common.some(one => one.kind === 'rule'))
      return { group, common, pause, kind: 'adjacent' };
    return undefined;
  }

  private isOverCommon(value: Value, hour: number): boolean {
    // An identity or a device meets many others in an attack too: for those, only coming back every day counts.
    if (value.isHub && value.kind !== 'identity' && value.kind !== 'device') return true;
    return value.kind !== 'device' && value.hours.isCommon(hour, this.began);
  }

  overCommon(limit = 100): readonly OverCommon[] {
    const hour = hourOf(this.newest);
    const found: (OverCommon & { readonly hours: number })[] = [];
    for (const value of this.values.values()) {
      if (!this.isOverCommon(value, hour)) continue;
      const because = value.isHub
        ? `stands beside more than ${this.settings.hubNeighboursMax} different identities and devices`
        : `came in ${value.hours.count} different hours of the last week`;
      found.push({ value: value.name, because, hours: value.hours.count });
    }
    found.sort((a, b) => b.hours - a.hours || (a.value < b.value ? -1 : 1));
    return found.slice(0, limit).map(({ value, because }) => ({ value, because }));
  }

  private printOf(key: string, at: number): Print {
    let print = this.prints.get(key);
    if (print === undefined) {
      print = new Print(at);
      this.prints.set(key, print);
    }
    if (at > print.lastAt) print.lastAt = at;
    return print;
  }

  private numberOf(text: string): number {
    let number = this.numbers.get(text);
    if (number === undefined) {
      number = this.numbers.size;
      this.numbers.set(text, number);
    }
    return number;
  }

  /** Forgets what has not come for longest. By rank and not by age: one alert from the year 2099 forgets nothing else. */
  private sweep(): void {
    const aim = this.settings.valuesMax * SWEPT_SHARE;
    const times = [...this.values.values(), ...this.prints.values()].map(one => one.lastAt).sort((a, b) => a - b);
    const horizon = times[Math.max(0, times.length - Math.floor(aim))] ?? this.newest;
    forgetBefore(this.values, horizon);
    forgetBefore(this.prints, horizon);
    if (this.size > aim) this.forgetFirst(this.size - aim);
    // Numbers of neighbours that were forgotten are not given out twice, so the table is made anew with the sets.
    this.numbers.clear();
    for (const value of this.values.values()) value.neighbours = undefined;
  }

  /** Where all came at one instant, those that came first go. */
  private forgetFirst(surplus: number): void {
    let left = surplus;
    for (const map of [this.prints, this.values]) {
      for (const key of map.keys()) {
        if (left-- <= 0) return;
        map.delete(key);
      }
    }
  }
}

/** A sweep leaves so much of the bound, so that one sweep serves many alerts. */
const SWEPT_SHARE = 0.75;

function forgetBefore(map: Map<string, { readonly lastAt: number }>, horizon: number): void {
  for (const [key, one] of map) if (one.lastAt < horizon) map.delete(key);
}

/** Who acts, or from where: what an attack that moves on a stage keeps. */
const WHO_BITS = CLASS_BIT.identity | CLASS_BIT.address;

/** What of a new alert a join looks at beside its values. */
interface Newcomer {
  readonly host: string | undefined;
  readonly stage: number | undefined;
}

function hostOf(alert: CorrelationInput): string | undefined {
  return alert.entities.find(
    entity => entity.kind === 'host' && linkClassOf('host', entity.role, entity.value) !== undefined,
  )?.value;
}

function repeat(group: Group, at: UnixMs): Placement {
  if (at > group.last) {
    // Across a pause the group goes on, but does not reach what is near its new occurrence.
    if (at - group.last <= PAUSE_MS_FREE && group.reach === group.last) group.reach = at;
    group.last = at;
  }
  group.count++;
  const text = `another occurrence of "${group.title}", ${group.count} by now (fingerprint ${FINGERPRINT_VERSION})`;
  return {
    cluster: rootOf(group.cluster).number,
    duplicateOf: group.id,
    because: [{ kind: 'duplicate', text, to: group.id }],
  };
}
