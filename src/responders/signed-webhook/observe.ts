import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { httpReadFailure } from '../shared/http/ask-http.ts';
import { shownText } from '../shared/wire-text.ts';
import { look } from './call.ts';
import { offers, readSettings } from './config.ts';

const UNSEEN: Observation = {
  state: 'not_seen',
  effect: 'unproven',
  checks: [{ text: 'The product tells no status, so what became of the call is not seen.', ok: 'unproven' }],
};

/** Asks the product again. What it says is the state alone: the effect is never claimed. */
export async function observeCall(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (!offers(system.settings).includes(plan.operation))
    return fail(failureOf('responder.refused', `signed-webhook: there is no operation ${shownText(plan.operation)}`));
  const { status, operation } = settings.value;
  if (status === undefined) return ok(UNSEEN);
  const secret = await context.readCredential();
  try {
    const seen = await look(settings.value, status, plan.target.immutableId, secret, context.timeoutMs);
    if (seen === undefined)
      return fail(failureOf('proposal.target_not_found', 'signed-webhook: the product knows nobody of this name'));
    const isWanted = seen.value === (plan.operation === operation ? status.done : status.undone);
    return ok({
      state: isWanted ? 'in_effect' : 'not_in_effect',
      effect: isWanted ? 'unproven' : 'not_in_effect',
      checks: [
        { text: shownText(`The product says: ${seen.value}.`), ok: isWanted ? 'yes' : 'no' },
        { text: 'Whether whoever had access has lost it, the product does not tell.', ok: 'unproven' },
      ],
    });
  } catch (error) {
    return fail(httpReadFailure('signed-webhook', error, [secret]));
  }
}
