import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { check } from '../shared/check.ts';
import { readFailure, sameDn, withBind } from '../shared/ldap/ldap-directory.ts';
import { type HeldFinding, lookThroughHeldBind, tryFreshBind } from '../shared/ldap/ldap-held-bind.ts';
import { shownText } from '../shared/wire-text.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { type Files, isInUse, readFiles } from './plan.ts';
import { findPair, type Pair } from './read.ts';
import { tryBind } from './trial.ts';

interface Seen extends Pair {
  readonly files: Files;
}

/**
 * Looks again at both logins and at the file. It never binds as the new login: the directory would note that, and it would
 * look as if the service used it.
 */
export async function observeRotation(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const secret = await context.readCredential();
  try {
    const found = await withBind(settings.value, settings.value.readDn, secret, context.timeoutMs, client =>
      findPair(client, settings.value, { immutableId: plan.target.immutableId }),
    );
    if (!found.ok) return found;
    const files = await readFiles(settings.value.secretFile);
    if (!files.ok) return files;
    const seen = { ...found.value, files: files.value };
    switch (plan.operation) {
      case 'rotate':
        return ok(judgeRotation(seen));
      case 'take-back':
        return ok(await judgeTakingBack(seen, settings.value, context));
      case 'end-old':
        return ok(await judgeEnding(plan, seen, settings.value, context));
      case 'allow-old':
        return ok(await judgeAllowing(seen, settings.value, context));
      default:
        return fail(failureOf('responder.refused', `ldap-rotation: no operation ${shownText(plan.operation)}`));
    }
  } catch (error) {
    return fail(readFailure('ldap-rotation', error, [secret]));
  }
}

/** Nobody is shut out by it, so no effect on whoever has the old password is ever claimed. */
function judgeRotation({ standby, files }: Seen): Observation {
  const isNamed = sameDn(files.now.login, standby.dn);
  const isOpen = !standby.isLocked && standby.passwordSince !== '';
  return {
    state: isNamed && isOpen ? 'in_effect' : 'not_in_effect',
    effect: 'unproven',
    checks: [
      check('The file of the secret names the other login', isNamed),
      check('The other login has a password and is not locked', isOpen),
      check('Somebody bound as the new login since it got its password', isInUse(standby) === 'true'),
      { text: 'Whoever has the old password is out: not before the old login is ended', ok: 'unproven' },
    ],
  };
}

async function judgeTakingBack(
  { login, standby, files }: Seen,
  settings: RotationSettings,
  context: ResponderContext,
): Promise<Observation> {
  const isNamed = sameDn(files.now.login, login.dn);
  const isInEffect = isNamed && standby.isLocked;
  const trial = isNamed
    ? await tryBind(settings, login.dn, files.now.secret, context.timeoutMs)
    : ({ works: 'unproven', text: 'not tried' } as const);
  const proven = trial.works === 'yes' ? 'in_effect' : 'unproven';
  return {
    state: isInEffect ? 'in_effect' : 'not_in_effect',
    effect: !isInEffect || trial.works === 'no' ? 'not_in_effect' : proven,
    checks: [
      check('The file of the secret names the login that it named before', isNamed),
      check('The other login is locked', standby.isLocked),
      { text: `A fresh bind with what stands in the file works: ${trial.text}`, ok: trial.works },
    ],
  };
}

async function judgeEnding(
  plan: Plan,
  { login, standby, files }: Seen,
  settings: RotationSettings,
  context: ResponderContext,
): Promise<Observation> {
  const through = login.isLocked ? await lookThroughHeldBind(plan) : [];
  const fresh = await tryFreshBind(login.dn, login.name, settings, context);
  // The password worked when the held bind was made, so now its refusal is the lock's doing.
  const isHeld = through.some(finding => finding.ok !== 'unproven');
  const freshOk: HeldFinding['ok'] = fresh === 'works' ? 'no' : fresh === 'refused' && isHeld ? 'yes' : 'unproven';
  const about = 'A fresh bind with its old password is refused';
  const findings = [
    ...through,
    { text: typeof fresh === 'string' ? about : `${about} (${fresh.unknown})`, ok: freshOk },
  ];
  const proven = findings.every(({ ok: isSo }) => isSo === 'yes') ? 'in_effect' : 'unproven';
  return {
    state: login.isLocked ? 'in_effect' : 'not_in_effect',
    effect: !login.isLocked || findings.some(({ ok: isSo }) => isSo === 'no') ? 'not_in_effect' : proven,
    checks: [
      check('The old login is locked until an administrator unlocks it', login.isLocked),
      ...findings,
      check('The file of the secret names the other login', sameDn(files.now.login, standby.dn)),
    ],
  };
}

async function judgeAllowing(
  { login }: Seen,
  settings: RotationSettings,
  context: ResponderContext,
): Promise<Observation> {
  const fresh = await tryFreshBind(login.dn, login.name, settings, context);
  const isWorking: HeldFinding['ok'] = fresh === 'works' ? 'yes' : 'unproven';
  return {
    state: login.isLocked ? 'not_in_effect' : 'in_effect',
    effect: login.isLocked ? 'not_in_effect' : fresh === 'works' ? 'in_effect' : 'unproven',
    checks: [
      check('The login bears no lock by an administrator', !login.isLocked),
      {
        text: `A fresh bind as it works${typeof fresh === 'string' ? '' : ` (${fresh.unknown})`}`,
        ok: isWorking,
      },
    ],
  };
}
