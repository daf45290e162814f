import type { Id } from '../base/id.ts';
import type { UnixMs } from '../base/time.ts';

/**
 * What binds two entities for a while, subject first. `lease`: an address a server gave to a host. `own_address`: an
 * address that a host's own sensor reports. `behind`: an address that a host was seen from, which others may share.
 * `sign_in`: an address that a user signed in from. `logon`: a host that a user signed in to. `dns`: a name and an
 * address that it was answered with.
 */
export type BindingKind = 'lease' | 'own_address' | 'behind' | 'sign_in' | 'logon' | 'dns';

/** Why a binding ended: its own end was recorded, its lease ran out, or another one took its place. */
export type BindingEnd = 'recorded' | 'lease' | 'next' | 'unknown';

/** One holder of a subject over one unbroken span, as records of that time say. */
export interface Binding {
  readonly kind: BindingKind;
  /** Entity keys (`ip:198.51.100.7`) with the labels as recorded. */
  readonly subject: string;
  readonly subjectLabel: string;
  readonly object: string;
  readonly objectLabel: string;
  readonly from: UnixMs;
  /** The last record that says so. */
  readonly lastSeen: UnixMs;
  /** Undefined where nothing says when it ended. */
  readonly until: UnixMs | undefined;
  readonly end: BindingEnd;
  /** Records that say so. */
  readonly count: number;
  /** The first record and the last, for the reader. */
  readonly saidBy: readonly Id<'evidence'>[];
  /** The claim that states it, by id. */
  readonly claim: string;
}

/**
 * `fresh`: a record says so for that moment. `stale`: said some time before, and nothing says that it ended. `edge`:
 * said only shortly after, or it ended just before; two clocks may differ by that much.
 */
export type BindingSureness = 'fresh' | 'edge' | 'stale';

/** `shared`: so many hold it at once that it tells nothing. Of `ambiguous` every holder is shown, and none is chosen. */
export type ResolutionVerdict = 'one' | 'stale' | 'ambiguous' | 'shared' | 'none';

export interface Holder {
  readonly binding: Binding;
  readonly sure: BindingSureness;
  readonly because: string;
}

/** Who held something at one moment. */
export interface Resolution {
  readonly verdict: ResolutionVerdict;
  /** Every candidate, surest first. */
  readonly holders: readonly Holder[];
  readonly text: string;
}

/** Who held an entity over the span of an incident, in order, and how unequivocal that was at its alerts. */
export interface EntityResolution {
  readonly verdict: ResolutionVerdict;
  readonly text: string;
  /** By time. At most {@link BINDINGS_LISTED_MAX}; `omitted` counts the rest. */
  readonly bindings: readonly Binding[];
  readonly omitted: number;
}

export const BINDINGS_LISTED_MAX = 24;
