import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { LOCKED_FOR_GOOD, readFailure, withBind } from '../shared/ldap/ldap-directory.ts';
import { type HeldFinding, lookThroughHeldBind, tryFreshBind } from '../shared/ldap/ldap-held-bind.ts';
import { shownText } from '../shared/wire-text.ts';
import { type LdapSettings, readSettings } from './config.ts';
import { type AccountReading, findAccount } from './read.ts';

/**
 * Looks at the account again, and at what binds can do: the one that was held since before the lock, and a fresh one.
 * slapd ends no connection, so without a held bind the effect of a lock is `unproven`.
 */
export async function observeAccount(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const secret = await context.readCredential();
  try {
    const found = await withBind(settings.value, settings.value.readDn, secret, context.timeoutMs, client =>
      findAccount(client, settings.value, { immutableId: plan.target.immutableId }),
    );
    if (!found.ok) return found;
    switch (plan.operation) {
      case 'lock':
        return ok(await judgeLock(plan, found.value, settings.value, context));
      case 'unlock':
        return ok(await judgeUnlock(found.value, settings.value, context));
      default:
        return fail(failureOf('responder.refused', `ldap-account: there is no operation ${shownText(plan.operation)}`));
    }
  } catch (error) {
    return fail(readFailure('ldap-account', error, [secret]));
  }
}

async function judgeLock(
  plan: Plan,
  account: AccountReading,
  settings: LdapSettings,
  context: ResponderContext,
): Promise<Observation> {
  const isLocked = account.lockedTime === LOCKED_FOR_GOOD;
  const through = isLocked ? await lookThroughHeldBind(plan) : [];
  const fresh = await tryFreshBind(account.dn, account.name, settings, context);
  // The password worked when the held bind was made, so now its refusal is the lock's doing.
  const isHeld = through.some(finding => finding.ok !== 'unproven');
  const freshOk: HeldFinding['ok'] = fresh === 'works' ? 'no' : fresh === 'refused' && isHeld ? 'yes' : 'unproven';
  const findings: readonly HeldFinding[] = [...through, { text: freshText(fresh), ok: freshOk }];
  const effect =
    !isLocked || findings.some(({ ok }) => ok === 'no')
      ? 'not_in_effect'
      : findings.every(({ ok }) => ok === 'yes')
        ? 'in_effect'
        : 'unproven';
  return {
    state: isLocked ? 'in_effect' : 'not_in_effect',
    effect,
    checks: [
      { text: 'The account is locked until an administrator unlocks it', ok: isLocked ? 'yes' : 'no' },
      ...findings,
    ],
  };
}

function freshText(fresh: Awaited<ReturnType<typeof tryFreshBind>>): string {
  const about = 'A fresh bind with its own password is refused';
  return typeof fresh === 'string' ? about : `${about} (${fresh.unknown})`;
}

async function judgeUnlock(
  account: AccountReading,
  settings: LdapSettings,
  context: ResponderContext,
): Promise<Observation> {
  const isUnlocked = account.lockedTime !== LOCKED_FOR_GOOD;
  const fresh = await tryFreshBind(account.dn, account.name, settings, context);
  const works: HeldFinding['ok'] = fresh === 'works' ? 'yes' : 'unproven';
  return {
    state: isUnlocked ? 'in_effect' : 'not_in_effect',
    effect: !isUnlocked ? 'not_in_effect' : fresh === 'works' ? 'in_effect' : 'unproven',
    checks: [
      { text: 'The account bears no lock by an administrator', ok: isUnlocked ? 'yes' : 'no' },
      {
        text: `A fresh bind with its own password works${typeof fresh === 'string' ? '' : ` (${fresh.unknown})`}`,
        ok: works,
      },
    ],
  };
}
