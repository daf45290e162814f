import type { Id } from '../../base/id.ts';
import { Hours } from './commonness.ts';
import type { LinkClass } from './linking.ts';

/** Groups that a value remembers: the latest. */
const GROUPS_PER_VALUE_MAX = 24;

/** Alerts that belong together; one that was found to be part of another has that one as parent. */
export interface Cluster {
  readonly number: number;
  parent: Cluster | undefined;
}

/** Duplicates, told as one. */
export interface Group {
  readonly id: Id<'alert'>;
  readonly title: string;
  readonly cluster: Cluster;
  /** The host that the record names first; undefined where it names none. */
  readonly host: string | undefined;
  /** The furthest ATT&CK tactic that it states. */
  readonly stage: number | undefined;
  readonly first: number;
  last: number;
  /** How far the unbroken run from `first` goes: joins are measured from here. */
  reach: number;
  count: number;
  /** Whether its rule was everyday there when it opened. */
  readonly isEveryday: boolean;
  /** The alert that looked at it last, and what the two have in common: only while that alert is placed. */
  serial: number;
  common: Value[];
}

/** Something that alerts have in common. */
export interface Value {
  readonly name: string;
  readonly kind: LinkClass;
  /** The latest groups, as a ring. */
  readonly groups: Group[];
  next: number;
  lastAt: number;
  readonly hours: Hours;
  /** Different identities and devices that it stood beside: made with the first, dropped once it is a hub. */
  neighbours: Set<number> | undefined;
  isHub: boolean;
}

/** A fingerprint: its open group, and in which hours it came. */
export class Print {
  group: Group | undefined = undefined;
  lastAt: number;
  private readonly hours = new Hours();
  private judgedHour = -1;
  private wasCommon = false;

  constructor(at: number) {
    this.lastAt = at;
  }

  /** Notes the hour; asked for every alert, so the answer is kept for the hour. */
  isCommon(hour: number, began: number): boolean {
    if (hour === this.judgedHour) return this.wasCommon;
    this.hours.add(hour);
    this.judgedHour = hour;
    this.wasCommon = this.hours.isCommon(hour, began);
    return this.wasCommon;
  }
}

/** Shared by groups that nobody looks at; never written to. */
export const NOTHING: Value[] = [];

/** The cluster that this one is part of by now. */
export function rootOf(cluster: Cluster): Cluster {
  let root = cluster;
  while (root.parent !== undefined) root = root.parent;
  // Path compression, so that a chain of merges is walked once.
  for (let at = cluster; at.parent !== undefined && at.parent !== root; ) {
    const { parent } = at;
    at.parent = root;
    at = parent;
  }
  return root;
}

/** From the unbroken run of the group to a moment outside it; nothing inside. */
export function pauseBetween(group: Group, at: number): number {
  return at > group.reach ? at - group.reach : at < group.first ? group.first - at : 0;
}

/** Lets later alerts find the group by the value. */
export function remember(value: Value, group: Group): void {
  if (value.groups.length < GROUPS_PER_VALUE_MAX) value.groups.push(group);
  else {
    value.groups[value.next] = group;
    value.next = (value.next + 1) % GROUPS_PER_VALUE_MAX;
  }
}
