import { foreseeUndo } from '../../executor/residue.ts';
import { isOwnTarget, type Presentation } from '../../model/proposal.ts';
import type { Operation, Plan } from '../../ports/responder.ts';
import type { ServerContext } from '../context.ts';
import { planByExecutor } from './plan.ts';

/**
 * Plans the undo of an act before anybody is asked to sign the act: by the operation that would undo it, at the target as it is.
 * Undefined where nothing undoes it, or where it is about this installation itself, whose own history is its undo.
 */
export async function undoCheck(
  context: ServerContext,
  responder: string,
  { undo }: Operation,
  plan: Plan,
): Promise<Presentation['undo']['check']> {
  if (undo === undefined || isOwnTarget(plan.target)) return undefined;
  const planned = await planByExecutor(context, {
    responder,
    system: plan.target.system,
    operation: undo,
    target: { immutableId: plan.target.immutableId },
    params: {},
    undoes: undefined,
  });
  return planned.ok
    ? foreseeUndo(plan, planned.value)
    : { verdict: 'not_read', brings: [], leaves: [], obstacles: [planned.failure.code] };
}
