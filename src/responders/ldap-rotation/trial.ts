import { PresenceFilter } from 'ldapts';
import type { Secret } from '../../ports/responder.ts';
import { bindAs, CODE, resultCodeOf } from '../shared/ldap/ldap-directory.ts';
import { errorTextWithout } from '../shared/wire-text.ts';
import type { RotationSettings } from './config.ts';

/** What came of a fresh bind. */
export interface Trial {
  readonly works: 'yes' | 'no' | 'unproven';
  readonly text: string;
}

/** Binds afresh, asks for one thing, which a password that has to be changed first does not get, and hangs up. */
export async function tryBind(
  settings: RotationSettings,
  dn: string,
  secret: Secret,
  timeoutMs: number,
): Promise<Trial> {
  try {
    const bound = await bindAs(settings, dn, secret, timeoutMs);
    try {
      await bound.client.search('', {
        scope: 'base',
        filter: new PresenceFilter({ attribute: 'objectClass' }),
        attributes: ['1.1'],
      });
    } finally {
      await bound.close();
    }
    return { works: 'yes', text: 'it was bound' };
  } catch (error) {
    const code = resultCodeOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
    if (code === CODE.invalidCredentials) return { works: 'no', text: 'the bind is refused' };
    return { works: 'unproven', text: errorTextWithout(error, [secret]) };
  }
}
