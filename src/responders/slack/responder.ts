import type { Responder } from '../../ports/responder.ts';
import { vendorResponder } from '../shared/http/vendor.ts';
import { bearer, vendorClient } from '../shared/http/vendor-client.ts';
import { parseConfig, readSettings } from './config.ts';
import { slackManifest } from './manifest.ts';
import { userOperations } from './users.ts';

/** Deactivates users of Slack and ends their sessions. README.md has the set-up. */
export const slack: Responder = vendorResponder({
  manifest: slackManifest,
  parseConfig,
  readSettings,
  connect: (settings, secret, access, timeoutMs) =>
    vendorClient({
      base: access === 'write' && settings.for === 'users' ? settings.scimUrl : settings.url,
      timeoutMs,
      authorize: bearer(secret),
      headers: { accept: 'application/json' },
    }),
  operations: userOperations,
});
