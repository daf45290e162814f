import type { Id } from '../../base/id.ts';
import type { JoinReason } from '../../model/incident.ts';
import { stageOf } from './attack-stage.ts';
import { hourOf } from './commonness.ts';
import { type Constraints, UNCONSTRAINED } from './constraints.ts';
import { continuesGroup, fingerprintOf, PAUSE_MS_FREE } from './dedupe.ts';
import { type Cluster, type Group, type Print, pauseBetween, rootOf, type Undo, type Value } from './group.ts';
import { firstText, notJoinedOf, reasonOf } from './join-reason.ts';
import { judge, type Link, type NearMiss, type Newcomer } from './link.ts';
import { CLASS_BIT, classesOf, linkClassOf, REACH_MS_MAX, reachMs, strengthOf } from './linking.ts';
import { Memory } from './memory.ts';
import {
  type CorrelationInput,
  type CorrelatorSettings,
  DEFAULT_SETTINGS,
  type OverCommon,
  type Placement,
} from './placement.ts';

/** Entities of one alert that take part; a record with more is an inventory, not an alert. */
const ENTITIES_MAX = 64;
/** How many reasons a placement spells out. */
const REASONS_MAX = 8;
const NONE: readonly JoinReason[] = [];
const NO_LINKS: Links = { links: [], nearest: undefined };

export function createCorrelator(
  settings: CorrelatorSettings = DEFAULT_SETTINGS,
  constraints: Constraints = UNCONSTRAINED,
): Correlator {
  return new Correlator(settings, constraints);
}

/**
 * Places alerts beside those before them. Deterministic: the same alerts in the same order give the same placements.
 * Alerts are expected by activity time: `reorder.ts` gives them so whatever the order in which they come.
 */
export class Correlator {
  private readonly memory: Memory;
  private readonly settings: CorrelatorSettings;
  private readonly constraints: Constraints;
  private readonly ruleSpaces = new Map<string, string>();
  private clusters = 0;
  private serial = 0;
  private began = Number.POSITIVE_INFINITY;
  private newest = Number.NEGATIVE_INFINITY;

  constructor(settings: CorrelatorSettings, constraints: Constraints) {
    this.settings = settings;
    this.constraints = constraints;
    this.memory = new Memory(settings.valuesMax);
  }

  /** Values remembered, for metrics; never above `valuesMax` but for one alert's own. */
  get size(): number {
    return this.memory.size;
  }

  /** Whether more is remembered than the bound allows: {@link sweep} before anything else. */
  get isFull(): boolean {
    return this.memory.isFull;
  }

  sweep(): void {
    this.memory.sweep();
  }

  /**
   * Places one alert. With `undo` every change is noted there, so that calling all of it from the last to the first
   * leaves the correlator as it was; it then neither sweeps nor settles by itself. `former` is the incident in which an
   * alert stood that is placed again.
   */
  add(alert: CorrelationInput, undo?: Undo[], former?: Id<'incident'>): Placement {
    const { at } = alert;
    const hour = hourOf(at);
    if (hour < this.began) this.began = hour;
    if (at > this.newest) this.newest = at;
    const rule = this.constraints.fingerprintRuleOf(alert.source);
    const key = fingerprintOf(alert, rule);
    const print = key === undefined ? undefined : this.memory.print(key, at, undo);
    const isEveryday = print?.isCommon(hour, this.began, undo) ?? false;
    const group = print?.group;
    const placement =
      group !== undefined && continuesGroup(group, at, rule.groupMsMax)
        ? this.repeat(group, alert, rule.version, undo)
        : this.place(alert, print, isEveryday, undo);
    // So that what people parted is known while a cluster is made again that has no name yet.
    if (!placement.home.isNamed) placement.home.incident ??= former;
    if (undo === undefined && this.memory.isFull) this.memory.sweep();
    return placement;
  }

  /** A cluster that holds nothing yet: what a person parted from another. */
  newCluster(): Cluster {
    return { number: this.clusters++, parent: undefined, isSettled: false, incident: undefined, isNamed: false };
  }

  /** Moves groups that a person moved, named by their first alerts, so that what joins them follows. */
  reassign(firsts: ReadonlySet<Id<'alert'>>, cluster: Cluster): void {
    const move = (group: Group | undefined): void => {
      if (group !== undefined && firsts.has(group.id)) group.cluster = cluster;
    };
    for (const value of this.memory.everyValue()) value.groups.forEach(move);
    for (const print of this.memory.everyPrint()) move(print.group);
  }

  /** What is too common to join by, at present; the most common first, at most `limit`. */
  overCommon(limit = 100): readonly OverCommon[] {
    const hour = hourOf(this.newest);
    const found: OverCommon[] = [];
    for (const value of this.memory.everyValue()) {
      if (this.isOverCommon(value, hour))
        found.push({ value: value.name, because: this.whyCommon(value), hours: value.hourCount });
    }
    found.sort((a, b) => b.hours - a.hours || (a.value < b.value ? -1 : 1));
    return found.slice(0, limit);
  }

  private repeat(group: Group, alert: CorrelationInput, version: string, undo: Undo[] | undefined): Placement {
    const { at } = alert;
    if (undo !== undefined) {
      const { last, reach, count } = group;
      undo.push(() => Object.assign(group, { last, reach, count }));
    }
    if (at > group.last) {
      // Across a pause the group goes on, but does not reach what is near its new occurrence.
      if (at - group.last <= PAUSE_MS_FREE && group.reach === group.last) group.reach = at;
      group.last = at;
    }
    group.count++;
    const home = this.constraints.pinOf(alert.id) ?? rootOf(group.cluster);
    const text = `another occurrence of "${group.title}", ${group.count} by now (fingerprint ${version})`;
    const because: readonly JoinReason[] = [{ kind: 'duplicate', text, to: group.id }];
    return { cluster: home.number, home, duplicateOf: group.id, because, notJoined: NONE };
  }

  private place(
    alert: CorrelationInput,
    print: Print | undefined,
    isEveryday: boolean,
    undo: Undo[] | undefined,
  ): Placement {
    const values = this.valuesOf(alert, isEveryday, undo);
    const newcomer = { host: hostOf(alert), stage: stageOf(alert.tactics) };
    const { links, nearest } = isEveryday ? NO_LINKS : this.linksOf(alert.at, newcomer, values);
    const pin = this.constraints.pinOf(alert.id);
    const { joined, apart } = this.joinedBy(links, pin);
    const home = pin ?? joined[0]?.cluster ?? this.newCluster();
    const merged = pin === undefined && joined.length > 1 ? joined.slice(1).map(one => one.cluster) : undefined;
    for (const cluster of merged ?? []) {
      cluster.parent = home;
      cluster.isSettled = undo === undefined;
      undo?.push(() => {
        cluster.parent = undefined;
      });
    }
    const group: Group = {
      id: alert.id,
      title: alert.title,
      cluster: home,
      host: newcomer.host,
      stage: newcomer.stage,
      first: alert.at,
      last: alert.at,
      reach: alert.at,
      count: 1,
      isEveryday,
      serial: 0,
      classes: 0,
    };
    if (print !== undefined) {
      const { group: before } = print;
      print.group = group;
      undo?.push(() => {
        print.group = before;
      });
    }
    if (!isEveryday) for (const value of values) value.remember(group, undo);
    const because: JoinReason[] = joined.slice(0, REASONS_MAX).map(one => one.reason);
    if (because.length === 0) because.push({ kind: 'first', text: firstText(isEveryday), to: undefined });
    const notJoined = joined.length > 0 ? apart : [...apart, ...this.notJoined(nearest, values, alert.at)];
    const { number: cluster } = home;
    return merged === undefined ? { cluster, home, because, notJoined } : { cluster, home, because, notJoined, merged };
  }

  /** The clusters that the links lead to, each once, the oldest first; without those that a person parted from it. */
  private joinedBy(
    links: readonly Link[],
    pin: Cluster | undefined,
  ): { readonly joined: readonly Joined[]; readonly apart: readonly JoinReason[] } {
    if (links.length === 0) return NOT_JOINED;
    const found: Joined[] = [];
    for (const link of links) {
      const cluster = rootOf(link.group.cluster);
      if (found.some(one => one.cluster === cluster)) continue;
      found.push({ cluster, reason: reasonOf(link), strength: strengthOf(classesOf(link.common)) });
    }
    if (found.length === 1 && pin === undefined) return { joined: found, apart: NONE };
    // What says most is heard first, so that where people parted two, the newcomer goes where it has more in common.
    const joined: Joined[] = [];
    const apart: JoinReason[] = [];
    for (const one of found.toSorted((a, b) => b.strength - a.strength || a.cluster.number - b.cluster.number)) {
      const isParted =
        (pin !== undefined && pin !== one.cluster && this.constraints.isApart(pin, one.cluster)) ||
        joined.some(other => this.constraints.isApart(other.cluster, one.cluster));
      if (!isParted) joined.push(one);
      else apart.push({ kind: 'kept_apart', text: `${one.reason.text}; a person parted the two`, to: one.reason.to });
    }
    return { joined: joined.sort((a, b) => a.cluster.number - b.cluster.number), apart };
  }

  /** The alert's values that may join, each once, with what they stood beside taken note of. */
  private valuesOf(alert: CorrelationInput, isEveryday: boolean, undo: Undo[] | undefined): readonly Value[] {
    const found: Value[] = [];
    const { at, entities, vendorLinks } = alert;
    const serial = ++this.serial;
    for (let index = 0; index < entities.length && index < ENTITIES_MAX; index++) {
      const value = this.entityValue(entities[index], at, undo);
      if (value !== undefined) take(found, value, serial, at, undo);
    }
    for (let index = 0; index < vendorLinks.length && index < ENTITIES_MAX; index++) {
      const link = vendorLinks[index] ?? '';
      // A Community ID is of the flow and not of whoever saw it: two sensors' records of one flow meet by it.
      const space = link.startsWith('community:') ? 'link' : `link:${alert.source}`;
      take(found, this.memory.value(space, link, 'link', at, undo), serial, at, undo);
    }
    if (!isEveryday) {
      const rule = this.memory.value(this.ruleSpaceOf(alert.source), alert.rule, 'rule', at, undo);
      take(found, rule, serial, at, undo);
    }
    this.meet(found, undo);
    return found;
  }

  private entityValue(
    entity: CorrelationInput['entities'][number] | undefined,
    at: number,
    undo: Undo[] | undefined,
  ): Value | undefined {
    if (entity === undefined) return undefined;
    const linkClass = linkClassOf(entity.kind, entity.role, entity.value);
    return linkClass === undefined ? undefined : this.memory.value(entity.kind, entity.value, linkClass, at, undo);
  }

  /** Put together once for each source, and not for each alert. */
  private ruleSpaceOf(source: string): string {
    let space = this.ruleSpaces.get(source);
    if (space === undefined) {
      space = `rule:${source}`;
      this.ruleSpaces.set(source, space);
    }
    return space;
  }

  /** Notes which identities and devices stand beside which values. */
  private meet(values: readonly Value[], undo: Undo[] | undefined): void {
    for (const one of values) {
      if (one.isHub) continue;
      for (const other of values) {
        if (!other.isMet || other === one || other.kind === one.kind) continue;
        one.neighbours ??= [];
        const { neighbours } = one;
        if (neighbours.includes(other.number)) continue;
        neighbours.push(other.number);
        undo?.push(() => neighbours.pop());
      }
      const { neighbours } = one;
      if (neighbours === undefined || neighbours.length <= this.settings.hubNeighboursMax) continue;
      one.isHub = true;
      one.neighbours = undefined;
      undo?.push(() => {
        one.isHub = false;
        one.neighbours = neighbours;
      });
    }
  }

  /** Groups that enough is in common with, over a short enough pause, and the nearest of the others. */
  private linksOf(at: number, newcomer: Newcomer, values: readonly Value[]): Links {
    const hour = hourOf(at);
    const usable: Value[] = [];
    for (const value of values) if (!this.isOverCommon(value, hour)) usable.push(value);
    const near: Group[] = [];
    let nearest = this.lookAround(at, newcomer, usable, near);
    const links: Link[] = [];
    for (const group of near) {
      const pause = pauseBetween(group, at);
      const kind = judge(group, group.classes, pause, newcomer, this.settings.adjacentMs);
      if (kind !== undefined) links.push({ group, common: commonOf(group, usable), pause, kind });
      else if ((nearest === undefined || pause < nearest.pause) && group.classes !== CLASS_BIT.rule)
        nearest = { group, common: commonOf(group, usable), pause };
    }
    return { links, nearest };
  }

  /** Finds the groups that may be near enough, each once, with the classes of what they have in common; the nearest else. */
  private lookAround(at: number, newcomer: Newcomer, usable: readonly Value[], near: Group[]): NearMiss | undefined {
    // No group further away than everything of this alert together reaches can be joined.
    const strength = strengthOf(classesOf(usable)) + (newcomer.stage === undefined ? 0 : 1);
    const reach = Math.min(REACH_MS_MAX, reachMs(strength));
    const serial = ++this.serial;
    let missed: Group | undefined;
    let missedBy: Value | undefined;
    let missedPause = Number.POSITIVE_INFINITY;
    for (const value of usable) {
      const isRule = value.kind === 'rule';
      const limit = isRule ? Math.min(reach, this.settings.adjacentMs) : reach;
      for (const group of value.groups) {
        if (group.serial === serial) {
          group.classes |= value.classBit;
          continue;
        }
        const pause = pauseBetween(group, at);
        if (pause <= limit) {
          group.serial = serial;
          group.classes = value.classBit;
          near.push(group);
        } else if (!isRule && pause < missedPause) {
          missed = group;
          missedBy = value;
          missedPause = pause;
        }
      }
    }
    return missed === undefined || missedBy === undefined
      ? undefined
      : { group: missed, common: [missedBy], pause: missedPause };
  }

  private isOverCommon(value: Value, hour: number): boolean {
    // An identity or a device meets many others in an attack too: for those, only coming back every day counts.
    if (value.isHub && value.kind !== 'identity' && value.kind !== 'device') return true;
    return value.kind !== 'device' && value.isCommonAt(hour, this.began);
  }

  private whyCommon(value: Value): string {
    return value.isHub
      ? `stands beside more than ${this.settings.hubNeighboursMax} different identities and devices`
      : `came in ${value.hourCount} different hours of the last week`;
  }

  /** For an alert that joined nothing: what of it is over-common, and what it nearly joined. */
  private notJoined(nearest: NearMiss | undefined, values: readonly Value[], at: number): readonly JoinReason[] {
    const hour = hourOf(at);
    const common = values.filter(value => value.groups.length > 1 && this.isOverCommon(value, hour));
    if (nearest === undefined && common.length === 0) return NONE;
    return notJoinedOf(
      nearest === undefined ? [] : [nearest],
      common.map(value => ({ name: value.name, because: this.whyCommon(value) })),
    );
  }
}

/** What an alert may join, and what it has something in common with that it does not. */
interface Links {
  readonly links: readonly Link[];
  readonly nearest: NearMiss | undefined;
}

const NOT_JOINED: { readonly joined: readonly Joined[]; readonly apart: readonly JoinReason[] } = {
  joined: [],
  apart: NONE,
};

interface Joined {
  readonly cluster: Cluster;
  readonly reason: JoinReason;
  readonly strength: number;
}

function hostOf(alert: CorrelationInput): string | undefined {
  return alert.entities.find(
    entity => entity.kind === 'host' && linkClassOf('host', entity.role, entity.value) !== undefined,
  )?.value;
}

/** Adds a value of the alert of that serial, once, and notes the hour. */
function take(found: Value[], value: Value, serial: number, at: number, undo: Undo[] | undefined): void {
  if (value.serial === serial) return;
  value.serial = serial;
  const hour = hourOf(at);
  if (value.isNewHour(hour)) {
    if (undo !== undefined) {
      const before = value.hoursBefore();
      undo.push(() => value.restoreHours(before));
    }
    value.addHour(hour);
  }
  found.push(value);
}

/** What a group that may be near enough has in common with an alert: of its values those that remember the group. */
function commonOf(group: Group, values: readonly Value[]): readonly Value[] {
  return values.filter(value => value.groups.includes(group));
}
