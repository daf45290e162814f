import type { Id } from '../../base/id.ts';
import { MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import type { EntityKind, EntityRole } from '../../model/alert.ts';
import type { JoinReason } from '../../model/incident.ts';
import type { Cluster } from './group.ts';

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
  /** The number of the cluster that it was put into: of all that were one at that moment, the first made. */
  readonly cluster: number;
  /** That cluster itself; {@link rootOf} it for what it is part of by now. */
  readonly home: Cluster;
  /** The alert of which this one is another occurrence. */
  readonly duplicateOf?: Id<'alert'>;
  /** Why it stands there: one reason for each cluster that it joined; `first` where there was none. */
  readonly because: readonly JoinReason[];
  /** What it has in common with others that it was not joined to, and why not; a few. */
  readonly notJoined: readonly JoinReason[];
  /** Clusters that this alert showed to be one with `home`. */
  readonly merged?: readonly Cluster[];
}

/** A value that joins nothing for now, with the reason in words. */
export interface OverCommon {
  readonly value: string;
  readonly because: string;
  /** Different hours of the last week in which it came. */
  readonly hours: number;
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
