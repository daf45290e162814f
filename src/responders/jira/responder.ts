import type { Responder, Secret } from '../../ports/responder.ts';
import { vendorResponder } from '../shared/http/vendor.ts';
import { type VendorClient, vendorClient } from '../shared/http/vendor-client.ts';
import { type JiraSettings, parseConfig, readSettings } from './config.ts';
import { issueOperations } from './issues.ts';
import { jiraManifest } from './manifest.ts';

/** As one of the two users, by an API token. */
function connect(settings: JiraSettings, secret: Secret, access: 'read' | 'write', timeoutMs: number): VendorClient {
  const user = access === 'read' ? settings.readUser : settings.writeUser;
  return vendorClient({
    base: settings.url,
    timeoutMs,
    headers: { accept: 'application/json' },
    authorize: async () => ({
      authorization: `Basic ${Buffer.from(`${user}:${secret.reveal()}`).toString('base64')}`,
    }),
  });
}

/** Closes issues in Jira Cloud. README.md has the set-up. */
export const jira: Responder = vendorResponder({
  manifest: jiraManifest,
  parseConfig,
  readSettings,
  connect,
  operations: issueOperations,
});
