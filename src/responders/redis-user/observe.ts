import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { secretNamed } from '../shared/secret-named.ts';
import { shownText } from '../shared/wire-text.ts';
import { type RedisSettings, readSettings } from './config.ts';
import { operationNamed } from './manifest.ts';
import { connectionsOf, stateOf } from './read.ts';
import { readFailure, withSession } from './resp.ts';

type Check = Observation['checks'][number];

/** Looks at the user and at the open connections again. Believes nothing that `execute` said. */
export async function observeUser(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  if (operationNamed(plan.operation) === undefined)
    return fail(failureOf('responder.refused', `redis-user: there is no operation ${shownText(plan.operation)}`));
  const name = plan.target.immutableId;
  const secret = await context.readCredential();
  try {
    const [user, clients] = await withSession(
      settings.value,
      settings.value.readUser,
      secret,
      context.timeoutMs,
      session =>
        session.ask([
          ['ACL', 'GETUSER', name],
          ['CLIENT', 'LIST'],
        ]),
    );
    const state = stateOf(name, user);
    if (state === undefined)
      return fail(failureOf('proposal.target_not_found', `redis-user: there is no user ${shownText(name)}`));
    const open = connectionsOf(name, clients).length;
    return ok(
      plan.operation === 'lock'
        ? judgeLock(state.enabled === 'false', open)
        : judgeUnlock(state.enabled === 'true', await canLogIn(name, settings.value, context)),
    );
  } catch (error) {
    return fail(readFailure(error, [secret]));
  }
}

/** A user that is off cannot log in, and nobody is logged in as it: that is the whole of what it had. */
function judgeLock(isOff: boolean, open: number): Observation {
  return {
    state: isOff ? 'in_effect' : 'not_in_effect',
    effect: isOff && open === 0 ? 'in_effect' : 'not_in_effect',
    checks: [
      { text: 'The user is off, so it cannot log in.', ok: isOff ? 'yes' : 'no' },
      { text: `Connections that are open as the user: ${open}.`, ok: open === 0 ? 'yes' : 'no' },
    ],
  };
}

function judgeUnlock(isOn: boolean, login: Check['ok']): Observation {
  return {
    state: isOn ? 'in_effect' : 'not_in_effect',
    effect: !isOn || login === 'no' ? 'not_in_effect' : login === 'yes' ? 'in_effect' : 'unproven',
    checks: [
      { text: 'The user is on.', ok: isOn ? 'yes' : 'no' },
      { text: 'A fresh login as the user works.', ok: login },
    ],
  };
}

async function canLogIn(name: string, settings: RedisSettings, context: ResponderContext): Promise<Check['ok']> {
  const secret = secretNamed(await context.probeCredential?.(), name);
  if (secret === undefined) return 'unproven';
  try {
    return await withSession(settings, name, secret, context.timeoutMs, async () => 'yes' as const);
  } catch {
    // Redis answers a wrong password and a user that is off alike, so a refusal proves nothing.
    return 'unproven';
  }
}
