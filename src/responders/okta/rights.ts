import type { RightSeen, Secret } from '../../ports/responder.ts';
import { Denied } from '../shared/http/ask-http.ts';
import type { OktaSettings } from './config.ts';
import { tokenFor } from './connect.ts';
import { oktaManifest } from './manifest.ts';

const NEEDED_FOR: { readonly [scope: string]: readonly string[] } = {
  'okta.users.read': ['users'],
  'okta.roles.read': ['users'],
  'okta.apps.read': ['client-secrets'],
  'okta.logs.read': ['users'],
};

/**
 * Which scopes the service app that reads is given a token for, one at a time. What the other one is granted, and what either
 * might be given that it should not be, is not asked for: to ask is to get it.
 */
export async function seeRights(settings: OktaSettings, key: Secret, timeoutMs: number): Promise<readonly RightSeen[]> {
  const seen: RightSeen[] = [];
  let denied: Denied | undefined;
  for (const scope of oktaManifest.scopes.read) {
    const right = { credential: 'read', scope, need: 'needed' } as const;
    if (NEEDED_FOR[scope]?.includes(settings.for) === false) {
      seen.push({ ...right, granted: 'unknown', because: `not needed for ${settings.for}, so not looked at` });
      continue;
    }
    try {
      await tokenFor(settings, key, 'read', scope, timeoutMs)({ method: 'GET', url: settings.url, headers: {} });
      seen.push({ ...right, granted: 'yes', because: '' });
    } catch (error) {
      if (!(error instanceof Denied && error.status === 401)) throw error;
      denied = error;
      seen.push({ ...right, granted: 'no', because: '' });
    }
  }
  // A key that is given nothing at all is refused itself, whatever its scopes are.
  if (denied !== undefined && !seen.some(({ granted }) => granted === 'yes')) throw denied;
  return seen;
}
