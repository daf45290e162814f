import { fail, ok, type Result } from '../../base/result.ts';
import { type Failure, failureOf } from '../../model/failure.ts';
import type { Observation, Plan, ResponderContext, Secret, SystemConfig } from '../../ports/responder.ts';
import { NotConnected, readFailure, withSession } from '../shared/postgres/postgres-session.ts';
import { errorTextWithout, shownText } from '../shared/wire-text.ts';
import { type PostgresSettings, readSettings } from './config.ts';
import { findRole, type RoleSession, type RoleState, readSessions } from './read.ts';

type Check = Observation['checks'][number];
type Answer = Check['ok'];

/**
 * Looks at the target again: the role in the catalogue, the sessions that are open as it, and a fresh login as it
 * where a probe is configured. Believes nothing that `execute` said.
 */
export async function observeRole(
  plan: Plan,
  system: SystemConfig,
  context: ResponderContext,
): Promise<Result<Observation, Failure>> {
  const settings = readSettings(system.settings);
  if (!settings.ok) return settings;
  const secret = await context.readCredential();
  const login = { user: settings.value.readUser, secret, mode: 'read', timeoutMs: context.timeoutMs } as const;
  try {
    const seen = await withSession(settings.value, login, async session => {
      const found = await findRole(session, { immutableId: plan.target.immutableId });
      return found.ok
        ? ok({ state: found.value.state, sessions: await readSessions(session, found.value.oid) })
        : found;
    });
    if (!seen.ok) return seen;
    const { state, sessions } = seen.value;
    switch (plan.operation) {
      case 'lock':
        return ok(judgeLock(state, sessions, await probe(state, settings.value, context)));
      case 'unlock':
        return ok(judgeUnlock(state, await probe(state, settings.value, context)));
      case 'end-sessions':
        return ok(judgeEnding(sessions));
      default:
        return fail(
          failureOf('responder.refused', `postgres-role: there is no operation ${shownText(plan.operation)}`),
        );
    }
  } catch (error) {
    return fail(readFailure('postgres-role', error, [secret]));
  }
}

function judgeLock(state: RoleState, sessions: readonly RoleSession[], login: Probe): Observation {
  const isLocked = state.get('canLogin') === 'false';
  const checks: Check[] = [
    { text: 'The role may not log in.', ok: isLocked ? 'yes' : 'no' },
    sessionsCheck(sessions),
    {
      text: `A fresh login as the role is refused: ${login.text}.`,
      ok: login.canLogIn === 'unproven' ? 'unproven' : login.canLogIn === 'no' ? 'yes' : 'no',
    },
  ];
  const effect = isLocked && sessions.length === 0 && login.canLogIn !== 'yes' ? 'in_effect' : 'not_in_effect';
  return { state: isLocked ? 'in_effect' : 'not_in_effect', effect, checks };
}

function judgeUnlock(state: RoleState, login: Probe): Observation {
  const mayLogIn = state.get('canLogin') === 'true';
  const worked: Answer = login.canLogIn;
  return {
    state: mayLogIn ? 'in_effect' : 'not_in_effect',
    effect: !mayLogIn || worked === 'no' ? 'not_in_effect' : worked === 'yes' ? 'in_effect' : 'unproven',
    checks: [
      { text: 'The role may log in.', ok: mayLogIn ? 'yes' : 'no' },
      { text: `A fresh login as the role works: ${login.text}.`, ok: worked },
    ],
  };
}

function judgeEnding(sessions: readonly RoleSession[]): Observation {
  const verdict = sessions.length === 0 ? 'in_effect' : 'not_in_effect';
  return { state: verdict, effect: verdict, checks: [sessionsCheck(sessions)] };
}

function sessionsCheck(sessions: readonly RoleSession[]): Check {
  const [first] = sessions;
  return first === undefined
    ? { text: 'No session of the role is open.', ok: 'yes' }
    : {
        text: shownText(
          `${sessions.length} sessions of the role are open, the oldest from ${first.address} since ${first.begun}.`,
        ),
        ok: 'no',
      };
}

interface Probe {
  readonly canLogIn: Answer;
  readonly text: string;
}

/** `role "…" is not permitted to log in` (invalid_authorization_specification). A wrong password is 28P01: it proves nothing. */
const LOGIN_NOT_PERMITTED = '28000';

async function probe(state: RoleState, settings: PostgresSettings, context: ResponderContext): Promise<Probe> {
  if (context.probeCredential === undefined) return { canLogIn: 'unproven', text: 'no probe is configured' };
  const secret = passwordFor(await context.probeCredential(), state.get('name') ?? '');
  if (secret === undefined) return { canLogIn: 'unproven', text: 'no probe is configured for this role' };
  const login = { user: state.get('name') ?? '', secret, mode: 'read', timeoutMs: context.timeoutMs } as const;
  try {
    await withSession(settings, login, async session => await session.ask('SELECT 1 AS one', []));
    return { canLogIn: 'yes', text: 'it logged in' };
  } catch (error) {
    if (error instanceof NotConnected && error.sqlState === LOGIN_NOT_PERMITTED) {
      return { canLogIn: 'no', text: 'the server does not permit it to log in' };
    }
    return { canLogIn: 'unproven', text: errorTextWithout(error, [secret]) };
  }
}

/** The probe credential of a system is a JSON object: the password of each role that may be probed, by its name. */
function passwordFor(secret: Secret, name: string): Secret | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(secret.reveal());
  } catch {
    return undefined;
  }
  const passwords = new Map<string, unknown>(
    typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [],
  );
  const password = passwords.get(name);
  return typeof password === 'string' ? { reveal: () => password } : undefined;
}
