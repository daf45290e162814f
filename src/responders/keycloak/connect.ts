import type { Secret } from '../../ports/responder.ts';
import type { VendorClient } from '../shared/http/vendor-client.ts';
import { realmClient } from '../shared/keycloak/keycloak-realm.ts';
import type { KeycloakSettings } from './config.ts';

/** As one of the two clients, by its service account. */
export function connect(
  settings: KeycloakSettings,
  secret: Secret,
  access: 'read' | 'write',
  timeoutMs: number,
): VendorClient {
  return realmClient(settings, access === 'read' ? settings.readClient : settings.writeClient, secret, timeoutMs);
}
