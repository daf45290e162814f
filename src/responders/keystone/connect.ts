import type { Secret } from '../../ports/responder.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { byPassword, keystoneSession } from '../shared/keystone/keystone-session.ts';
import type { KeystoneSettings } from './config.ts';

/** A client of one of our two users. */
export function connect(
  { url, project, readUser, writeUser }: KeystoneSettings,
  secret: Secret,
  access: 'read' | 'write',
  timeoutMs: number,
): VendorClient {
  const user = access === 'read' ? readUser : writeUser;
  return keystoneSession(url, () => byPassword(user, project, secret), timeoutMs).client;
}
