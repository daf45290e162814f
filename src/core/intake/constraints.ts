import type { Id } from '../../base/id.ts';
import { DEFAULT_FINGERPRINT, type FingerprintRule } from './dedupe.ts';
import type { Cluster } from './group.ts';

/** What people decided, which placing honours. */
export interface Constraints {
  /** The cluster that a person put this alert into. */
  pinOf(alert: Id<'alert'>): Cluster | undefined;
  /** Whether a person parted what these two stand for. */
  isApart(a: Cluster, b: Cluster): boolean;
  /** The rule that makes duplicates of a source's alerts. */
  fingerprintRuleOf(source: string): FingerprintRule;
}

export const UNCONSTRAINED: Constraints = {
  pinOf: () => undefined,
  isApart: () => false,
  fingerprintRuleOf: () => DEFAULT_FINGERPRINT,
};
