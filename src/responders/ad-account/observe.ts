import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { bindAs, readFailure, withBind } from '../shared/ldap/ldap-directory.ts';
import { probeSecret } from '../shared/ldap/ldap-held-bind.ts';
import { errorTextWithout, shownText } from '../shared/wire-text.ts';
import { type AdSettings, readSettings } from './config.ts';
import type { GroupReading } from './group.ts';
import { PASSWORD_SET } from './password.ts';
import { type AccountReading, FLAG } from './read.ts';
import { readSituation, workOf } from './situation.ts';

/**
 * Looks at the account again, and tries its own password where one was entrusted to us as a probe. The directory ends nothing
 * that is open and takes no ticket back, so the effect of disabling is never more than `unproven`.
 */
export async function observeAccount(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const work = workOf(plan.operation, settings.value);
  if (work === undefined)
    return fail(failureOf('responder.refused', `ad-account: there is no operation ${shownText(plan.operation)}`));
  const secret = await context.readCredential();
  try {
    const found = await withBind(settings.value, settings.value.readDn, secret, context.timeoutMs, client =>
      readSituation(client, settings.value, work, { immutableId: plan.target.immutableId }),
    );
    if (!found.ok) return found;
    const { account, group } = found.value;
    if (group !== undefined) return ok(judgeMembership(plan, group));
    const fresh = await tryFreshBind(account, settings.value, context);
    if (plan.operation === 'reset-password') return ok(judgeReset(plan, account, fresh));
    return ok(plan.operation === 'disable' ? judgeDisabled(account, fresh) : judgeEnabled(account, fresh));
  } catch (error) {
    return fail(readFailure('ad-account', error, [secret]));
  }
}

/** ERROR_LOGON_FAILURE. */
const WRONG_PASSWORD = /\bdata 52e\b/;

type FreshBind = 'works' | 'refused_as_disabled' | { readonly unknown: string };

/** What the directory says after a bind that had the right password, and to no other, of a disabled account (ERROR_ACCOUNT_DISABLED). */
const ACCOUNT_DISABLED = /\bdata 533\b/;

async function tryFreshBind(
  account: AccountReading,
  settings: AdSettings,
  context: ResponderContext,
): Promise<FreshBind> {
  const secret = await probeSecret(account.name, context);
  if (secret === undefined) return { unknown: 'no probe is configured for this account' };
  try {
    await (await bindAs(settings, account.dn, secret, context.timeoutMs)).close();
    return 'works';
  } catch (error) {
    const text = errorTextWithout(error, [secret]);
    return ACCOUNT_DISABLED.test(text) ? 'refused_as_disabled' : { unknown: text };
  }
}

function judgeDisabled({ control }: AccountReading, fresh: FreshBind): Observation {
  const isDisabled = (control & FLAG.disabled) !== 0;
  return {
    state: isDisabled ? 'in_effect' : 'not_in_effect',
    effect: !isDisabled || fresh === 'works' ? 'not_in_effect' : 'unproven',
    checks: [
      { text: 'The account is disabled', ok: isDisabled ? 'yes' : 'no' },
      {
        text: `A fresh bind with its right password is refused, as the account is disabled${whyUnknown(fresh)}`,
        ok: fresh === 'works' ? 'no' : fresh === 'refused_as_disabled' ? 'yes' : 'unproven',
      },
      { text: 'Kerberos tickets and connections from before are of no use any more', ok: 'unproven' },
    ],
  };
}

function judgeEnabled({ control }: AccountReading, fresh: FreshBind): Observation {
  const isEnabled = (control & FLAG.disabled) === 0;
  return {
    state: isEnabled ? 'in_effect' : 'not_in_effect',
    effect:
      !isEnabled || fresh === 'refused_as_disabled' ? 'not_in_effect' : fresh === 'works' ? 'in_effect' : 'unproven',
    checks: [
      { text: 'The account is enabled', ok: isEnabled ? 'yes' : 'no' },
      {
        text: `A fresh bind with its own password works${whyUnknown(fresh)}`,
        ok: fresh === 'works' ? 'yes' : fresh === 'refused_as_disabled' ? 'no' : 'unproven',
      },
    ],
  };
}

/** A bind that is refused shows that the password which was entrusted to us is not the account's now; not who else had another one. */
function judgeReset({ preconditions }: Plan, account: AccountReading, fresh: FreshBind): Observation {
  const was = preconditions.find(({ path }) => path === PASSWORD_SET)?.value;
  const isReset = was !== undefined && was !== account.passwordSet;
  const isRefused = typeof fresh !== 'string' && WRONG_PASSWORD.test(fresh.unknown);
  return {
    state: isReset ? 'in_effect' : 'not_in_effect',
    effect: !isReset || fresh === 'works' ? 'not_in_effect' : 'unproven',
    checks: [
      { text: 'A password was set since it was planned', ok: isReset ? 'yes' : 'no' },
      {
        text: `A fresh bind with its password from before is refused${isRefused ? '' : whyUnknown(fresh)}`,
        ok: fresh === 'works' ? 'no' : isRefused ? 'yes' : 'unproven',
      },
      { text: 'Kerberos tickets and connections from before are of no use any more', ok: 'unproven' },
    ],
  };
}

/** What bears the groups of before goes on with them, and no login shows what the machines of the domain let it do. */
function judgeMembership({ operation, params }: Plan, group: GroupReading): Observation {
  const isSame = params['group'] === group.guid;
  const isRemove = operation === 'remove-from-group';
  const isDone = isSame && group.isMember !== isRemove;
  return {
    state: isDone ? 'in_effect' : 'not_in_effect',
    effect: isDone ? 'unproven' : 'not_in_effect',
    checks: [
      { text: 'The group is the one that was signed', ok: isSame ? 'yes' : 'no' },
      { text: `The account is ${isRemove ? 'not ' : ''}directly in it`, ok: isDone ? 'yes' : 'no' },
      {
        text: `Tickets and sessions from before ${isRemove ? 'are without' : 'have'} what the group may do`,
        ok: 'unproven',
      },
    ],
  };
}

function whyUnknown(fresh: FreshBind): string {
  return typeof fresh === 'string' ? '' : ` (${fresh.unknown})`;
}
