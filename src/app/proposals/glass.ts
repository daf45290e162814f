import type { Id } from '../../base/id.ts';
import { readFinding } from '../../core/decide/closed.ts';
import {
  type GlassFinding,
  type GlassReview,
  type GlassUse,
  glassReviewOf,
  overdueOf,
} from '../../core/decide/glass.ts';
import { isBoilerplate } from '../../core/decide/reason.ts';
import type { ReviewBegin } from '../../model/api.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import { readGlassUses } from '../../store/proposal-facts.ts';
import type { ServerContext } from '../context.ts';
import type { KnownProposal } from './facts.ts';

export type ReviewedGlass = GlassUse & { readonly review: GlassReview; readonly found: readonly GlassFinding[] };

/** What stands between a person and starting an act alone, beside what stands before every review. */
export async function glassObstacles(
  context: ServerContext,
  known: KnownProposal,
  person: Person,
  said: Pick<ReviewBegin, 'reason' | 'acknowledged'>,
): Promise<readonly Failure[]> {
  const found: Failure[] = [];
  if (known.current.policyDigest !== context.policy.digest)
    found.push(failureOf('review.policy_changed', known.current.policyDigest));
  const missing = known.presentation.coverage.gaps.filter(
    gap => gap.required && !said.acknowledged.includes(gap.stream),
  );
  if (missing.length > 0) found.push(failureOf('review.gap_unacknowledged', missing.map(gap => gap.stream).join(', ')));
  if (isBoilerplate(said.reason)) found.push(failureOf('review.reason_missing', 'an emergency says why'));
  const { uses, findings } = await readGlass(context);
  const overdue = overdueOf(person.id, uses, findings, context.now());
  if (overdue.length > 0)
    found.push(failureOf('execution.glass_locked', overdue.map(({ execution }) => execution).join(', ')));
  return found;
}

/** Every act that was begun on one person's word, with how the review after it stands; those that are owed first. */
export async function glassReviews(
  context: ServerContext,
  proposal?: Id<'proposal'>,
): Promise<readonly ReviewedGlass[]> {
  const { uses, findings } = await readGlass(context);
  return uses
    .filter(use => proposal === undefined || use.proposal === proposal)
    .map(use => ({
      ...use,
      review: glassReviewOf(use, findings, context.now()),
      found: findings.filter(({ execution }) => execution === use.execution),
    }))
    .sort((a, b) => Number(a.review.state === 'reviewed') - Number(b.review.state === 'reviewed') || b.at - a.at);
}

/** Their signatures were checked when they were taken; the executor checks them again. */
async function readGlass(
  context: ServerContext,
): Promise<{ readonly uses: readonly GlassUse[]; readonly findings: readonly GlassFinding[] }> {
  const uses = await readGlassUses(context.pool, context.tenant);
  const { rows } = await context.pool.query<{ statement: string }>(
    'SELECT statement FROM finding WHERE tenant_id = $1 AND execution_id = ANY ($2) ORDER BY seq',
    [context.tenant, uses.map(({ execution }): Id<'execution'> => execution)],
  );
  const findings = rows.flatMap(({ statement }): readonly GlassFinding[] => {
    const read = readFinding(statement);
    return read.ok ? [read.value] : [];
  });
  return { uses, findings };
}
