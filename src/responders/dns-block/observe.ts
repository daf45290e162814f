import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { CODE } from './message.ts';
import { readBlock, readFailure, resolved } from './zone.ts';

/** Looks at the policy zone, and asks the resolver as anybody would. */
export async function observeBlock(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(plan.operation) === undefined)
    return fail(failureOf('responder.refused', `dns-block: there is no operation ${shownText(plan.operation)}`));
  const domain = plan.target.immutableId;
  const secret = await context.readCredential();
  const asking = {
    settings: settings.value,
    secret,
    seconds: Math.floor(context.now() / 1_000),
    timeoutMs: context.timeoutMs,
  };
  try {
    const { blocked } = await readBlock(asking, domain);
    const { code } = await resolved(asking, domain);
    const isWanted = blocked === (plan.operation === 'block' ? 'yes' : 'no');
    const isSeen = plan.operation === 'block' ? code === CODE.NO_NAME : code === CODE.DONE;
    return ok({
      state: isWanted ? 'in_effect' : 'not_in_effect',
      // A name that answers nothing without a block, too, tells nothing about the end of one.
      effect: isWanted && isSeen ? 'in_effect' : plan.operation === 'block' ? 'not_in_effect' : 'unproven',
      checks: [
        {
          text: plan.operation === 'block' ? 'The policy zone blocks it.' : 'The policy zone holds nothing for it.',
          ok: isWanted ? 'yes' : 'no',
        },
        {
          text: plan.operation === 'block' ? 'The resolver knows no such name.' : 'The resolver answers for it.',
          ok: isSeen ? 'yes' : plan.operation === 'block' ? 'no' : 'unproven',
        },
      ],
    });
  } catch (error) {
    return fail(readFailure(error, [secret]));
  }
}
