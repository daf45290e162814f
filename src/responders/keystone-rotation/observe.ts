import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { check } from '../shared/check.ts';
import { vendorReadFailure } from '../shared/http/vendor-http.ts';
import type { KeystoneSession } from '../shared/keystone/keystone-session.ts';
import { shownText } from '../shared/wire-text.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { isInUse } from './plan.ts';
import { meant, type Reading, readingSession, readOrSay } from './read.ts';
import { lookThroughHeld, tryKey } from './trial.ts';

/** Looks again at Keystone, at the file and at the tokens. */
export async function observeRotation(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const id = meant(settings.value, plan.target);
  if (id === undefined)
    return fail(failureOf('proposal.target_not_found', 'keystone-rotation: the plan is for another kind of target'));
  const secret = await context.readCredential();
  try {
    const session = readingSession(settings.value, secret, context.timeoutMs);
    const read = await readOrSay(session, settings.value, id);
    if (!read.ok) return read;
    switch (plan.operation) {
      case 'rotate':
        return ok(judgeRotation(read.value));
      case 'take-back':
        return ok(await judgeTakingBack(plan, read.value, settings.value, context));
      case 'end-old':
        return ok(await judgeEnding(plan, read.value, session, settings.value, context));
      default:
        return fail(failureOf('responder.refused', `keystone-rotation: no operation ${shownText(plan.operation)}`));
    }
  } catch (error) {
    return fail(vendorReadFailure('keystone-rotation', error, [secret]));
  }
}

/** Nobody is shut out by it, so no effect on whoever has the old secret is ever claimed. */
function judgeRotation(reading: Reading): Observation {
  const { id, files, successor } = reading;
  const isHandedOver = successor !== undefined && files.before?.login === id;
  return {
    state: isHandedOver ? 'in_effect' : 'not_in_effect',
    effect: 'unproven',
    checks: [
      check('The file of the secret names another one', files.now.login !== id),
      check('Keystone has the one that it names', successor !== undefined),
      check('A consumer shows a token that was got with the new one', isInUse(reading)),
      { text: 'Whoever has the old secret is out: not before the old one is ended', ok: 'unproven' },
    ],
  };
}

async function judgeTakingBack(
  plan: Plan,
  { id, key, keys, files }: Reading,
  { url }: RotationSettings,
  { timeoutMs }: ResponderContext,
): Promise<Observation> {
  const made = plan.preconditions.find(({ path }) => path === 'file.login')?.value;
  const [isNamed, isGone] = [files.now.login === id && key !== undefined, keys.every(one => one.id !== made)];
  const isInEffect = isNamed && isGone;
  const trial = isNamed
    ? await tryKey(url, id, files.now.secret, timeoutMs)
    : ({ works: 'unproven', text: 'not tried' } as const);
  const proven = trial.works === 'yes' ? 'in_effect' : 'unproven';
  return {
    state: isInEffect ? 'in_effect' : 'not_in_effect',
    effect: !isInEffect || trial.works === 'no' ? 'not_in_effect' : proven,
    checks: [
      check('The file of the secret names the one that it named before', isNamed),
      check('The one that was made is gone', isGone),
      { text: `A login with what stands in the file works: ${trial.text}`, ok: trial.works },
    ],
  };
}

async function judgeEnding(
  plan: Plan,
  { id, key, successor }: Reading,
  session: KeystoneSession,
  { url }: RotationSettings,
  { timeoutMs }: ResponderContext,
): Promise<Observation> {
  const isGone = key === undefined;
  const findings = isGone ? await lookThroughHeld(plan, session, url, id, timeoutMs) : [];
  const isOut = isGone && findings.every(({ ok: isSo }) => isSo !== 'no');
  return {
    state: isGone ? 'in_effect' : 'not_in_effect',
    effect: isOut ? 'unproven' : 'not_in_effect',
    checks: [
      check('Keystone has it no more', isGone),
      ...findings,
      check('Keystone has the one that the file of the secret names', successor !== undefined),
      {
        text: 'Whether services that keep answers about a token still take one, Keystone does not tell.',
        ok: 'unproven',
      },
    ],
  };
}
