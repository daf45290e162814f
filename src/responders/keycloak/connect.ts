import type { Secret } from '../../ports/responder.ts';
import { clientCredentials } from '../shared/http/oauth.ts';
import { type VendorClient, vendorClient } from '../shared/http/vendor-client.ts';
import type { KeycloakSettings } from './config.ts';

/** As one of the two clients, by its service account. */
export function connect(
  { url, realm, readClient, writeClient }: KeycloakSettings,
  secret: Secret,
  access: 'read' | 'write',
  timeoutMs: number,
): VendorClient {
  const endpoint = `${url}/realms/${realm}/protocol/openid-connect/token`;
  const client = access === 'read' ? readClient : writeClient;
  return vendorClient({
    base: url,
    timeoutMs,
    headers: { accept: 'application/json' },
    authorize: clientCredentials(endpoint, client, { kind: 'secret', secret }, '', timeoutMs),
  });
}
