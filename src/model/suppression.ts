import type { Id } from '../base/id.ts';
import type { EntityHit, Severity } from './alert.ts';

/** Entities that narrow a suppression to one machine, person or address. A rule as a whole is never suppressed. */
export const SCOPE_KINDS = ['host', 'user', 'nhi', 'mailbox', 'ip'] as const;

export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** Which alerts of one rule are meant: those of one source that name one entity. Compared exactly; there are no wildcards. */
export interface RuleScope {
  readonly source: string;
  readonly rule: string;
  readonly kind: ScopeKind;
  readonly value: string;
}

/** How long a suppression lasts at most, in days (controls 4.8). */
export const SUPPRESS_DAYS_MAX = 14;
/** The days that a preview looks back. */
export const PREVIEW_DAYS = 30;
/** Rules, entities and reasons longer than this are not suppressed: what is signed is read whole. Characters. */
export const SCOPE_CHARS_MAX = 256;

/**
 * What became of an alert that matched a suppression in force: it was set aside; or it counted all the same, because it was
 * graver than any that was looked at, or because the inventory calls what it names critical.
 */
export type SuppressionOutcome = 'suppressed' | 'graver' | 'critical';

/** GET /api/v1/suppressions: newest first. */
export interface SuppressionRow {
  readonly scope: RuleScope;
  readonly why: string;
  readonly since: string;
  readonly until: string;
  /** When people ended it before its time; empty where they did not. */
  readonly endedAt: string;
  readonly isInForce: boolean;
  readonly proposal: Id<'proposal'> | undefined;
  /** Who proposed it, by name; empty where that is not known. */
  readonly by: string;
  readonly hidden: number;
  readonly counted: number;
  /** The last of the alerts that it hid: what was missed, to be looked at. */
  readonly missed: readonly {
    readonly alert: Id<'alert'>;
    readonly incident: Id<'incident'>;
    readonly title: string;
    readonly severity: Severity;
    readonly at: string;
  }[];
}

/** Whether an alert is one of those that a scope means. A field whose meaning was guessed narrows nothing. */
export function isMeant(
  scope: RuleScope,
  alert: { readonly source: string; readonly rule: string; readonly entities: readonly EntityHit[] },
): boolean {
  return (
    alert.source === scope.source &&
    alert.rule === scope.rule &&
    alert.entities.some(one => one.kind === scope.kind && one.value === scope.value && one.isGuessed === undefined)
  );
}
