import type { Id } from '../../base/id.ts';
import { readFinding } from '../../core/decide/closed.ts';
import {
  type GlassFinding,
  type GlassReview,
  type GlassUse,
  glassReviewOf,
  overdueOf,
} from '../../core/decide/glass.ts';
import type { Person } from '../../model/review.ts';
import { readGlassUses } from '../../store/glass-facts.ts';
import type { Db, ServerContext } from '../context.ts';

export type ReviewedGlass = GlassUse & { readonly review: GlassReview; readonly found: readonly GlassFinding[] };

/** Executions that this person started alone and that two others did not review in time. The executor asks again. */
export async function overdueGlass(
  context: ServerContext,
  person: Person,
  db: Db = context.pool,
): Promise<readonly Id<'execution'>[]> {
  const { uses, findings } = await readGlass(context, db);
  return overdueOf(person.id, uses, findings, context.now()).map(({ execution }) => execution);
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
  db: Db = context.pool,
): Promise<{ readonly uses: readonly GlassUse[]; readonly findings: readonly GlassFinding[] }> {
  const uses = await readGlassUses(db, context.tenant);
  const { rows } = await db.query<{ statement: string }>(
    'SELECT statement FROM finding WHERE tenant_id = $1 AND execution_id = ANY ($2) ORDER BY seq',
    [context.tenant, uses.map(({ execution }): Id<'execution'> => execution)],
  );
  const findings = rows.flatMap(({ statement }): readonly GlassFinding[] => {
    const read = readFinding(statement);
    return read.ok ? [read.value] : [];
  });
  return { uses, findings };
}
