import type { Person } from '../../model/review.ts';
import type { ServerContext } from '../context.ts';
import type { KnownProposal } from './facts.ts';
import { hasSigned, isAskedFirst } from './judged-first.ts';
import { mayReview } from './review.ts';

/**
 * Of which of these the server keeps back from this person what others said, and how many did: they may review it, are asked
 * to judge first, and have said nothing yet.
 */
export async function withheldFrom(
  context: ServerContext,
  known: readonly KnownProposal[],
  person: Person | undefined,
): Promise<ReadonlySet<string>> {
  if (person === undefined) return new Set();
  const asked = known.filter(one => isAsked(context, one, person)).map(one => one.stored.id as string);
  if (asked.length === 0) return new Set();
  const { rows } = await context.pool.query<{ id: string; revision: number }>(
    'SELECT proposal_id AS id, revision FROM judged_first WHERE tenant_id = $1 AND proposal_id = ANY ($2) AND person_id = $3',
    [context.tenant, asked, person.id],
  );
  const said = new Set(rows.map(({ id, revision }) => `${id}/${revision}`));
  const owes = ({ stored, current }: KnownProposal) => !said.has(`${stored.id}/${current.revision}`);
  return new Set(known.filter(one => asked.includes(one.stored.id) && owes(one)).map(one => one.stored.id));
}

function isAsked(context: ServerContext, known: KnownProposal, person: Person): boolean {
  if (known.state !== 'in_review' || !mayReview(context, known, person, 'approve')) return false;
  return !hasSigned(known, person) && isAskedFirst(context, known, person);
}
