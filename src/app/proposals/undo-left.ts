import type { ProposalView } from '../../model/api.ts';
import { factOf, type StoredExecution } from '../../store/proposal-facts.ts';
import type { ServerContext } from '../context.ts';
import { type KnownProposal, knowProposal } from './facts.ts';

/** What an undo left, as the executor compared it: told with the undo and with what it undid. */
export async function undoLeftIn(
  context: ServerContext,
  known: KnownProposal,
): Promise<Pick<ProposalView, 'undoLeft'>> {
  const own = leftBy(known.stored.id, known.execution);
  if (own.undoLeft !== undefined || known.undoneBy === undefined) return own;
  const undo = await knowProposal(context, known.undoneBy.id);
  return undo === undefined ? {} : leftBy(undo.stored.id, undo.execution);
}

function leftBy(undo: `prp_${string}`, execution: StoredExecution | undefined): Pick<ProposalView, 'undoLeft'> {
  const compared = execution === undefined ? undefined : factOf(execution, 'compared');
  if (compared === undefined) return {};
  const { verdict, differences } = compared.body;
  return { undoLeft: { undo, verdict, differences } };
}
