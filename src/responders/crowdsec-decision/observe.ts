import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { vendorReadFailure } from '../shared/http/vendor-http.ts';
import { shownText } from '../shared/wire-text.ts';
import { isAddress, readSettings } from './config.ts';
import { readAddress } from './decision.ts';
import { operationNamed } from './manifest.ts';

/**
 * Asks as a bouncer does. CrowdSec itself cuts nobody off: its bouncers do, and whether there is one, and how soon it asks,
 * the local API does not tell. So the effect is never claimed.
 */
export async function observeBan(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(plan.operation) === undefined)
    return fail(
      failureOf('responder.refused', `crowdsec-decision: there is no operation ${shownText(plan.operation)}`),
    );
  const address = plan.target.immutableId;
  if (!isAddress(address)) return fail(failureOf('proposal.target_not_found', 'crowdsec-decision: it is no address'));
  const secret = await context.readCredential();
  try {
    const asking = { settings: settings.value, secret, timeoutMs: context.timeoutMs };
    const { banned, decisions } = await readAddress(asking, address);
    const isBan = plan.operation === 'ban';
    const isWanted = banned === (isBan ? 'yes' : 'no');
    const left = decisions.find(({ type }) => type === 'ban')?.left ?? '';
    return ok({
      state: isWanted ? 'in_effect' : 'not_in_effect',
      effect: isWanted ? 'unproven' : 'not_in_effect',
      checks: [
        {
          text: isBan ? 'A bouncer that asks now is told to ban it.' : 'A bouncer that asks now is told of no ban.',
          ok: isWanted ? 'yes' : 'no',
        },
        ...(isBan && isWanted
          ? [{ text: shownText(`CrowdSec ends the ban by itself in ${left}.`), ok: 'yes' as const }]
          : []),
        { text: 'Whether the bouncers have asked since, CrowdSec does not tell.', ok: 'unproven' },
      ],
    });
  } catch (error) {
    return fail(vendorReadFailure('crowdsec-decision', error, [secret]));
  }
}
