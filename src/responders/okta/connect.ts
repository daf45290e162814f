import type { Secret } from '../../ports/responder.ts';
import { clientCredentials } from '../shared/http/oauth.ts';
import { type Authorize, type VendorClient, vendorClient } from '../shared/http/vendor-client.ts';
import type { OktaSettings } from './config.ts';

/** A token for these scopes, as one of the two service apps; asked for when the first request needs it. */
export function tokenFor(
  settings: OktaSettings,
  key: Secret,
  access: 'read' | 'write',
  scope: string,
  timeoutMs: number,
): Authorize {
  const [client, kid] =
    access === 'read' ? [settings.readClient, settings.readKeyId] : [settings.writeClient, settings.writeKeyId];
  return clientCredentials(`${settings.url}/oauth2/v1/token`, client, { kind: 'key', key, kid }, scope, timeoutMs);
}

/** As one of the two service apps, with a token for users, for applications or for the log, whichever the request is about. */
export function connect(
  settings: OktaSettings,
  key: Secret,
  access: 'read' | 'write',
  timeoutMs: number,
): VendorClient {
  const as = (scope: string) => tokenFor(settings, key, access, scope, timeoutMs);
  const users = as(access === 'read' ? 'okta.users.read okta.roles.read' : 'okta.users.manage');
  const apps = as(access === 'read' ? 'okta.apps.read' : 'okta.apps.manage');
  const logs = as('okta.logs.read');
  return vendorClient({
    base: settings.url,
    timeoutMs,
    headers: { accept: 'application/json' },
    authorize(request) {
      if (request.url.startsWith(`${settings.url}/api/v1/logs?`)) return logs(request);
      return request.url.startsWith(`${settings.url}/api/v1/apps/`) ? apps(request) : users(request);
    },
  });
}
