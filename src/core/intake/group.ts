import type { Id } from '../../base/id.ts';
import { Hours } from './commonness.ts';
import { CLASS_BIT, type LinkClass } from './linking.ts';

/** Groups that a value remembers: the latest. */
const GROUPS_PER_VALUE_MAX = 24;

/** Takes back one change, exactly. */
export type Undo = () => void;

/** Alerts that belong together; one that was found to be part of another has that one as parent. */
export interface Cluster {
  readonly number: number;
  parent: Cluster | undefined;
  /** Whether `parent` can no longer be taken back: only such links are shortened. */
  isSettled: boolean;
  /** What the caller keeps it as; until it has named it, where the first alert stood that was placed here again. */
  incident: Id<'incident'> | undefined;
  isNamed: boolean;
}

/** Duplicates, told as one. */
export interface Group {
  readonly id: Id<'alert'>;
  readonly title: string;
  /** Reassigned only where a person moves it. */
  cluster: Cluster;
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
  /** The alert that looked at it last, and the classes of what the two have in common, as bits. */
  serial: number;
  classes: number;
}

/** Something that alerts have in common, and in which hours it came. */
export class Value extends Hours {
  /** Stands for the value among the neighbours of others; never given twice. */
  readonly number: number;
  readonly name: string;
  readonly kind: LinkClass;
  readonly classBit: number;
  /** Whether standing beside it may make a hub of another: an identity, or a device that is no mere address. */
  readonly isMet: boolean;
  /** The latest groups, as a ring. */
  readonly groups: Group[] = [];
  private next = 0;
  lastAt: number;
  /** Different identities and devices that it stood beside: made with the first, dropped once it is a hub. */
  neighbours: number[] | undefined = undefined;
  isHub = false;
  /** The alert that named it last. */
  serial = 0;

  constructor(number: number, space: string, text: string, kind: LinkClass, at: number) {
    super();
    this.number = number;
    this.name = `${space}:${text}`;
    this.kind = kind;
    this.classBit = CLASS_BIT[kind];
    this.isMet = kind === 'identity' || (kind === 'device' && space !== 'ip');
    this.lastAt = at;
  }

  /** Lets later alerts find the group by the value. */
  remember(group: Group, undo: Undo[] | undefined): void {
    if (this.groups.length < GROUPS_PER_VALUE_MAX) {
      this.groups.push(group);
      undo?.push(() => this.groups.pop());
      return;
    }
    const at = this.next;
    const before = this.groups[at];
    this.groups[at] = group;
    this.next = (at + 1) % GROUPS_PER_VALUE_MAX;
    undo?.push(() => {
      if (before !== undefined) this.groups[at] = before;
      this.next = at;
    });
  }
}

/** A fingerprint: its open group, and in which hours it came. */
export class Print extends Hours {
  group: Group | undefined = undefined;
  lastAt: number;
  private judgedHour = -1;
  private wasCommon = false;

  constructor(at: number) {
    super();
    this.lastAt = at;
  }

  /** Notes the hour; asked for every alert, so the answer is kept for the hour. */
  isCommon(hour: number, began: number, undo: Undo[] | undefined): boolean {
    if (hour === this.judgedHour) return this.wasCommon;
    if (undo !== undefined) {
      const { judgedHour, wasCommon } = this;
      const hours = this.hoursBefore();
      undo.push(() => {
        this.restoreHours(hours);
        this.judgedHour = judgedHour;
        this.wasCommon = wasCommon;
      });
    }
    this.addHour(hour);
    this.judgedHour = hour;
    this.wasCommon = this.isCommonAt(hour, began);
    return this.wasCommon;
  }
}

/** The cluster that this one is part of by now. */
export function rootOf(cluster: Cluster): Cluster {
  let root = cluster;
  while (root.parent !== undefined) root = root.parent;
  if (cluster.parent === root || cluster === root) return root;
  // Path compression, so that a chain of merges is walked once; never across a link that may be taken back.
  let fixed = cluster;
  while (fixed.parent !== undefined && fixed.isSettled) fixed = fixed.parent;
  for (let at = cluster; at !== fixed && at.parent !== undefined && at.parent !== fixed; ) {
    const { parent } = at;
    at.parent = fixed;
    at = parent;
  }
  return root;
}

/** From the unbroken run of the group to a moment outside it; nothing inside. */
export function pauseBetween(group: Group, at: number): number {
  return at > group.reach ? at - group.reach : at < group.first ? group.first - at : 0;
}
