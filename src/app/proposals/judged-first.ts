import { asksFirst } from '../../core/decide/decide-first.ts';
import type { Person } from '../../model/review.ts';
import type { Db, ServerContext } from '../context.ts';
import type { KnownProposal } from './facts.ts';

/** Whether this review asks for a judgement before it recommends. */
export function isAskedFirst(context: ServerContext, { current }: KnownProposal, person: Pick<Person, 'id'>): boolean {
  const { installation } = context.genesis;
  return asksFirst(current.tier, { installation, actDigest: current.actDigest }, person.id);
}

/** Whether they signed anything of this revision, counted or not: from then on nothing is kept back from them, and nothing asked. */
export function hasSigned({ stored, current }: KnownProposal, person: Pick<Person, 'id'>): boolean {
  return stored.reviews.some(review => review.person === person.id && review.revision === current.revision);
}

/**
 * Whether they are asked and have not said anything yet: only that they did is read here, and never what. Whoever asked for more
 * has said something, and could not be asked any more what they think before they know.
 */
export async function owesJudgement(
  context: ServerContext,
  known: KnownProposal,
  person: Pick<Person, 'id'>,
  db: Db = context.pool,
): Promise<boolean> {
  if (!isAskedFirst(context, known, person) || hasSigned(known, person)) return false;
  const { rowCount } = await db.query(
    'SELECT 1 FROM judged_first WHERE tenant_id = $1 AND proposal_id = $2 AND revision = $3 AND person_id = $4',
    [context.tenant, known.stored.id, known.current.revision, person.id],
  );
  return rowCount === 0;
}

/** Notes that they said what they think before they were shown more. */
export async function noteJudgedFirst(
  context: ServerContext,
  { proposal, revision }: { readonly proposal: string; readonly revision: number },
  person: Pick<Person, 'id'>,
): Promise<void> {
  await context.pool.query(
    'INSERT INTO judged_first (tenant_id, proposal_id, revision, person_id, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING',
    [context.tenant, proposal, revision, person.id, new Date(context.now())],
  );
}
