import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { check, OPPOSITE } from '../shared/check.ts';
import { vendorReadFailure } from '../shared/http/vendor-http.ts';
import { shownText } from '../shared/wire-text.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { isInUse, type Reading, readAll, readingClient } from './read.ts';
import { tryClient, tryHeld } from './trial.ts';

/** Looks again at both clients and at the file. It logs in as neither: that would stand on record as if the service used it. */
export async function observeRotation(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const secret = await context.readCredential();
  try {
    const client = readingClient(settings.value, secret, context.timeoutMs);
    const read = await readAll(client, settings.value, { immutableId: plan.target.immutableId });
    if (!read.ok) return read;
    switch (plan.operation) {
      case 'rotate':
        return ok(judgeRotation(read.value));
      case 'take-back':
        return ok(await judgeTakingBack(read.value, settings.value, context));
      case 'end-old':
        return ok(await judgeEnding(plan, read.value, settings.value, context));
      case 'allow-old':
        return ok(judgeAllowing(read.value));
      default:
        return fail(failureOf('responder.refused', `keycloak-rotation: no operation ${shownText(plan.operation)}`));
    }
  } catch (error) {
    return fail(vendorReadFailure('keycloak-rotation', error, [secret]));
  }
}

/** Nobody is shut out by it, so no effect on whoever has the old secret is ever claimed. */
function judgeRotation({ standby, files }: Reading): Observation {
  const isNamed = files.now.login === standby.name;
  return {
    state: isNamed && standby.isEnabled ? 'in_effect' : 'not_in_effect',
    effect: 'unproven',
    checks: [
      check('The file of the secret names the other client', isNamed),
      check('The other client is enabled', standby.isEnabled),
      check('Somebody was let in as the new client since it got its secret', isInUse(standby)),
      { text: 'Whoever has the old secret is out: not before the old client is ended', ok: 'unproven' },
    ],
  };
}

async function judgeTakingBack(
  { login, standby, files }: Reading,
  settings: RotationSettings,
  { timeoutMs }: ResponderContext,
): Promise<Observation> {
  const isNamed = files.now.login === login.name;
  const isInEffect = isNamed && !standby.isEnabled;
  const trial = isNamed
    ? await tryClient(settings, login.name, files.now.secret, timeoutMs)
    : ({ works: 'unproven', text: 'not tried' } as const);
  const proven = trial.works === 'yes' ? 'in_effect' : 'unproven';
  return {
    state: isInEffect ? 'in_effect' : 'not_in_effect',
    effect: !isInEffect || trial.works === 'no' ? 'not_in_effect' : proven,
    checks: [
      check('The file of the secret names the client that it named before', isNamed),
      check('The other client is disabled', !standby.isEnabled),
      { text: `What stands in the file opens it: ${trial.text}`, ok: trial.works },
    ],
  };
}

async function judgeEnding(
  plan: Plan,
  { login, standby, files }: Reading,
  settings: RotationSettings,
  { timeoutMs }: ResponderContext,
): Promise<Observation> {
  const isEnded = !login.isEnabled;
  const trial = isEnded
    ? await tryHeld(plan, settings, login.name, timeoutMs)
    : ({ works: 'unproven', text: 'not tried' } as const);
  return {
    state: isEnded ? 'in_effect' : 'not_in_effect',
    effect: isEnded && trial.works !== 'yes' ? 'unproven' : 'not_in_effect',
    checks: [
      check('The old client is disabled', isEnded),
      { text: `A secret of it that was let in just before is refused: ${trial.text}`, ok: OPPOSITE[trial.works] },
      check('The file of the secret names the other client', files.now.login === standby.name),
      {
        text: 'Access tokens that were given out are good until they expire, wherever nobody asks Keycloak about them.',
        ok: 'unproven',
      },
    ],
  };
}

function judgeAllowing({ login }: Reading): Observation {
  return {
    state: login.isEnabled ? 'in_effect' : 'not_in_effect',
    effect: login.isEnabled ? 'unproven' : 'not_in_effect',
    checks: [
      check('The client is enabled', login.isEnabled),
      { text: 'Whoever has its secret is let in: nobody tried', ok: 'unproven' },
    ],
  };
}
