import type { Responder, Secret } from '../../ports/responder.ts';
import { clientCredentials } from '../shared/http/oauth.ts';
import { vendorResponder } from '../shared/http/vendor.ts';
import { type VendorClient, vendorClient } from '../shared/http/vendor-client.ts';
import { type PagerdutySettings, parseConfig, readSettings } from './config.ts';
import { incidentOperations } from './incidents.ts';
import { pagerdutyManifest } from './manifest.ts';

/** Without it PagerDuty answers by an older version of its API. */
const ACCEPT = 'application/vnd.pagerduty+json;version=2';

/** As one of the two apps, with the one scope that it is for. */
function connect(
  settings: PagerdutySettings,
  secret: Secret,
  access: 'read' | 'write',
  timeoutMs: number,
): VendorClient {
  const { url, login, account, from } = settings;
  const client = access === 'read' ? settings.readClient : settings.writeClient;
  const scope = `as_account-${account} incidents.${access}`;
  return vendorClient({
    base: url,
    timeoutMs,
    headers: { accept: ACCEPT, from },
    authorize: clientCredentials(login, client, { kind: 'secret', secret }, scope, timeoutMs),
  });
}

/** Resolves incidents of PagerDuty. README.md has the set-up. */
export const pagerduty: Responder = vendorResponder({
  manifest: pagerdutyManifest,
  parseConfig,
  readSettings,
  connect,
  operations: incidentOperations,
});
