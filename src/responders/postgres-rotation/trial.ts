import type { Observation, Secret } from '../../ports/responder.ts';
import { NotConnected, withSession } from '../shared/postgres/postgres-session.ts';
import { errorTextWithout } from '../shared/wire-text.ts';
import type { RotationSettings } from './config.ts';

/** What came of a fresh login. */
export interface Trial {
  readonly canLogIn: Observation['checks'][number]['ok'];
  readonly text: string;
}

/** `role "…" is not permitted to log in`. A wrong password is 28P01. */
const LOGIN_NOT_PERMITTED = '28000';
const WRONG_PASSWORD = '28P01';

/**
 * Logs in afresh and out again. `no` for a wrong password is an answer only where that very password has to work;
 * where it has to be shut out, it proves nothing.
 */
export async function tryLogin(
  settings: RotationSettings,
  user: string,
  secret: Secret,
  timeoutMs: number,
  expects: 'to_work' | 'to_be_shut_out',
): Promise<Trial> {
  try {
    const login = { user, secret, mode: 'read', timeoutMs } as const;
    await withSession(settings, login, async session => await session.ask('SELECT 1 AS one', []));
    return { canLogIn: 'yes', text: 'it logged in' };
  } catch (error) {
    const state = error instanceof NotConnected ? error.sqlState : undefined;
    if (state === LOGIN_NOT_PERMITTED) return { canLogIn: 'no', text: 'the server does not permit it to log in' };
    if (state === WRONG_PASSWORD && expects === 'to_work') return { canLogIn: 'no', text: 'the password is wrong' };
    return { canLogIn: 'unproven', text: errorTextWithout(error, [secret]) };
  }
}
