import { fail, ok, type Result } from '../../base/result.ts';
import type { Operation, Plan, Secret, SystemConfig, WriteCapability } from '../../ports/responder.ts';
import { isSealed } from './seal.ts';
import { errorTextWithout } from './wire-text.ts';

/**
 * Opens the write credential for a plan, in every responder and as late as possible. The failure is why nothing was sent: the
 * plan is of another system, altered, of an operation that is not the one that was planned, refused by itself, or the
 * capability does not open.
 */
export async function openFor(
  plan: Plan,
  system: SystemConfig,
  operation: Operation | undefined,
  capability: WriteCapability,
): Promise<Result<Secret, string>> {
  if (plan.target.system !== system.system) return fail('the plan is for another system');
  if (!isSealed(plan)) return fail('the plan is not the one that was sealed');
  if (operation?.version !== plan.operationVersion) return fail('there is no such operation');
  if (plan.refusals.length > 0) return fail('the plan itself refuses');
  try {
    return ok(await capability.open());
  } catch (error) {
    return fail(`the capability did not open: ${errorTextWithout(error, [])}`);
  }
}
