import type { Responder } from '../../ports/responder.ts';
import { clientCredentials } from '../shared/http/oauth.ts';
import { vendorResponder } from '../shared/http/vendor.ts';
import { vendorClient } from '../shared/http/vendor-client.ts';
import { parseConfig, readSettings } from './config.ts';
import { keycloakManifest } from './manifest.ts';
import { userOperations } from './users.ts';

/** Disables users of a Keycloak realm and ends their sessions. README.md has the set-up. */
export const keycloak: Responder = vendorResponder({
  manifest: keycloakManifest,
  parseConfig,
  readSettings,
  connect: ({ url, realm, readClient, writeClient }, secret, access, timeoutMs) =>
    vendorClient({
      base: url,
      timeoutMs,
      headers: { accept: 'application/json' },
      authorize: clientCredentials(
        `${url}/realms/${realm}/protocol/openid-connect/token`,
        access === 'read' ? readClient : writeClient,
        { kind: 'secret', secret },
        '',
        timeoutMs,
      ),
    }),
  operations: userOperations,
});
