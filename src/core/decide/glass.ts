import type { Id } from '../../base/id.ts';
import { MS_PER_HOUR, MS_PER_MINUTE, type UnixMs } from '../../base/time.ts';
import type { FindingStatement } from '../../model/audit-entry.ts';
import type { Person } from '../../model/review.ts';

/** An act that one person starts alone has to start within this time, and no edge leads back. */
export const GLASS_START_MS = 15 * MS_PER_MINUTE;
/** Two other people say within this time whether it was right to. */
export const GLASS_REVIEW_MS = 24 * MS_PER_HOUR;
export const GLASS_REVIEWERS = 2;

/** An act that was begun on the word of one person, as the executor wrote it down. */
export interface GlassUse {
  readonly execution: Id<'execution'>;
  readonly proposal: Id<'proposal'>;
  readonly by: Person['id'];
  readonly at: UnixMs;
}

/** What somebody found afterwards; its signature was verified. */
export type GlassFinding = Pick<FindingStatement, 'execution' | 'finds' | 'by'>;

export type GlassReview =
  | { readonly state: 'reviewed'; readonly wasRight: boolean }
  | { readonly state: 'due' | 'overdue'; readonly by: UnixMs; readonly missing: number };

export function isGlassFinding(finds: FindingStatement['finds']): finds is 'justified' | 'unjustified' {
  return finds === 'justified' || finds === 'unjustified';
}

/**
 * How the review after an emergency stands: two distinct people, neither of them who broke the glass. One who finds that it
 * was not right is enough for that it was not.
 */
export function glassReviewOf(use: GlassUse, findings: readonly GlassFinding[], now: UnixMs): GlassReview {
  const others = findings.filter(
    ({ execution, by, finds }) => execution === use.execution && by !== use.by && isGlassFinding(finds),
  );
  const missing = GLASS_REVIEWERS - new Set(others.map(({ by }) => by)).size;
  if (missing <= 0) return { state: 'reviewed', wasRight: others.every(({ finds }) => finds === 'justified') };
  const by = (use.at + GLASS_REVIEW_MS) as UnixMs;
  return { state: now < by ? 'due' : 'overdue', by, missing };
}

/** The uses of one person that were not reviewed in time: while there is one, they cannot break the glass again. */
export function overdueOf(
  person: Person['id'],
  uses: readonly GlassUse[],
  findings: readonly GlassFinding[],
  now: UnixMs,
): readonly GlassUse[] {
  return uses.filter(use => use.by === person && glassReviewOf(use, findings, now).state === 'overdue');
}
