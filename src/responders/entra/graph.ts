import type { Secret } from '../../ports/responder.ts';
import { clientCredentials } from '../shared/http/oauth.ts';
import { type Paging, pathBelow, type VendorClient, vendorClient } from '../shared/http/vendor-client.ts';
import { asMembers, asText, listOf } from '../shared/http/vendor-http.ts';
import type { EntraSettings } from './config.ts';

/** Graph takes names and `me` where it takes an id. An id is one of these, and nothing else is. */
export const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A list as Graph tells it: `value`, and a link to what follows. */
export const VALUES: Paging = {
  entries: body => listOf(asMembers(body).get('value')),
  next(_answered, body, base) {
    const url = asText(asMembers(body).get('@odata.nextLink'));
    return url === '' ? undefined : pathBelow(base, url);
  },
};

/** As one of the two apps, with everything that was granted to it: Graph has no narrower token. */
export function connect(
  settings: EntraSettings,
  secret: Secret,
  access: 'read' | 'write',
  timeoutMs: number,
): VendorClient {
  const endpoint = `${settings.login}/${settings.directory}/oauth2/v2.0/token`;
  const client = access === 'read' ? settings.readClient : settings.writeClient;
  const scope = `${new URL(settings.url).origin}/.default`;
  return vendorClient({
    base: settings.url,
    timeoutMs,
    headers: { accept: 'application/json' },
    authorize: clientCredentials(endpoint, client, { kind: 'secret', secret }, scope, timeoutMs),
  });
}

/** A text in a filter: OData doubles the quotes in it. */
export function quoted(text: string): string {
  return encodeURIComponent(`'${text.replaceAll("'", "''")}'`);
}
