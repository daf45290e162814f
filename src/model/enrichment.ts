import type { UnixMs } from '../base/time.ts';

/**
 * How far a fact can be relied on: `partial` where a part of the answer is not known, `stale` where it rests on data
 * that is older than it should be, `failed` where nothing could be found out. A failed fact is shown, never left out.
 */
export type FactStatus = 'ok' | 'partial' | 'stale' | 'failed';

export type EnrichmentKind =
  | 'address_class'
  | 'country'
  | 'cloud'
  | 'registrable_domain'
  | 'internationalised'
  | 'hash_kind'
  | 'technique'
  | 'prevalence'
  | 'reputation';

/**
 * What is known of a value beside the alerts. It is shown, and it does nothing: no proposal rests on it, and it moves no
 * tier, order or cluster.
 */
export interface EnrichmentFact {
  /** `kind:value` of the entity, or `technique:T1110`. */
  readonly about: string;
  readonly kind: EnrichmentKind;
  /** For people. Text of somebody else's making may stand in it: it is shown inert. Empty where `status` is `failed`. */
  readonly value: string;
  /** Who says so: a data set, a look-up, or our own history. */
  readonly source: string;
  /** RFC 3339: the date of the data, not of the question. Empty where nobody knows. */
  readonly asOf: string;
  readonly status: FactStatus;
  /** Why it is not simply `ok`, or what it rests on. May be empty where `status` is `ok`. */
  readonly because: string;
}

/** `absent`: an operator may add it and has not. `waiting`: it is read when it is first asked for. */
export type DataSetStatus = 'ok' | 'stale' | 'failed' | 'absent' | 'waiting';

/** A data set that facts are read from, as Health shows it. */
export interface DataSet {
  readonly id: string;
  readonly title: string;
  readonly licence: string;
  readonly status: DataSetStatus;
  /** RFC 3339, or empty while it is not known. */
  readonly asOf: string;
  readonly entries: number;
  /** What it takes in memory, about. */
  readonly bytes: number;
  readonly because: string;
}

/**
 * Traffic Light Protocol 2.0 (FIRST): how far information may go. `amber` here is what TLP calls AMBER+STRICT or AMBER;
 * `red` never leaves, whatever a look-up is allowed.
 */
export type Tlp = 'clear' | 'green' | 'amber' | 'red';

export const TLP_RANK: { readonly [T in Tlp]: number } = { clear: 0, green: 1, amber: 2, red: 3 };

/** How often a value was seen in our own history. */
export interface Sightings {
  readonly alerts: number;
  readonly incidents: number;
  readonly hosts: number;
  /** Counting stops at a bound; then the two before are at least so many. */
  readonly isBounded: boolean;
  readonly firstSeen: UnixMs;
  readonly lastSeen: UnixMs;
}
