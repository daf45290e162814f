import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { vendorReadFailure } from '../shared/http/vendor-http.ts';
import { shownText } from '../shared/wire-text.ts';
import { readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { userById } from './user.ts';

/** Looks at the account again. What SCIM tells is the state alone: the effect is never claimed. */
export async function observeUser(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(plan.operation) === undefined)
    return fail(failureOf('responder.refused', `scim-user: there is no operation ${shownText(plan.operation)}`));
  const secret = await context.readCredential();
  try {
    const asking = { settings: settings.value, secret, timeoutMs: context.timeoutMs };
    const user = await userById(asking, plan.target.immutableId);
    if (user === undefined) return fail(failureOf('proposal.target_not_found', 'scim-user: there is no such account'));
    const wanted = plan.operation === 'activate' ? 'true' : 'false';
    const isWanted = user.active === wanted;
    return ok({
      state: isWanted ? 'in_effect' : 'not_in_effect',
      effect: isWanted ? 'unproven' : 'not_in_effect',
      checks: [
        {
          text: `The product says that the account is ${wanted === 'true' ? 'active' : 'inactive'}.`,
          ok: isWanted ? 'yes' : 'no',
        },
        {
          text:
            wanted === 'true'
              ? 'Whether it can log in again, SCIM does not tell.'
              : 'Whether sessions and tokens that were open have ended, SCIM does not tell.',
          ok: 'unproven',
        },
      ],
    });
  } catch (error) {
    return fail(vendorReadFailure('scim-user', error, [secret]));
  }
}
