import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, SystemConfig } from '../../ports/responder.ts';
import { check } from '../shared/check.ts';
import { readFailure, withSession } from '../shared/postgres/postgres-session.ts';
import { secretNamed } from '../shared/secret-named.ts';
import { shownText } from '../shared/wire-text.ts';
import { type RotationSettings, readSettings } from './config.ts';
import { type Files, readFiles } from './plan.ts';
import { findPair, type LoginSession, type PairState, readSessions } from './read.ts';
import { type Trial, tryLogin } from './trial.ts';

interface Seen {
  readonly state: PairState;
  readonly sessions: readonly LoginSession[];
  readonly files: Files;
}

/**
 * Looks again: both logins in the catalogue, the sessions that are open, the file, and a fresh login with the secret in
 * the file, or with that of the probe. Believes nothing that `execute` said.
 */
export async function observeRotation(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const secret = await context.readCredential();
  const login = { user: settings.value.readUser, secret, mode: 'read', timeoutMs: context.timeoutMs } as const;
  try {
    const read = await withSession(settings.value, login, async session => {
      const found = await findPair(session, settings.value, { immutableId: plan.target.immutableId });
      return found.ok
        ? ok({ state: found.value.state, sessions: await readSessions(session, found.value.oid) })
        : found;
    });
    if (!read.ok) return read;
    const files = await readFiles(settings.value.secretFile);
    if (!files.ok) return files;
    return await judge(plan.operation, { ...read.value, files: files.value }, settings.value, context);
  } catch (error) {
    return fail(readFailure('postgres-rotation', error, [secret]));
  }
}

async function judge(
  operation: string,
  seen: Seen,
  settings: RotationSettings,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  switch (operation) {
    case 'rotate':
      return ok(judgeRotation(seen, await tryFile(seen, settings, context)));
    case 'take-back':
      return ok(judgeTakingBack(seen, await tryFile(seen, settings, context)));
    case 'end-old':
      return ok(judgeEnding(seen, await tryProbe(seen, settings, context)));
    case 'allow-old':
      return ok(judgeAllowing(seen, await tryProbe(seen, settings, context)));
    default:
      return fail(failureOf('responder.refused', `postgres-rotation: there is no operation ${shownText(operation)}`));
  }
}

async function tryFile({ files }: Seen, settings: RotationSettings, context: ResponderContext): Promise<Trial> {
  return await tryLogin(settings, files.now.login, files.now.secret, context.timeoutMs, 'to_work');
}

async function tryProbe({ state }: Seen, settings: RotationSettings, context: ResponderContext): Promise<Trial> {
  const name = state.get('login.name') ?? '';
  const secret = secretNamed(await context.probeCredential?.(), name);
  return secret === undefined
    ? { canLogIn: 'unproven', text: 'no probe is configured for this login' }
    : await tryLogin(settings, name, secret, context.timeoutMs, 'to_be_shut_out');
}

/** Nobody is shut out by it, so no effect on whoever has the old password is ever claimed. */
function judgeRotation({ state, files }: Seen, login: Trial): Observation {
  const isNamed = files.now.login === state.get('standby.name');
  const isInEffect = isNamed && state.get('standby.canLogin') === 'true' && login.canLogIn !== 'no';
  return {
    state: isInEffect ? 'in_effect' : 'not_in_effect',
    effect: 'unproven',
    checks: [
      check('The file of the secret names the other login.', isNamed),
      { text: `A fresh login with what stands in the file works: ${login.text}.`, ok: login.canLogIn },
      check(
        'A session of the new login is open that began after it got its password.',
        state.get('service.newInUse') === 'true',
      ),
      { text: 'Whoever has the old password is out: not before the old login is ended.', ok: 'unproven' },
    ],
  };
}

function judgeTakingBack({ state, files }: Seen, login: Trial): Observation {
  const isNamed = files.now.login === state.get('login.name');
  const isShut = state.get('standby.canLogin') === 'false';
  const isInEffect = isNamed && isShut;
  return {
    state: isInEffect ? 'in_effect' : 'not_in_effect',
    effect:
      !isInEffect || login.canLogIn === 'no' ? 'not_in_effect' : login.canLogIn === 'yes' ? 'in_effect' : 'unproven',
    checks: [
      check('The file of the secret names the login that it named before.', isNamed),
      check('The other login may not log in.', isShut),
      { text: `A fresh login with what stands in the file works: ${login.text}.`, ok: login.canLogIn },
    ],
  };
}

function judgeEnding({ state, sessions, files }: Seen, login: Trial): Observation {
  const isEnded = state.get('login.canLogin') === 'false';
  const [first] = sessions;
  const isOut = isEnded && first === undefined && login.canLogIn !== 'yes';
  return {
    state: isEnded ? 'in_effect' : 'not_in_effect',
    effect: isOut ? 'in_effect' : 'not_in_effect',
    checks: [
      check('The old login may not log in.', isEnded),
      first === undefined
        ? check('No session of the old login is open.', true)
        : check(shownText(`${sessions.length} sessions of it are open, the oldest since ${first.begun}.`), false),
      {
        text: `A fresh login as the old one is refused: ${login.text}.`,
        ok: login.canLogIn === 'unproven' ? 'unproven' : login.canLogIn === 'no' ? 'yes' : 'no',
      },
      check('The file of the secret names the other login.', files.now.login === state.get('standby.name')),
    ],
  };
}

function judgeAllowing({ state }: Seen, login: Trial): Observation {
  const mayLogIn = state.get('login.canLogin') === 'true';
  return {
    state: mayLogIn ? 'in_effect' : 'not_in_effect',
    effect:
      !mayLogIn || login.canLogIn === 'no' ? 'not_in_effect' : login.canLogIn === 'yes' ? 'in_effect' : 'unproven',
    checks: [
      check('The login may log in.', mayLogIn),
      { text: `A fresh login as it works: ${login.text}.`, ok: login.canLogIn },
    ],
  };
}
