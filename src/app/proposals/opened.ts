import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Person } from '../../model/review.ts';
import type { Db, ServerContext } from '../context.ts';
import { type KnownProposal, knowProposal } from './facts.ts';

/** Whether somebody opened a record that this revision cites, by the server's own account of it. */
export async function hasOpenedEvidence(
  context: ServerContext,
  known: KnownProposal,
  person: Person,
  db: Db = context.pool,
): Promise<boolean> {
  const { rowCount } = await db.query(
    'SELECT 1 FROM evidence_opened WHERE tenant_id = $1 AND proposal_id = $2 AND revision = $3 AND person_id = $4 LIMIT 1',
    [context.tenant, known.stored.id, known.current.revision, person.id],
  );
  return (rowCount ?? 0) > 0;
}

/** That somebody opened a piece of evidence that the proposal cites. */
export async function openEvidence(
  context: ServerContext,
  person: Person,
  id: string,
  evidence: string,
): Promise<Result<true, Failure>> {
  const known = await knowProposal(context, id);
  if (known === undefined) return fail(failureOf('not_found', id));
  if (!known.presentation.evidence.some(shown => shown.id === evidence)) return fail(failureOf('not_found', evidence));
  await context.pool.query(
    'INSERT INTO evidence_opened (tenant_id, proposal_id, revision, person_id, evidence_id, at) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING',
    [context.tenant, id, known.current.revision, person.id, evidence, new Date(context.now())],
  );
  return ok(true);
}
