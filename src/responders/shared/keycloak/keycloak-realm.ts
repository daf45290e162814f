import type { Secret } from '../../../ports/responder.ts';
import { clientCredentials } from '../http/oauth.ts';
import { type VendorClient, vendorClient } from '../http/vendor-client.ts';

/** Where a realm is. */
export interface Realm {
  /** Without a slash at its end. */
  readonly url: string;
  readonly realm: string;
}

/** Why a setting can be no name of a realm or a client; undefined where it can. */
export function nameFault(text: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text)
    ? undefined
    : 'it is missing, or holds more than letters, digits, . _ -';
}

/** Whether it is of the form of Keycloak's own ids. Nothing else goes into a path as one. */
export function isKeycloakId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/** The address of one of a realm's own endpoints. */
export function endpointOf({ url, realm }: Realm, name: 'token' | 'token/introspect'): string {
  return `${url}/realms/${realm}/protocol/openid-connect/${name}`;
}

/** The Admin REST API, as the service account of one of the realm's clients. */
export function realmClient(realm: Realm, client: string, secret: Secret, timeoutMs: number): VendorClient {
  return vendorClient({
    base: realm.url,
    timeoutMs,
    headers: { accept: 'application/json' },
    authorize: clientCredentials(endpointOf(realm, 'token'), client, { kind: 'secret', secret }, '', timeoutMs),
  });
}
